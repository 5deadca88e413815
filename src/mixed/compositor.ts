import type { PlacedPicture } from '../layout/layout-pictures.ts';
import { contains, intersection, type Rect } from '../layout/rect.ts';
import type { WallUs } from '../units.ts';
import { opaque } from './blend.ts';
import { Cell, type CellSurroundings } from './cell.ts';
import type { PictureSource } from './picture-source.ts';
import type { Seat } from './roster.ts';
import type { Stamp } from './stamp.ts';
import type { Mark } from './watermarks.ts';

/** A watermark and what of it is on the canvas. */
interface ShownMark {
  readonly mark: Mark;
  stamp: Stamp | undefined;
}

/** Areas to draw anew, without those that lie in another one. */
const outermost = (areas: readonly Rect[]): Rect[] =>
  areas.filter(
    (area, i) => !areas.some((other, j) => i !== j && contains(other, area) && !(j > i && contains(area, other))),
  );

/**
 * Draws the window's ticks on the canvas. The canvas keeps its content: a tick draws anew only the areas in which
 * something changed, each from the topmost cell that hides everything behind it upwards, watermarks last. So what is
 * half transparent is never laid over itself (docs/decisions/0006).
 */
export class Compositor {
  readonly #around: CellSurroundings;
  #cells: Cell[] = [];
  #marks: ShownMark[] = [];
  #damage: Rect[] = [];
  #version = 0;

  constructor(around: CellSurroundings) {
    this.#around = around;
    this.#damage.push(around.canvas.area);
  }

  /** Takes a new layout: pictures in drawing order. Cells that cannot be seen must not be among them. */
  arrange(placed: readonly PlacedPicture<Seat<PictureSource>>[]): void {
    const { canvas, decor } = this.#around;
    const before = new Map(this.#cells.map((cell) => [cell.source, cell]));
    this.#cells = placed.map((one) => new Cell(one, this.#around));
    for (const cell of this.#cells) {
      const known = cell.source && before.get(cell.source);
      if (known) cell.follow(known);
      else cell.source?.reshow();
    }
    for (const cell of before.values()) cell.close();
    this.#marks = decor.marks.map((mark) => ({ mark, stamp: undefined }));
    this.#damage.push(canvas.area);
  }

  /**
   * Decodes and scales the window, source after source, and makes watermarks that are new; yields after each so that the
   * caller may pause.
   */
  *prepare(ticks: readonly WallUs[]): Generator<void> {
    for (const cell of this.#cells) {
      cell.prepare(ticks);
      yield;
    }
    for (const { mark } of this.#marks.filter(({ stamp }) => !stamp)) {
      if (ticks[0] !== undefined) mark.stampAt(ticks[0]);
      yield;
    }
  }

  /** Brings the canvas to tick number `tick` of the prepared window, which shows wall time `time`; the ticks come in order. */
  draw(tick: number, time: WallUs): void {
    const { canvas, decor } = this.#around;
    for (const cell of this.#cells) this.#harm(cell.step(tick));
    for (const shown of this.#marks) this.#harm(stepMark(shown, time));
    if (this.#version !== decor.version) this.#damage.push(canvas.area);
    this.#version = decor.version;
    for (const area of outermost(this.#damage)) this.#paint(area);
    this.#damage = [];
  }

  /** Gives all tiles back. Idempotent. */
  close(): void {
    for (const cell of this.#cells) cell.close();
    this.#cells = [];
  }

  #harm(area: Rect | undefined): void {
    if (area) this.#damage.push(area);
  }

  #paint(area: Rect): void {
    const ground = this.#cells.findLastIndex((cell) => cell.opaque && contains(cell.rect, area));
    if (ground < 0) this.#paintBackground(area);
    for (const cell of this.#cells.slice(Math.max(0, ground))) {
      const part = intersection(cell.rect, area);
      if (part) cell.paint(part);
    }
    for (const { mark, stamp } of this.#marks)
      if (stamp) this.#around.canvas.stamp(stamp, mark.rect.left, mark.rect.top, area);
  }

  #paintBackground(area: Rect): void {
    const { canvas, decor } = this.#around;
    const image = decor.background();
    if (image) canvas.stamp(image, 0, 0, area);
    else canvas.fill(decor.colour, area, opaque);
  }
}

/** What the mark looks like at `time`; gives its area when that is something new. */
function stepMark(shown: ShownMark, time: WallUs): Rect | undefined {
  const stamp = shown.mark.stampAt(time);
  if (stamp === shown.stamp) return undefined;
  shown.stamp = stamp;
  return shown.mark.rect;
}
