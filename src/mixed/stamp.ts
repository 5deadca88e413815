import type { Bitmap } from '../images/bitmap.ts';
import type { Size } from '../layout/rect.ts';
import { overlayPixels } from './blend.ts';
import type { Yuv } from '../codec/yuv.ts';
import type { Rgb } from './colour.ts';
import type { Planes } from './tile.ts';

/**
 * A still picture in the canvas's own format, ready to be laid on it again and again: yuv420p of an even size. With
 * `opacity` (one plane for luma, one for both chroma planes) the values are multiplied by it already.
 */
export interface Stamp extends Size, Planes {
  readonly opacity: readonly [luma: Buffer, chroma: Buffer] | undefined;
}

/** A stamp of one colour. */
export function plainStamp(size: Size, colour: Yuv): Stamp {
  const { width, height } = size;
  const chroma = (width * height) / 4;
  const data = colour.map((value, i) => Buffer.alloc(i === 0 ? width * height : chroma, value));
  return { width, height, data, linesize: [width, width / 2, width / 2], opacity: undefined };
}

const clampByte = (n: number): number => Math.max(0, Math.min(255, Math.round(n)));

// BT.601, limited range, of colours 0 … 255 that are multiplied with opacity a: the offsets are multiplied with it too.
const lumaOf = (r: number, g: number, b: number, a: number): number =>
  clampByte((16 * a + 65.481 * r + 128.553 * g + 24.966 * b) / 255);
const blueOf = (r: number, g: number, b: number, a: number): number =>
  clampByte((128 * a - 37.797 * r - 74.203 * g + 112 * b) / 255);
const redOf = (r: number, g: number, b: number, a: number): number =>
  clampByte((128 * a + 112 * r - 93.786 * g - 18.214 * b) / 255);

/** Luma and opacity of every pixel. */
function fillLuma({ data }: Bitmap, luma: Buffer, opacity: Buffer): void {
  for (let i = 0, at = 0; i < luma.length; i++, at += 4) {
    const a = data[at + 3]!;
    luma[i] = lumaOf(data[at]!, data[at + 1]!, data[at + 2]!, a);
    opacity[i] = a;
  }
}

/** Chroma and opacity of every block of two by two pixels, from their mean. */
function fillChroma({ data, width, height }: Bitmap, u: Buffer, v: Buffer, opacity: Buffer): void {
  const row = width * 4;
  for (let y = 0, i = 0; y < height; y += 2)
    for (let x = 0; x < width; x += 2, i++) {
      const at = y * row + x * 4;
      const mean = (n: number): number => (data[n]! + data[n + 4]! + data[n + row]! + data[n + row + 4]!) / 4;
      const [r, g, b, a] = [mean(at), mean(at + 1), mean(at + 2), mean(at + 3)];
      u[i] = blueOf(r, g, b, a);
      v[i] = redOf(r, g, b, a);
      opacity[i] = Math.round(a);
    }
}

/** A bitmap of an even size as a stamp; what is transparent in it stays so. */
export function stampOf(bitmap: Bitmap): Stamp {
  const stamp = plainStamp(bitmap, [0, 0, 0]);
  const [y, u, v] = stamp.data as [Buffer, Buffer, Buffer];
  const [luma, chroma] = [Buffer.alloc(y.length), Buffer.alloc(u.length)];
  fillLuma(bitmap, y, luma);
  fillChroma(bitmap, u, v, chroma);
  const opaque = luma.every((opacity) => opacity === 255);
  return { ...stamp, opacity: opaque ? undefined : [luma, chroma] };
}

/** Lays `stamp` over an opaque one of at least its size, at (left, top), both even. */
export function layOver(ground: Stamp, stamp: Stamp, left: number, top: number): void {
  ground.data.forEach((plane, i) => {
    const shift = i === 0 ? 0 : 1;
    const stride = ground.linesize[i] ?? 0;
    const width = stamp.width >> shift;
    const target = { data: plane.subarray((top >> shift) * stride + (left >> shift)), stride };
    const source = { data: stamp.data[i] ?? Buffer.alloc(0), stride: width };
    const opacity = stamp.opacity?.[shift === 0 ? 0 : 1] ?? Buffer.alloc(source.data.length, 255);
    overlayPixels(target, source, { data: opacity, stride: width }, width, stamp.height >> shift);
  });
}

/** How much ink a text leaves where: 0 … 255 for every pixel, rows without gaps. */
export interface InkMask extends Size {
  readonly data: Buffer;
}

/** A text's colours; the ground is not drawn where `groundOpacity` is 0. */
export interface InkColours {
  readonly ink: Rgb;
  readonly ground: Rgb;
  /** 0 … 255. */
  readonly groundOpacity: number;
}

/** Ink over its ground, as a bitmap of the mask's size. */
export function inked({ width, height, data: mask }: InkMask, { ink, ground, groundOpacity }: InkColours): Bitmap {
  const data = Buffer.alloc(width * height * 4);
  mask.forEach((cover, i) => {
    const under = (groundOpacity * (255 - cover)) / 255;
    ink.forEach((value, channel) => {
      data[i * 4 + channel] = Math.round((value * cover + (ground[channel] ?? 0) * under) / 255);
    });
    data[i * 4 + 3] = Math.round(cover + under);
  });
  return { width, height, data };
}
