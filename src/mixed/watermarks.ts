import type { LayoutPlan, Watermark } from '../layout/layout-plan.ts';
import { evenRect, type Rect, type Size } from '../layout/rect.ts';
import { placeTimestamp, timestampFace } from '../layout/timestamp-place.ts';
import type { WallUs } from '../units.ts';
import { parseRgb, type Rgb } from './colour.ts';
import type { ImageShelf } from './image-shelf.ts';
import { inked, stampOf, type InkColours, type InkMask, type Stamp } from './stamp.ts';
import { TextPainter } from './text-painter.ts';

/** Something above all pictures. */
export interface Mark {
  /** Even, inside the canvas. */
  readonly rect: Rect;
  /** What is drawn at that time, of the rectangle's size; the same object while nothing changes. */
  stampAt(time: WallUs): Stamp | undefined;
}

/** Most watermarks of a layout (contract §8). */
const mostMarks = 25;

const white: Rgb = [255, 255, 255];
const blackInk: Rgb = [0, 0, 0];

/** A timestamp must be readable on any picture, so it has a dim ground. */
const timestampColours: InkColours = { ink: white, ground: blackInk, groundOpacity: 102 };

type TextMark = Extract<Watermark, { kind: 'text' }>;
type TimestampMark = Extract<Watermark, { kind: 'timestamp' }>;

/**
 * `YYYY-MM-DD HH:MM:SS` of a wall time, `timeZone` hours east of UTC. Years have four digits until 9999.
 */
export function timestampText(second: number, timeZone: number): string {
  return new Date((second + timeZone * 3600) * 1000).toISOString().slice(0, 19).replace('T', ' ');
}

/** All digits of the font are equally wide, so that this has the extent of every timestamp. */
const widestTimestamp = '0000-00-00 00:00:00';

/** Width of the ink. */
function inkWidth({ data, width }: InkMask): number {
  let right = 0;
  data.forEach((cover, i) => {
    if (cover > 0) right = Math.max(right, (i % width) + 1);
  });
  return right;
}

/** The part of a mask that a mark shows: shifted by the padding, in the mark's size. */
function padded({ data, width, height }: InkMask, padding: number, size: Size): InkMask {
  const out = Buffer.alloc(size.width * size.height);
  for (let y = 0; y < Math.min(height, size.height - padding); y++) {
    const to = (y + padding) * size.width + padding;
    data.copy(out, to, y * width, y * width + Math.min(width, size.width - padding));
  }
  return { width: size.width, height: size.height, data: out };
}

/** What watermarks need of the mix. */
export interface WatermarkSurroundings {
  readonly canvas: Size;
  readonly shelf: ImageShelf;
  /** Texts cannot be painted; called once per layout, which goes on without them. */
  readonly onTextFailed: (error: unknown) => void;
}

/** Makes the watermarks of a layout. Texts are painted when first drawn; the painter lives as long as one layout. */
export class Watermarks {
  readonly marks: readonly Mark[];
  readonly #canvas: Size;
  readonly #shelf: ImageShelf;
  readonly #onTextFailed: (error: unknown) => void;
  #painter: TextPainter | undefined;
  #failed = false;

  constructor({ watermarks }: LayoutPlan, { canvas, shelf, onTextFailed }: WatermarkSurroundings) {
    this.#canvas = canvas;
    this.#shelf = shelf;
    this.#onTextFailed = onTextFailed;
    this.marks = watermarks
      .slice(0, mostMarks)
      .map((mark) => this.#make(mark))
      .filter(({ rect: { width, height } }) => width > 0 && height > 0);
  }

  /** Frees the painter. Idempotent. */
  close(): void {
    this.#painter?.close();
    this.#painter = undefined;
  }

  #make(mark: Watermark): Mark {
    if (mark.kind === 'text') return this.#text(mark);
    if (mark.kind === 'timestamp') return this.#timestamp(mark);
    const area = evenRect(mark.rect, this.#canvas);
    return {
      rect: area,
      stampAt: () => this.#shelf.stamp({ url: mark.url, renderMode: 'stretch', size: area }),
    };
  }

  #text({ text, fontSize, colour, background, rect: wanted }: TextMark): Mark {
    const area = evenRect(wanted, this.#canvas);
    const ground = background === undefined ? blackInk : parseRgb(background);
    const colours = { ink: parseRgb(colour), ground, groundOpacity: background === undefined ? 0 : 255 };
    let stamp: Stamp | undefined;
    return {
      rect: area,
      stampAt: () => (stamp ??= stampOf(inked(this.#paint(text, fontSize, area), colours))),
    };
  }

  #timestamp({ position, timeZone }: TimestampMark): Mark {
    const { fontSize, padding, lineHeight } = timestampFace(this.#canvas);
    const line = { width: this.#canvas.width, height: lineHeight };
    const area = placeTimestamp(position, inkWidth(this.#paint(widestTimestamp, fontSize, line)), this.#canvas);
    const draw = (second: number): Stamp => {
      const mask = this.#paint(timestampText(second, timeZone), fontSize, line);
      return stampOf(inked(padded(mask, padding, area), timestampColours));
    };
    let shown: { readonly second: number; readonly stamp: Stamp } | undefined;
    const stampAt = (time: WallUs): Stamp => {
      const second = Math.floor(time / 1_000_000);
      if (shown?.second !== second) shown = { second, stamp: draw(second) };
      return shown.stamp;
    };
    return { rect: area, stampAt };
  }

  /** The text's ink; none at all when the library fails: a missing watermark is no reason to lose the recording. */
  #paint(text: string, fontSize: number, size: Size): InkMask {
    try {
      if (!this.#failed) return this.#openPainter().paint(text, fontSize, size);
    } catch (error) {
      this.#failed = true;
      this.#onTextFailed(error);
    }
    return { ...size, data: Buffer.alloc(size.width * size.height) };
  }

  #openPainter(): TextPainter {
    const height = 2 * Math.ceil((this.#canvas.height * 1.3) / 2);
    return (this.#painter ??= new TextPainter({ width: this.#canvas.width, height }));
  }
}
