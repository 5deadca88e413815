import { AV_PIX_FMT_YUV420P } from 'node-av/constants';
import { avImageCopy2, Frame } from 'node-av/lib';
import { ok, present } from '../codec/native.ts';
import { rect, type Rect, type Size } from '../layout/rect.ts';
import { planesAt, type Planes, type Tile } from './tile.ts';
import type { Yuv } from './background-colour.ts';

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

/** The part of `area` that lies on a canvas of this size. */
function clipped(area: Rect, size: Size): Rect {
  const left = Math.max(0, area.left);
  const top = Math.max(0, area.top);
  const right = Math.min(size.width, area.left + area.width);
  const bottom = Math.min(size.height, area.top + area.height);
  return rect(left, top, Math.max(0, right - left), Math.max(0, bottom - top));
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
  readonly #picture: Picture;
  readonly #background: Picture;
  readonly #landings = new Landings();
  #closed = false;

  /** `size` is even in both directions. Starts as background. */
  constructor(size: Size, background: Yuv) {
    this.size = size;
    this.#picture = new Picture(size);
    this.#background = new Picture(size);
    this.recolour(background);
    this.clear();
  }

  /** The native frame, for the encoder, which copies it. */
  get frame(): Frame {
    return this.#picture.frame;
  }

  /** Another colour for the background; what is drawn stays until it is cleared. */
  recolour(background: Yuv): void {
    background.forEach((value, plane) => this.#background.data[plane]?.fill(value));
  }

  /** Background everywhere. */
  clear(): void {
    this.#copy(this.#background, rect(0, 0, this.size.width, this.size.height));
  }

  /** Draws a tile with its corner at (left, top), both even; what lies outside is cut, the library would write there. */
  draw(tile: Tile, left: number, top: number): void {
    const { crop, frame } = tile;
    const area = clipped(rect(left, top, crop.width, crop.height), this.size);
    if (area.left !== left || area.top !== top || area.width === 0 || area.height === 0) return;
    const planes = this.#landings.planesOf(frame);
    this.#paint(planesAt(planes, crop.left, crop.top), planes.linesize, area);
  }

  /** Frees the pictures. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#picture.frame.free();
    this.#background.frame.free();
    this.#landings.close();
  }

  #copy(from: Picture, area: Rect): void {
    this.#paint(planesAt(from, area.left, area.top), from.linesize, area);
  }

  #paint(data: Buffer[], linesize: number[], area: Rect): void {
    const target = planesAt(this.#picture, area.left, area.top);
    avImageCopy2(target, this.#picture.linesize, data, linesize, AV_PIX_FMT_YUV420P, area.width, area.height);
  }
}
