import type { MarkPosition } from './layout-plan.ts';
import { evenRect, rect, type Rect, type Size } from './rect.ts';

/** How large a timestamp is written; all in pixels. */
export interface TimestampFace {
  readonly fontSize: number;
  /** Around the text, inside its ground. */
  readonly padding: number;
  readonly lineHeight: number;
}

/** The contract gives timestamps no size: a 24th of the shorter side, and never wider than the canvas. */
export function timestampFace({ width, height }: Size): TimestampFace {
  const fontSize = Math.max(8, Math.min(Math.round(Math.min(width, height) / 24), Math.floor(width / 12)));
  return { fontSize, padding: Math.max(1, Math.round(fontSize / 6)), lineHeight: Math.ceil(fontSize * 1.1) };
}

/** Width of a timestamp's ink, to a pixel or two, where the font is not at hand: its digits are equally wide. */
export const likelyInkWidth = ({ fontSize }: TimestampFace): number => Math.round(fontSize * 9.2);

const evenUp = (n: number): number => 2 * Math.ceil(n / 2);

/** Where a timestamp whose ink is that wide stands, its ground included. */
export function placeTimestamp(position: MarkPosition, inkWidth: number, canvas: Size): Rect {
  const { fontSize, padding, lineHeight } = timestampFace(canvas);
  const size = { width: evenUp(inkWidth + 2 * padding), height: evenUp(lineHeight + 2 * padding) };
  return placeMark(position, size, canvas, Math.round(fontSize / 2));
}

/** Where something of that size stands; `gap` from the edges. */
function placeMark(position: MarkPosition, size: Size, canvas: Size, gap: number): Rect {
  const [vertical, horizontal] = position === 'center' ? ['center', 'center'] : position.split('-');
  const along = (side: string | undefined, length: number, part: number): number => {
    const free = Math.max(0, length - part);
    if (side === 'left' || side === 'top') return Math.min(gap, free);
    return side === 'center' ? free / 2 : Math.max(0, free - gap);
  };
  const [left, top] = [along(horizontal, canvas.width, size.width), along(vertical, canvas.height, size.height)];
  return evenRect(rect(Math.floor(left), Math.floor(top), size.width, size.height), canvas);
}
