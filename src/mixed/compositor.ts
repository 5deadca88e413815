import type { PlacedPicture } from '../layout/layout-pictures.ts';
import type { RenderMode } from '../layout/layout-plan.ts';
import { overlap, type Rect } from '../layout/rect.ts';
import type { WallUs } from '../units.ts';
import type { Canvas } from './canvas.ts';
import type { PictureSource, TileChange } from './picture-source.ts';
import type { Seat } from './roster.ts';
import type { PlacedTile } from './tile-scaler.ts';
import type { TilePool } from './tile.ts';

/** A picture on the canvas: where it is, what is drawn, and what will be within the window. */
interface Cell {
  readonly rect: Rect;
  readonly renderMode: RenderMode;
  readonly source: PictureSource;
  tile: PlacedTile | undefined;
  changes: TileChange[];
}

const sameArea = (a: PlacedTile, b: PlacedTile): boolean =>
  a.left === b.left && a.top === b.top && a.width === b.width && a.height === b.height;

const sameShape = (cell: Cell, { width, height }: Rect, mode: RenderMode): boolean =>
  cell.rect.width === width && cell.rect.height === height && cell.renderMode === mode;

const anyOverlap = (rects: readonly Rect[]): boolean =>
  rects.some((a, i) => rects.slice(i + 1).some((b) => overlap(a, b)));

/**
 * Draws the window's ticks on the canvas. The canvas keeps its content, so a tick costs only the tiles that changed;
 * everything is drawn anew when the layout or a picture's shape changes.
 */
export class Compositor {
  readonly #canvas: Canvas;
  readonly #pool: TilePool;
  #cells: Cell[] = [];
  #overlapping = false;
  #redraw = true;

  constructor(canvas: Canvas, pool: TilePool) {
    this.#canvas = canvas;
    this.#pool = pool;
  }

  /** Takes a new layout; seats without a source stay background. */
  arrange(placed: readonly PlacedPicture<Seat<PictureSource>>[]): void {
    const before = new Map(this.#cells.map((cell) => [cell.source, cell]));
    this.#cells = [];
    for (const { picture, rect, renderMode } of placed) {
      const source = picture?.source;
      if (!source || rect.width === 0 || rect.height === 0) continue;
      const known = before.get(source);
      const sameSize = known !== undefined && sameShape(known, rect, renderMode);
      const tile = sameSize ? known.tile : undefined;
      if (sameSize) known.tile = undefined;
      else source.reshow();
      this.#cells.push({ rect, renderMode, source, tile, changes: [] });
    }
    for (const cell of before.values()) this.#drop(cell);
    this.#overlapping = anyOverlap(this.#cells.map((cell) => cell.rect));
    this.#redraw = true;
  }

  /** Decodes and scales the window, source after source; yields after each so that the caller may pause. */
  *prepare(ticks: readonly WallUs[]): Generator<void> {
    for (const cell of this.#cells) {
      cell.changes = cell.source.render(ticks, cell.rect, cell.renderMode);
      yield;
    }
  }

  /** Brings the canvas to tick number `tick` of the prepared window; the ticks come in order. */
  draw(tick: number): void {
    const fresh = this.#cells.filter((cell) => this.#step(cell, tick));
    if (this.#redraw) this.#canvas.clear();
    const everything = this.#redraw || (this.#overlapping && fresh.length > 0);
    for (const cell of everything ? this.#cells : fresh) {
      if (cell.tile) this.#canvas.draw(cell.tile, cell.rect.left + cell.tile.left, cell.rect.top + cell.tile.top);
    }
    this.#redraw = false;
  }

  /** Gives all tiles back. Idempotent. */
  close(): void {
    for (const cell of this.#cells) this.#drop(cell);
    this.#cells = [];
  }

  /** Takes the cell's tile for this tick, if it has a new one. */
  #step(cell: Cell, tick: number): boolean {
    const change = cell.changes[0];
    if (change?.tick !== tick) return false;
    cell.changes.shift();
    if (cell.tile) {
      if (!sameArea(cell.tile, change.tile)) this.#redraw = true;
      this.#pool.give(cell.tile.frame);
    }
    cell.tile = change.tile;
    return true;
  }

  #drop(cell: Cell): void {
    if (cell.tile) this.#pool.give(cell.tile.frame);
    for (const { tile } of cell.changes) this.#pool.give(tile.frame);
    cell.tile = undefined;
    cell.changes = [];
  }
}
