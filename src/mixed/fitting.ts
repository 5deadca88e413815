import type { RenderMode } from '../layout/layout-plan.ts';
import { rect, type Rect, type Size } from '../layout/rect.ts';

/** What part of the source is shown and where in the cell; both even, the placement relative to the cell. */
export interface Fitting {
  readonly crop: Rect;
  readonly place: Size & { readonly left: number; readonly top: number };
}

/** Cells are rounded to even pixels; a difference below 1 % is that rounding and is stretched rather than cut. */
const sameShape = 0.01;

const even = (n: number): number => Math.max(2, 2 * Math.round(n / 2));
const evenUp = (n: number): number => 2 * Math.ceil(n / 2);
const evenDown = (n: number): number => n - (n % 2);

/** Largest rectangle of the shape `shape` inside `space`, centred on even pixels. */
function inscribed(space: Size, shape: Size): Rect {
  const width = Math.min(space.width, even((space.height * shape.width) / shape.height));
  const height = Math.min(space.height, even((space.width * shape.height) / shape.width));
  return rect(evenDown((space.width - width) >> 1), evenDown((space.height - height) >> 1), width, height);
}

const shapesAgree = (a: Size, b: Size): boolean =>
  Math.abs((a.width * b.height) / (a.height * b.width) - 1) < sameShape;

/** What smart stretch may cut of width or height (contract §2.6). */
const mostCut = 0.2;

/** As much of the crop as a fifth of the picture allows; what is still of another shape is stretched. */
function cutAtMostAFifth(whole: Rect, shape: Size): Rect {
  const cut = inscribed(whole, shape);
  const width = Math.max(cut.width, evenUp(whole.width * (1 - mostCut)));
  const height = Math.max(cut.height, evenUp(whole.height * (1 - mostCut)));
  return rect(evenDown((whole.width - width) >> 1), evenDown((whole.height - height) >> 1), width, height);
}

/** Fits a source of at least 2×2 pixels into an even cell. An odd last row or column of the source is not shown. Pure. */
export function fitPicture(mode: RenderMode, source: Size, cell: Size): Fitting {
  const whole = rect(0, 0, evenDown(source.width), evenDown(source.height));
  const full = rect(0, 0, cell.width, cell.height);
  if (mode === 'stretch' || shapesAgree(whole, cell)) return { crop: whole, place: full };
  if (mode === 'crop') return { crop: inscribed(whole, cell), place: full };
  if (mode === 'smart') return { crop: cutAtMostAFifth(whole, cell), place: full };
  return { crop: whole, place: inscribed(full, whole) };
}
