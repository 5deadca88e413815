/** 8-bit red, green, blue. */
export interface Rgb {
  readonly r: number;
  readonly g: number;
  readonly b: number;
}

/** 8-bit luma and chroma, BT.601 in limited range: what WebRTC senders make of a canvas. */
export interface Yuv {
  readonly y: number;
  readonly u: number;
  readonly v: number;
}

/** Reads `#rrggbb`. Throws a RangeError for anything else. */
export function parseColour(text: string): Rgb {
  if (!/^#[0-9a-f]{6}$/i.test(text)) throw new RangeError(`A colour is written #rrggbb, not ${JSON.stringify(text)}.`);
  const at = (from: number): number => Number.parseInt(text.slice(from, from + 2), 16);
  return { r: at(1), g: at(3), b: at(5) };
}

/** ITU-R BT.601, limited range, rounded. */
export function toYuv({ r, g, b }: Rgb): Yuv {
  return {
    y: Math.round(16 + (65.481 * r + 128.553 * g + 24.966 * b) / 255),
    u: Math.round(128 + (-37.797 * r - 74.203 * g + 112 * b) / 255),
    v: Math.round(128 + (112 * r - 93.786 * g - 18.214 * b) / 255),
  };
}
