import { randomBytes } from 'node:crypto';
import type { WallUs } from '../units.ts';
import { parseColour, toYuv, type Yuv } from './colour.ts';
import { glyphOf, GLYPH_HEIGHT, GLYPH_WIDTH } from './glyphs.ts';
import { areaInPixels, CLOCK_AREA, FLASH_AREA, MARK_US, NAME_AREA, PATCH_AREA, type Area } from './pattern-areas.ts';

/** What the pattern shows. */
export interface PatternOptions {
  /** Even pixels. */
  readonly width: number;
  readonly height: number;
  /** `#rrggbb`, the ground and the patch. */
  readonly colour: string;
  readonly name: string;
  /** A camera is a plain ground; a screen has a checkered frame around its centre. */
  readonly kind: 'camera' | 'screen';
  /** Noise that moves at both sides, outside the central half: the coder spends all of its bitrate. Off. */
  readonly grain?: boolean;
}

const BLACK: Yuv = { y: 16, u: 128, v: 128 };
const WHITE: Yuv = { y: 235, u: 128, v: 128 };
const GLYPH_ADVANCE = GLYPH_WIDTH + 1;

/**
 * Draws the test pattern as planar I420. Everything that does not move is drawn once; a picture costs a copy and the
 * clock's twelve glyphs.
 */
export class PatternPicture {
  readonly width: number;
  readonly height: number;
  readonly #ground: Uint8Array;
  readonly #black: Uint8Array;
  readonly #grain: Buffer | undefined;
  readonly #out: Buffer;

  /** Throws a RangeError for odd or silly sizes and for a malformed colour. */
  constructor(options: PatternOptions) {
    const { width, height } = options;
    if (width % 2 || height % 2 || width < 64 || height < 64)
      throw new RangeError(`Pattern size must be even and at least 64: ${width}×${height}.`);
    this.width = width;
    this.height = height;
    this.#out = Buffer.alloc((width * height * 3) / 2);
    this.#black = this.#plain(BLACK);
    this.#ground = this.#drawGround(options);
    if (options.grain) this.#grain = randomBytes(width * height);
  }

  /** The picture at a wall time, in a buffer that the next call reuses. */
  render(at: WallUs): Buffer {
    this.#out.set(this.#ground);
    if (this.#grain) this.#drawGrain(this.#grain, at);
    if (at % 1_000_000 < MARK_US) this.#fill(this.#out, FLASH_AREA, WHITE);
    this.#write(this.#out, CLOCK_AREA, clockText(at));
    return this.#out;
  }

  /** A black picture of the same size, as browsers send for a disabled camera. */
  renderMuted(): Buffer {
    this.#out.set(this.#black);
    return this.#out;
  }

  /** The same noise from another place each time is another noise to a coder. */
  #drawGrain(grain: Buffer, at: WallUs): void {
    const side = Math.floor(this.width / 5);
    const span = grain.length - this.width;
    for (let y = 0; y < this.height; y += 1) {
      const from = (at + y * 7919) % span;
      grain.copy(this.#out, y * this.width, from, from + side);
      grain.copy(this.#out, (y + 1) * this.width - side, from + side, from + 2 * side);
    }
  }

  #drawGround({ colour, name, kind }: PatternOptions): Uint8Array {
    const ground = toYuv(parseColour(colour));
    const planes = this.#plain(ground);
    if (kind === 'screen') this.#checker(planes, ground);
    this.#fill(planes, PATCH_AREA, ground);
    this.#write(planes, NAME_AREA, name);
    this.#fill(planes, CLOCK_AREA, BLACK);
    return planes;
  }

  #plain(colour: Yuv): Uint8Array {
    const planes = new Uint8Array((this.width * this.height * 3) / 2);
    this.#fill(planes, { left: 0, top: 0, width: 1, height: 1 }, colour);
    return planes;
  }

  /** A frame of light and dark squares outside the central half, with enough edges to be no trivial picture. */
  #checker(planes: Uint8Array, ground: Yuv): void {
    const light: Yuv = { ...ground, y: Math.min(235, ground.y + 60) };
    for (let row = 0; row < 16; row += 1)
      for (let column = 0; column < 16; column += 1) {
        if ((row + column) % 2 || (column >= 4 && column < 12)) continue;
        this.#fill(planes, { left: column / 16, top: row / 16, width: 1 / 16, height: 1 / 16 }, light);
      }
  }

  #fill(planes: Uint8Array, area: Area, colour: Yuv): void {
    const box = areaInPixels(area, this.width, this.height);
    const luma = this.width * this.height;
    for (let y = box.top; y < box.top + box.height; y += 1)
      planes.fill(colour.y, y * this.width + box.left, y * this.width + box.left + box.width);
    const half = this.width / 2;
    for (let y = box.top / 2; y < (box.top + box.height) / 2; y += 1) {
      const from = luma + y * half + box.left / 2;
      planes.fill(colour.u, from, from + box.width / 2);
      planes.fill(colour.v, from + luma / 4, from + luma / 4 + box.width / 2);
    }
  }

  /** Black band with the text centred in white, as large as fits. */
  #write(planes: Uint8Array, area: Area, text: string): void {
    this.#fill(planes, area, BLACK);
    const box = areaInPixels(area, this.width, this.height);
    const characters = Array.from(text).slice(0, Math.floor(box.width / GLYPH_ADVANCE));
    const scale = Math.max(
      1,
      Math.min(
        Math.floor(box.width / (GLYPH_ADVANCE * characters.length)),
        Math.floor(box.height / (GLYPH_HEIGHT + 2)),
      ),
    );
    let left = box.left + Math.floor((box.width - characters.length * GLYPH_ADVANCE * scale) / 2);
    const top = box.top + Math.floor((box.height - GLYPH_HEIGHT * scale) / 2);
    for (const character of characters) {
      this.#glyph(planes, character, left, top, scale);
      left += GLYPH_ADVANCE * scale;
    }
  }

  #glyph(planes: Uint8Array, character: string, left: number, top: number, scale: number): void {
    for (const [row, bits] of glyphOf(character).entries())
      for (let column = 0; column < GLYPH_WIDTH; column += 1) {
        if (!(bits & (0x10 >> column))) continue;
        for (let y = top + row * scale; y < top + (row + 1) * scale; y += 1) {
          const from = y * this.width + left + column * scale;
          planes.fill(WHITE.y, from, from + scale);
        }
      }
  }
}

/** UTC time of day with milliseconds, twelve characters. */
export function clockText(at: WallUs): string {
  return new Date(Math.floor(at / 1000)).toISOString().slice(11, 23);
}
