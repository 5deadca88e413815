import { pixels, type Pixels } from '../units.ts';

/** Width and height in whole pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The canvas that a mix of that size has: the encoder needs even sides (contract §2.5). */
export const evenCanvas = ({ width, height }: Size): Size => ({
  width: Math.max(2, width - (width % 2)),
  height: Math.max(2, height - (height % 2)),
});

/** A rectangle on the canvas, origin top-left, in whole pixels. */
export interface Rect {
  readonly left: Pixels;
  readonly top: Pixels;
  readonly width: Pixels;
  readonly height: Pixels;
}

/** A rectangle in fractions of the canvas, origin top-left. */
export interface Slot {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/** Rectangle of the four numbers. */
export const rect = (left: number, top: number, width: number, height: number): Rect => ({
  left: pixels(left),
  top: pixels(top),
  width: pixels(width),
  height: pixels(height),
});

/** Ties of exact fractions (117.5) must not hang on the last bit of a float. */
const tieBias = 1e-9;

const evenPixel = (fraction: number, extent: number): number => 2 * Math.round((fraction * extent) / 2 + tieBias);

/**
 * Fractions to even pixels: both edges are rounded, then subtracted, so that neighbours meet without gap or overlap
 * and 4:2:0 chroma stays aligned (contract D-11).
 */
export function toEvenRect(slot: Slot, canvas: Size): Rect {
  const left = evenPixel(slot.x, canvas.width);
  const top = evenPixel(slot.y, canvas.height);
  const right = Math.min(evenPixel(slot.x + slot.w, canvas.width), canvas.width);
  const bottom = Math.min(evenPixel(slot.y + slot.h, canvas.height), canvas.height);
  return rect(left, top, right - left, bottom - top);
}

/** A rectangle of whole pixels rounded the same way: both edges to even pixels, cut at the canvas. */
export const evenRect = (area: Rect, canvas: Size): Rect =>
  toEvenRect(
    {
      x: area.left / canvas.width,
      y: area.top / canvas.height,
      w: area.width / canvas.width,
      h: area.height / canvas.height,
    },
    canvas,
  );

/** What both rectangles cover; undefined when that is nothing. */
export function intersection(a: Rect, b: Rect): Rect | undefined {
  const left = Math.max(a.left, b.left);
  const top = Math.max(a.top, b.top);
  const width = Math.min(a.left + a.width, b.left + b.width) - left;
  const height = Math.min(a.top + a.height, b.top + b.height) - top;
  return width > 0 && height > 0 ? rect(left, top, width, height) : undefined;
}

/** True when every pixel of `inner` is in `outer`. */
export const contains = (outer: Rect, inner: Rect): boolean =>
  outer.left <= inner.left &&
  outer.top <= inner.top &&
  outer.left + outer.width >= inner.left + inner.width &&
  outer.top + outer.height >= inner.top + inner.height;

/** What is left of `area` without `hole`, in at most four rectangles. */
export function without(area: Rect, hole: Rect): Rect[] {
  const cut = intersection(area, hole);
  if (!cut) return [area];
  const [right, bottom] = [cut.left + cut.width, cut.top + cut.height];
  return [
    rect(area.left, area.top, area.width, cut.top - area.top),
    rect(area.left, cut.top, cut.left - area.left, cut.height),
    rect(right, cut.top, area.left + area.width - right, cut.height),
    rect(area.left, bottom, area.width, area.top + area.height - bottom),
  ].filter(({ width, height }) => width > 0 && height > 0);
}
