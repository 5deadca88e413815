/**
 * The pixel loops that the media library has no cheap call for: mixing by opacity. Weights are 0 … 255; all planes hold
 * 8 bits a pixel, their buffers begin at the first pixel and rows lie `stride` bytes apart.
 */

/** The weight of what hides everything behind it. */
export const opaque = 255;

/** Rows of pixels somewhere in memory. */
export interface Pixels {
  readonly data: Uint8Array;
  readonly stride: number;
}

/** n / 255, rounded, for 0 ≤ n ≤ 65 025. */
const by255 = (n: number): number => (n + 128 + ((n + 128) >> 8)) >> 8;

/** Mixes `source` into `target`: `weight` of it, the rest of what is there. */
export function mixPixels(target: Pixels, source: Pixels, width: number, height: number, weight: number): void {
  const rest = 255 - weight;
  for (let y = 0; y < height; y++) {
    const to = y * target.stride;
    const from = y * source.stride;
    for (let x = 0; x < width; x++)
      target.data[to + x] = by255(source.data[from + x]! * weight + target.data[to + x]! * rest);
  }
}

/** Like {@link mixPixels} with the same value everywhere. */
export function mixValue(target: Pixels, value: number, width: number, height: number, weight: number): void {
  const rest = 255 - weight;
  for (let y = 0; y < height; y++) {
    const to = y * target.stride;
    if (rest === 0) target.data.fill(value, to, to + width);
    else for (let x = to; x < to + width; x++) target.data[x] = by255(value * weight + target.data[x]! * rest);
  }
}

/** Lays `source`, whose values are multiplied with its opacity already, over `target`. */
export function overlayPixels(target: Pixels, source: Pixels, opacity: Pixels, width: number, height: number): void {
  for (let y = 0; y < height; y++) {
    const to = y * target.stride;
    const from = y * source.stride;
    const over = y * opacity.stride;
    for (let x = 0; x < width; x++) {
      const weight = opacity.data[over + x]!;
      if (weight === 0) continue;
      target.data[to + x] = source.data[from + x]! + by255(target.data[to + x]! * (255 - weight));
    }
  }
}
