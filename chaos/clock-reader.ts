import type { Frame } from 'node-av/lib';
import { pictureInstant } from '../src/synthetic/capture-grid.ts';
import { glyphOf, GLYPH_HEIGHT, GLYPH_WIDTH } from '../src/synthetic/glyphs.ts';
import { areaInPixels, CLOCK_AREA } from '../src/synthetic/pattern-areas.ts';
import type { WallUs } from '../src/units.ts';

/** A size in even pixels, and pictures a second, of a camera whose clock is read. */
export interface Camera {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
}

const DAY_US = 86_400_000_000;
const DIGITS = '0123456789';
/** `12:34:56.789`: where each character stands and what may stand there. */
const LAYOUT = Array.from('00:00:00.000', (kind) => (kind === '0' ? DIGITS : kind));
const ADVANCE = GLYPH_WIDTH + 1;
/** Middle between the black and the white of the pattern. */
const MIDDLE = 125;
/** Dots of a glyph's 35 that lossy coding may turn over. */
const MOST_WRONG = 4;

/**
 * Reads the running clock out of decoded pictures of the test pattern, unscaled and uncropped: it tells which of the
 * camera's pictures is shown, whatever the file says of its time.
 */
export class ClockReader {
  readonly #camera: Camera;
  readonly #scale: number;
  readonly #left: number;
  readonly #top: number;

  /** Throws a RangeError for pictures so small that a dot of the clock is a single pixel. */
  constructor(camera: Camera) {
    this.#camera = camera;
    const box = areaInPixels(CLOCK_AREA, camera.width, camera.height);
    const width = LAYOUT.length * ADVANCE;
    this.#scale = Math.min(Math.floor(box.width / width), Math.floor(box.height / (GLYPH_HEIGHT + 2)));
    if (this.#scale < 2) throw new RangeError(`A clock of ${camera.width}×${camera.height} cannot be read.`);
    this.#left = box.left + Math.floor((box.width - width * this.#scale) / 2);
    this.#top = box.top + Math.floor((box.height - GLYPH_HEIGHT * this.#scale) / 2);
  }

  /** Number of the picture since the epoch, the day being that of `near`; undefined when no clock can be read. */
  read(frame: Frame, near: WallUs): number | undefined {
    const { width, height, fps } = this.#camera;
    if (frame.width !== width || frame.height !== height || !frame.data?.[0] || !frame.linesize[0]) return undefined;
    const text = this.#text(frame.data[0], frame.linesize[0]);
    return text === undefined ? undefined : pictureOf(text, fps, near);
  }

  #text(luma: Buffer, stride: number): string | undefined {
    let text = '';
    for (const [index, allowed] of LAYOUT.entries()) {
      const dots = this.#dots(luma, stride, this.#left + index * ADVANCE * this.#scale);
      const character = nearest(dots, allowed);
      if (character === undefined) return undefined;
      text += character;
    }
    return text;
  }

  /** Rows of a glyph as bits, from the middle of each dot. */
  #dots(luma: Buffer, stride: number, left: number): number[] {
    const middle = this.#scale >> 1;
    return Array.from({ length: GLYPH_HEIGHT }, (_, row) => {
      let bits = 0;
      for (let column = 0; column < GLYPH_WIDTH; column += 1) {
        const at = (this.#top + row * this.#scale + middle) * stride + left + column * this.#scale + middle;
        const mean = (luma[at]! + luma[at - 1]! + luma[at - stride]! + luma[at - stride - 1]!) / 4;
        bits = (bits << 1) | (mean > MIDDLE ? 1 : 0);
      }
      return bits;
    });
  }
}

function nearest(dots: readonly number[], allowed: string): string | undefined {
  let best: string | undefined;
  let fewest = MOST_WRONG + 1;
  for (const character of allowed) {
    const wrong = glyphOf(character).reduce((sum, row, index) => sum + bitsIn(row ^ dots[index]!), 0);
    if (wrong >= fewest) continue;
    fewest = wrong;
    best = character;
  }
  return best;
}

function bitsIn(value: number): number {
  let count = 0;
  for (let rest = value; rest > 0; rest &= rest - 1) count += 1;
  return count;
}

/** The clock shows whole milliseconds of a grid that is known, which is also the check that it was read rightly. */
function pictureOf(text: string, fps: number, near: WallUs): number | undefined {
  const [hours, minutes, seconds] = text.split(':').map(Number) as [number, number, number];
  const ofDay = Math.round((hours * 3600 + minutes * 60) * 1000 + seconds * 1000);
  const days = Math.round((near / 1000 - ofDay) / (DAY_US / 1000));
  const ms = days * (DAY_US / 1000) + ofDay;
  const number = Math.round((ms * fps) / 1000);
  return Math.floor(pictureInstant(fps, number) / 1000) === ms ? number : undefined;
}
