import { AV_PIX_FMT_YUV420P } from 'node-av/constants';
import { avImageCopy2, Frame } from 'node-av/lib';
import { ok, present } from '../codec/native.ts';
import { intersection, rect, type Rect, type Size } from '../layout/rect.ts';
import { mixPixels, mixValue, opaque, overlayPixels, type Pixels } from './blend.ts';
import { black, type Yuv } from '../codec/yuv.ts';
import type { Stamp } from './stamp.ts';
import { planesAt, type Planes, type Tile } from './tile.ts';

/** A frame of our own. Its planes are asked for once: each time costs more than copying a small picture. */
class Picture implements Planes {
  readonly frame = new Frame();
  readonly data: Buffer[];
  readonly linesize: number[];

  constructor(size: Size) {
    this.frame.alloc();
    this.frame.width = size.width;
    this.frame.height = size.height;
    this.frame.format = AV_PIX_FMT_YUV420P;
    ok('canvas', this.frame.getBuffer(64));
    this.data = present('canvas planes', this.frame.data);
    this.linesize = this.frame.linesize;
  }
}

/** Pictures up to this many pixels are copied to where their planes are known; the planes of larger ones cost less. */
const largestLanding = 640 * 360;
/** Sizes for which a landing is kept; a layout has one or two. */
const mostLandings = 8;

/** Gives the planes of pictures that come and go, for immediate use. */
class Landings {
  readonly #pictures = new Map<string, Picture>();

  planesOf(frame: Frame): Planes {
    const { width, height } = frame;
    if (width * height > largestLanding) return { data: present('planes', frame.data), linesize: frame.linesize };
    const landing = this.#of(width, height);
    ok('land picture', landing.frame.copy(frame));
    return landing;
  }

  close(): void {
    for (const { frame } of this.#pictures.values()) frame.free();
    this.#pictures.clear();
  }

  #of(width: number, height: number): Picture {
    const key = `${width}x${height}`;
    const known = this.#pictures.get(key);
    if (known) return known;
    if (this.#pictures.size === mostLandings) this.close();
    const landing = new Picture({ width, height });
    this.#pictures.set(key, landing);
    return landing;
  }
}

/** The picture that is encoded. It persists from tick to tick, so that only what changed needs to be drawn. */
export class Canvas {
  readonly size: Size;
  /** All of it. */
  readonly area: Rect;
  readonly #picture: Picture;
  readonly #landings = new Landings();
  #closed = false;

  /** `size` is even in both directions. Starts black. */
  constructor(size: Size) {
    this.size = size;
    this.area = rect(0, 0, size.width, size.height);
    this.#picture = new Picture(size);
    this.fill(black, this.area, opaque);
  }

  /** The native frame, for the encoder, which copies it. */
  get frame(): Frame {
    return this.#picture.frame;
  }

  /** Draws the part of a tile that lies in `clip`; the tile's corner is at (left, top), all of it even and on the canvas. */
  draw(tile: Tile, left: number, top: number, clip: Rect, weight: number): void {
    const { crop, frame } = tile;
    const area = intersection(rect(left, top, crop.width, crop.height), clip);
    if (!area) return;
    this.#lay(this.#landings.planesOf(frame), crop.left + area.left - left, crop.top + area.top - top, area, weight);
  }

  /** Draws the part of a stamp that lies in `clip`; the stamp's corner is at (left, top). */
  stamp(stamp: Stamp, left: number, top: number, clip: Rect, weight: number = opaque): void {
    const area = intersection(rect(left, top, stamp.width, stamp.height), clip);
    if (!area) return;
    const [x, y] = [area.left - left, area.top - top];
    if (stamp.opacity) this.#overlay(stamp, stamp.opacity, x, y, area);
    else this.#lay(stamp, x, y, area, weight);
  }

  /** One colour. */
  fill(colour: Yuv, clip: Rect, weight: number): void {
    const area = intersection(clip, this.area);
    if (!area) return;
    this.#targets(area).forEach((target, i) => mixValue(target, colour[i] ?? 0, target.width, target.height, weight));
  }

  /** Frees the pictures. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#picture.frame.free();
    this.#landings.close();
  }

  /** Pixels from (x, y) of `source` on into `wanted`, or mixed with what is there. The library would write beside the canvas. */
  #lay(source: Planes, x: number, y: number, wanted: Rect, weight: number): void {
    const area = intersection(wanted, this.area);
    if (!area) return;
    const data = planesAt(source, x + area.left - wanted.left, y + area.top - wanted.top);
    if (weight < opaque) {
      const from = pixelsOf(data, source.linesize);
      this.#targets(area).forEach((to, i) => mixPixels(to, from[i]!, to.width, to.height, weight));
    } else {
      const target = planesAt(this.#picture, area.left, area.top);
      const format = AV_PIX_FMT_YUV420P;
      avImageCopy2(target, this.#picture.linesize, data, source.linesize, format, area.width, area.height);
    }
  }

  #overlay(stamp: Stamp, [luma, chroma]: readonly [Buffer, Buffer], x: number, y: number, area: Rect): void {
    const { linesize } = stamp;
    const from = pixelsOf(planesAt(stamp, x, y), linesize);
    const opacity = pixelsOf(planesAt({ data: [luma, chroma, chroma], linesize }, x, y), linesize);
    this.#targets(area).forEach((to, i) => overlayPixels(to, from[i]!, opacity[i]!, to.width, to.height));
  }

  #targets({ left, top, width, height }: Rect): (Pixels & Size)[] {
    return pixelsOf(planesAt(this.#picture, left, top), this.#picture.linesize).map((plane, i) =>
      i === 0 ? { ...plane, width, height } : { ...plane, width: width / 2, height: height / 2 },
    );
  }
}

const pixelsOf = (data: readonly Buffer[], linesize: readonly number[]): Pixels[] =>
  data.map((plane, i) => ({ data: plane, stride: linesize[i] ?? 0 }));
