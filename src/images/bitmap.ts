/** A picture in memory: RGBA, 8 bits each, rows without gaps. The colours are multiplied with the opacity already. */
export interface Bitmap {
  readonly width: number;
  readonly height: number;
  readonly data: Buffer;
}

/**
 * Multiplies colours with their opacity, in place. Scaling mixes neighbours: without this the colour that hides under
 * transparent pixels would show as a fringe.
 */
export function premultiply(rgba: Uint8Array): void {
  for (let i = 0; i + 3 < rgba.length; i += 4) {
    const alpha = rgba[i + 3]!;
    if (alpha === 255) continue;
    for (let channel = i; channel < i + 3; channel++) rgba[channel] = Math.round((rgba[channel]! * alpha) / 255);
  }
}
