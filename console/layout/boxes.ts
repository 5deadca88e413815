import type { LayoutEntry, LayoutParams, WatermarkParams } from '../../src/api/recording/layout-params.ts';
import { rect, type Rect, type Size } from '../../src/layout/rect.ts';

/** Names a rectangle of one's own, or a watermark. */
export interface BoxKey {
  readonly list: 'cells' | 'marks';
  readonly index: number;
}

/** Something that can be dragged. */
export interface Box {
  readonly key: BoxKey;
  readonly rect: Rect;
}

/** A corner by its compass point. */
export type Corner = 'nw' | 'ne' | 'sw' | 'se';

interface Placed {
  readonly Left: number;
  readonly Top: number;
  readonly Width: number;
  readonly Height: number;
}

const rectOf = ({ Left, Top, Width, Height }: Placed): Rect => rect(Left, Top, Width, Height);
const placedAt = ({ left, top, width, height }: Rect): Placed => ({
  Left: left,
  Top: top,
  Width: width,
  Height: height,
});

/** The part of a watermark that has a place of its own; a timestamp has none. */
const placeOf = ({ WaterMarkType: type, WaterMarkImage, WaterMarkChar }: WatermarkParams): Placed | undefined => {
  if (type === 2) return undefined;
  return type === 1 ? WaterMarkChar : WaterMarkImage;
};

/** Everything that can be dragged, the undermost first. */
export function boxesOf({ MixLayoutMode, MixLayoutList = [], WaterMarkList = [] }: LayoutParams): Box[] {
  const layerOf = ({ key }: Box): number => MixLayoutList[key.index]?.ImageLayer ?? 0;
  const cells = MixLayoutList.map((cell, index): Box => ({ key: { list: 'cells', index }, rect: rectOf(cell) }));
  const marks = WaterMarkList.flatMap((mark, index): Box[] => {
    const place = placeOf(mark);
    return place ? [{ key: { list: 'marks', index }, rect: rectOf(place) }] : [];
  });
  return [...(MixLayoutMode === 4 ? cells.sort((a, b) => layerOf(a) - layerOf(b)) : []), ...marks];
}

/** The layout with another rectangle of that name. */
export function withRect(layout: LayoutParams, { list, index }: BoxKey, area: Rect): LayoutParams {
  const place = placedAt(area);
  return list === 'cells' ? withCell(layout, index, place) : withMark(layout, index, moveMark(place));
}

const moveMark =
  (place: Placed) =>
  (mark: WatermarkParams): WatermarkParams => {
    const { WaterMarkType: type, WaterMarkImage, WaterMarkChar } = mark;
    if (type === 1) return WaterMarkChar ? { ...mark, WaterMarkChar: { ...WaterMarkChar, ...place } } : mark;
    return WaterMarkImage ? { ...mark, WaterMarkImage: { ...WaterMarkImage, ...place } } : mark;
  };

/** The layout with a change of one rectangle of one's own. */
export const withCell = (layout: LayoutParams, index: number, change: Partial<LayoutEntry>): LayoutParams => ({
  ...layout,
  MixLayoutList: (layout.MixLayoutList ?? []).map((cell, i) => (i === index ? { ...cell, ...change } : cell)),
});

/** The layout with a change of one watermark. */
export const withMark = (
  layout: LayoutParams,
  index: number,
  change: (mark: WatermarkParams) => WatermarkParams,
): LayoutParams => ({
  ...layout,
  WaterMarkList: (layout.WaterMarkList ?? []).map((mark, i) => (i === index ? change(mark) : mark)),
});

/** The layout without one of them. */
export function without(layout: LayoutParams, { list, index }: BoxKey): LayoutParams {
  const others = <T>(all: readonly T[] = []): T[] => all.filter((_, i) => i !== index);
  return list === 'cells'
    ? { ...layout, MixLayoutList: others(layout.MixLayoutList) }
    : { ...layout, WaterMarkList: others(layout.WaterMarkList) };
}

/** The layout with a rectangle above or below all others. Layers are whole numbers from 0, so the others may go up. */
export function toEnd(layout: LayoutParams, index: number, end: 'front' | 'back'): LayoutParams {
  const cells = layout.MixLayoutList ?? [];
  const layers = cells.filter((_, i) => i !== index).map(({ ImageLayer = 0 }) => ImageLayer);
  if (layers.length === 0) return layout;
  if (end === 'front') return withCell(layout, index, { ImageLayer: Math.max(...layers) + 1 });
  const up = Math.min(...layers) > 0 ? 0 : 1;
  const raised = cells.map((cell, i) => ({ ...cell, ImageLayer: i === index ? 0 : (cell.ImageLayer ?? 0) + up }));
  return { ...layout, MixLayoutList: raised };
}

/** Smaller ones could not be taken hold of any more. */
const least = 16;

const even = (n: number): number => 2 * Math.round(n / 2);
const within = (n: number, low: number, high: number): number => Math.min(Math.max(n, low), Math.max(low, high));

/** Where a rectangle is taken hold of: what lies outside of the canvas can be reached at its edge. */
export function holdOf({ left, top, width, height }: Rect, canvas: Size): Rect {
  const [x, y] = [within(left, 0, canvas.width - least), within(top, 0, canvas.height - least)];
  return rect(x, y, within(width, least, canvas.width - x), within(height, least, canvas.height - y));
}

/** The rectangle somewhere else: on even pixels, as the compositor draws it, and inside the canvas. */
export function moved({ left, top, width, height }: Rect, dx: number, dy: number, canvas: Size): Rect {
  const [w, h] = [within(even(width), 2, canvas.width), within(even(height), 2, canvas.height)];
  return rect(within(even(left + dx), 0, canvas.width - w), within(even(top + dy), 0, canvas.height - h), w, h);
}

/** The rectangle with a corner somewhere else, the opposite one where it was. */
export function resized(area: Rect, corner: Corner, dx: number, dy: number, canvas: Size): Rect {
  const across = pulled(area.left, area.width, corner.endsWith('w'), dx, canvas.width);
  const down = pulled(area.top, area.height, corner.startsWith('n'), dy, canvas.height);
  return rect(across.from, down.from, across.to - across.from, down.to - down.from);
}

function pulled(begin: number, length: number, isBegin: boolean, by: number, extent: number) {
  const [from, to] = [within(even(begin), 0, extent), within(even(begin + length), 0, extent)];
  if (isBegin) return { from: within(even(begin + by), 0, to - least), to };
  return { from, to: within(even(begin + length + by), Math.min(from + least, extent), extent) };
}
