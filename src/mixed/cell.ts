import type { PlacedPicture } from '../layout/layout-pictures.ts';
import { intersection, rect, without, type Rect } from '../layout/rect.ts';
import type { WallUs } from '../units.ts';
import { opaque } from './blend.ts';
import type { Canvas } from './canvas.ts';
import { black } from '../codec/yuv.ts';
import type { Decor } from './decor.ts';
import type { PictureSource, TileChange } from './picture-source.ts';
import type { Seat } from './roster.ts';
import type { PlacedTile } from './tile-scaler.ts';
import type { TilePool } from './tile.ts';

/** What all cells of a canvas share. */
export interface CellSurroundings {
  readonly canvas: Canvas;
  readonly decor: Decor;
  readonly pool: TilePool;
  /** Whether a camera that was switched off leaves black behind, instead of its last picture. */
  readonly blackAfterVideo: boolean;
}

/** A picture's place on the canvas, what is drawn there, and what will be within the window. */
export class Cell {
  readonly placed: PlacedPicture<Seat<PictureSource>>;
  readonly source: PictureSource | undefined;
  readonly #around: CellSurroundings;
  #tile: PlacedTile | undefined;
  /** The source has stopped and black stands for it. */
  #stopped = false;
  #changes: TileChange[] = [];

  constructor(placed: PlacedPicture<Seat<PictureSource>>, around: CellSurroundings) {
    this.placed = placed;
    this.source = placed.picture?.source;
    this.#around = around;
  }

  /** Even, not empty. */
  get rect(): Rect {
    return this.placed.rect;
  }

  /** Whether nothing behind the cell can be seen: it always draws all of its rectangle. */
  get opaque(): boolean {
    return this.placed.alpha === 0;
  }

  /** Goes on from the same picture's cell of the layout before; the tile is taken over when it fits. */
  follow(before: Cell): void {
    const { rect: old, renderMode } = before.placed;
    const sameShape = old.width === this.rect.width && old.height === this.rect.height;
    if (!sameShape || renderMode !== this.placed.renderMode) return this.source?.reshow();
    this.#tile = before.#tile;
    this.#stopped = before.#stopped;
    before.#tile = undefined;
  }

  /** Decodes and scales what the ticks will show. */
  prepare(ticks: readonly WallUs[]): void {
    this.#changes = this.source?.render(ticks, this.rect, this.placed.renderMode) ?? [];
  }

  /** Goes on to tick number `tick` of the window; gives the area that looks different now, if there is one. */
  step(tick: number): Rect | undefined {
    let damage: Rect | undefined;
    for (let change = this.#changes[0]; change?.tick === tick; change = this.#changes[0]) {
      this.#changes.shift();
      const before = this.#tileArea();
      this.#giveTile();
      this.#tile = change.tile;
      this.#stopped = change.tile === undefined;
      damage = sameArea(before, this.#tileArea()) ? before : this.rect;
    }
    return damage;
  }

  /** Draws the part of the cell that lies in `clip`. */
  paint(clip: Rect): void {
    const tile = this.#shownTile();
    const area = tile && this.#tileArea();
    for (const part of area ? without(clip, area) : [clip]) this.#paintBackdrop(part, tile !== undefined);
    if (tile && area && intersection(area, clip))
      this.#around.canvas.draw(tile, area.left, area.top, clip, this.#weight);
  }

  /** Gives everything back. Idempotent. */
  close(): void {
    this.#giveTile();
    for (const { tile } of this.#changes) if (tile) this.#around.pool.give(tile.frame);
    this.#changes = [];
  }

  get #weight(): number {
    return opaque - this.placed.alpha;
  }

  /** A camera that was switched off gives way to the image of its place, or to black. */
  #shownTile(): PlacedTile | undefined {
    if (this.#stopped) return undefined;
    if (this.#isOff() && (this.#around.blackAfterVideo || this.#hasImage())) return undefined;
    return this.#tile;
  }

  /** Whether there was a camera and it is off. */
  #isOff(): boolean {
    return this.source !== undefined && this.placed.picture?.hasVideo === false;
  }

  #hasImage(): boolean {
    return this.#around.decor.has(this.placed.image);
  }

  #isBlack(): boolean {
    if (!this.#isOff()) return this.#stopped;
    return this.#around.blackAfterVideo && !this.#hasImage();
  }

  /** Black for a stopped source, else the image of the place, else background: its colour beside a picture. */
  #paintBackdrop(clip: Rect, besidePicture: boolean): void {
    const { canvas, decor } = this.#around;
    if (this.#isBlack()) return canvas.fill(black, clip, this.#weight);
    const image = decor.backdrop(this.placed.image, this.rect);
    if (image) return canvas.stamp(image, this.rect.left, this.rect.top, clip, this.#weight);
    const background = besidePicture ? undefined : decor.background();
    if (background) canvas.stamp(background, 0, 0, clip, this.#weight);
    else canvas.fill(decor.colour, clip, this.#weight);
  }

  #tileArea(): Rect | undefined {
    const tile = this.#tile;
    return tile && rect(this.rect.left + tile.left, this.rect.top + tile.top, tile.width, tile.height);
  }

  #giveTile(): void {
    if (this.#tile) this.#around.pool.give(this.#tile.frame);
    this.#tile = undefined;
  }
}

const sameArea = (a: Rect | undefined, b: Rect | undefined): a is Rect =>
  a !== undefined &&
  b !== undefined &&
  a.left === b.left &&
  a.top === b.top &&
  a.width === b.width &&
  a.height === b.height;
