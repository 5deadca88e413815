import type { Yuv } from '../codec/yuv.ts';

/** Red, green and blue, 0 … 255. */
export type Rgb = readonly [r: number, g: number, b: number];

const colour = /^(?:#|0x)([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i;

const channel = (hex: string | undefined): number => Number.parseInt(hex ?? '0', 16);

/** `#RRGGBB` or `0xRRGGBB` (contract §2.6, both forms). @throws TypeError for any other text; the API has checked it long before. */
export function parseRgb(text: string): Rgb {
  const parts = colour.exec(text);
  if (!parts) throw new TypeError(`A colour must have the form #RRGGBB, but is ${JSON.stringify(text)}.`);
  return [channel(parts[1]), channel(parts[2]), channel(parts[3])];
}

/**
 * The same text to BT.601 limited range, which is what WebRTC senders use and the mix is marked as.
 * @throws TypeError like {@link parseRgb}.
 */
export function parseColour(text: string): Yuv {
  const [r, g, b] = parseRgb(text).map((value) => value / 255) as [number, number, number];
  const luma = 0.299 * r + 0.587 * g + 0.114 * b;
  const scaled = (offset: number, value: number): number => Math.round(offset + value);
  return [scaled(16, 219 * luma), scaled(128, (224 * (b - luma)) / 1.772), scaled(128, (224 * (r - luma)) / 1.402)];
}
