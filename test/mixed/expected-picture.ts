import assert from 'node:assert/strict';
import type { Rect, Size } from '../../src/layout/rect.ts';
import type { ShownPicture } from './mix-file.ts';
import type { Colour } from './synthetic-media.ts';

/** What a mix of plain cameras must look like: painted here, pixel by pixel, and compared with the decoded picture. */
export class ExpectedPicture {
  readonly #size: Size;
  readonly #planes: readonly Uint8Array[];

  constructor(size: Size, background: Colour) {
    this.#size = size;
    this.#planes = background.map((value, i) =>
      new Uint8Array((size.width >> shift(i)) * (size.height >> shift(i))).fill(value),
    );
  }

  /** One colour in a rectangle of even numbers, above everything so far. */
  paint({ left, top, width, height }: Rect, colour: Colour): void {
    this.#planes.forEach((plane, i) => {
      const stride = this.#size.width >> shift(i);
      const [from, to] = [left >> shift(i), (left + width) >> shift(i)];
      for (let y = top >> shift(i); y < (top + height) >> shift(i); y++)
        plane.fill(colour[i]!, y * stride + from, y * stride + to);
    });
  }

  /**
   * Every pixel of every plane is nearer to what it must be than `within`. With colours that are at least twice as far
   * apart in some plane, an edge that is off by one pixel fails.
   */
  assertShown(picture: ShownPicture, within: number, what: string): void {
    assert.deepEqual([picture.width, picture.height], [this.#size.width, this.#size.height], what);
    this.#planes.forEach((plane, i) => {
      const stride = this.#size.width >> shift(i);
      for (let at = 0; at < plane.length; at++) {
        const [x, y] = [at % stride, Math.floor(at / stride)];
        const off = Math.abs(picture.value(i, x, y) - plane[at]!);
        if (off >= within)
          assert.fail(`${what}: plane ${i} at ${x},${y} is ${picture.value(i, x, y)}, not ${plane[at]}`);
      }
    });
  }
}

/** Chroma planes are half as wide and high. */
const shift = (plane: number): number => (plane === 0 ? 0 : 1);
