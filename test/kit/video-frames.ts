import { AV_PIX_FMT_YUV420P, AV_PIX_FMT_YUVJ420P } from 'node-av/constants';
import type { Frame } from 'node-av/lib';
import { eachFrame } from './media-file.ts';

/** Whole pixels in a picture. */
export interface Rect {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Mean colour, 0…255 each. */
export interface Colour {
  readonly r: number;
  readonly g: number;
  readonly b: number;
}

/** Side of the square cells that decoded pictures are averaged to; 60 s of 720p at 15 fps take 40 MB. */
const CELL = 8;

/** One decoded picture, kept as the means of its 8×8 cells. */
export class VideoFrame {
  readonly ptsUs: number;
  readonly width: number;
  readonly height: number;
  readonly #columns: number;
  readonly #rows: number;
  readonly #planes: readonly [Uint8Array, Uint8Array, Uint8Array];

  /** Copies what is needed out of a decoded 4:2:0 picture. */
  constructor(frame: Frame, ptsUs: number) {
    this.ptsUs = ptsUs;
    this.width = frame.width;
    this.height = frame.height;
    this.#columns = Math.max(1, Math.floor(frame.width / CELL));
    this.#rows = Math.max(1, Math.floor(frame.height / CELL));
    const data = frame.data;
    const strides = frame.linesize;
    if (!data) throw new Error('A decoded picture without data.');
    const plane = (index: number, cell: number): Uint8Array =>
      cellMeans(data[index]!, strides[index]!, this.#columns, this.#rows, cell);
    this.#planes = [plane(0, CELL), plane(1, CELL / 2), plane(2, CELL / 2)];
  }

  /** Mean colour of the cells that lie wholly in the rectangle (of the nearest cell if none does), by BT.601. */
  colour(rect: Rect): Colour {
    const [y, u, v] = this.#planes.map((plane) => this.#mean(plane, rect)) as [number, number, number];
    const luma = 1.164383 * (y - 16);
    return {
      r: clamp(luma + 1.596027 * (v - 128)),
      g: clamp(luma - 0.391762 * (u - 128) - 0.812968 * (v - 128)),
      b: clamp(luma + 2.017232 * (u - 128)),
    };
  }

  /** Mean luma of the rectangle, 16 black … 235 white. */
  luma(rect: Rect): number {
    return this.#mean(this.#planes[0], rect);
  }

  #mean(plane: Uint8Array, rect: Rect): number {
    const [left, right] = cells(rect.left, rect.width, this.#columns);
    const [top, bottom] = cells(rect.top, rect.height, this.#rows);
    let sum = 0;
    for (let row = top; row < bottom; row += 1)
      for (let column = left; column < right; column += 1) sum += plane[row * this.#columns + column]!;
    return sum / ((right - left) * (bottom - top));
  }
}

function cells(from: number, length: number, count: number): [number, number] {
  const first = Math.min(count - 1, Math.max(0, Math.ceil(from / CELL)));
  const end = Math.min(count, Math.floor((from + length) / CELL));
  if (end > first) return [first, end];
  const nearest = Math.min(count - 1, Math.max(0, Math.floor((from + length / 2) / CELL)));
  return [nearest, nearest + 1];
}

function cellMeans(plane: Buffer, stride: number, columns: number, rows: number, cell: number): Uint8Array {
  const out = new Uint8Array(columns * rows);
  for (let row = 0; row < rows; row += 1)
    for (let column = 0; column < columns; column += 1) {
      let sum = 0;
      for (let y = row * cell; y < (row + 1) * cell; y += 1) {
        const from = y * stride + column * cell;
        for (let x = from; x < from + cell; x += 1) sum += plane[x]!;
      }
      out[row * columns + column] = Math.round(sum / (cell * cell));
    }
  return out;
}

const clamp = (value: number): number => Math.max(0, Math.min(255, Math.round(value)));

/** Decoded pictures of a file in presentation order. */
export class VideoFrames {
  readonly frames: readonly VideoFrame[];

  /** Takes frames in any order. */
  constructor(frames: readonly VideoFrame[]) {
    this.frames = [...frames].sort((a, b) => a.ptsUs - b.ptsUs);
  }

  /** The picture a player shows at this time: the newest that is not later. */
  at(ms: number): VideoFrame | undefined {
    let shown: VideoFrame | undefined;
    for (const frame of this.frames) {
      if (frame.ptsUs > ms * 1000) break;
      shown = frame;
    }
    return shown;
  }

  /** Mean colour that a player shows in a rectangle at a time of the file. Throws before the first picture. */
  colourAt(ms: number, rect: Rect): Colour {
    const frame = this.at(ms);
    if (!frame) throw new Error(`No picture yet at ${ms} ms.`);
    return frame.colour(rect);
  }
}

/** Decodes all pictures of the file's first video stream. Throws for anything but 4:2:0. */
export async function decodeVideo(path: string): Promise<VideoFrames> {
  const frames: VideoFrame[] = [];
  await eachFrame(path, 'video', (frame, ptsUs) => {
    if (frame.format !== AV_PIX_FMT_YUV420P && frame.format !== AV_PIX_FMT_YUVJ420P)
      throw new Error(`Pixel format ${frame.format} is not 4:2:0.`);
    frames.push(new VideoFrame(frame, ptsUs));
  });
  return new VideoFrames(frames);
}

/** Reads `#rrggbb`. */
export function colourOf(text: string): Colour {
  const value = Number.parseInt(text.slice(1), 16);
  return { r: value >> 16, g: (value >> 8) & 255, b: value & 255 };
}

/** Largest difference of any of the three parts; below 30 is the same colour after two lossy codings. */
export const colourDistance = (a: Colour, b: Colour): number =>
  Math.max(Math.abs(a.r - b.r), Math.abs(a.g - b.g), Math.abs(a.b - b.b));

/**
 * Where an area of a source picture, given in fractions, stands in a cell that shows the source centre-cropped to the
 * cell's shape. Clipped to the cell.
 */
export function areaInCell(area: Rect, cell: Rect, source: { width: number; height: number }): Rect {
  const scale = Math.max(cell.width / source.width, cell.height / source.height);
  const shown = { width: source.width * scale, height: source.height * scale };
  const left = cell.left + Math.max(0, area.left * shown.width - (shown.width - cell.width) / 2);
  const top = cell.top + Math.max(0, area.top * shown.height - (shown.height - cell.height) / 2);
  const right = Math.min(
    cell.left + cell.width,
    cell.left + (area.left + area.width) * shown.width - (shown.width - cell.width) / 2,
  );
  const bottom = Math.min(
    cell.top + cell.height,
    cell.top + (area.top + area.height) * shown.height - (shown.height - cell.height) / 2,
  );
  return {
    left: Math.round(left),
    top: Math.round(top),
    width: Math.round(right - left),
    height: Math.round(bottom - top),
  };
}
