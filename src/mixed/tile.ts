import { Frame } from 'node-av/lib';
import type { Rect, Size } from '../layout/rect.ts';
import { present } from '../codec/native.ts';

/** Planes of a yuv420p picture as the copy routines take them. */
export interface Planes {
  readonly data: Buffer[];
  readonly linesize: number[];
}

/** The planes from pixel (left, top) on; both even. The memory stays the picture's. */
export function planesAt(planes: Planes, left: number, top: number): Buffer[] {
  return planes.data.map((plane, i) => {
    const shift = i === 0 ? 0 : 1;
    return plane.subarray((top >> shift) * (planes.linesize[i] ?? 0) + (left >> shift));
  });
}

/**
 * A picture that is ready to be drawn at its size. It keeps the native frame reachable as long as its planes: they do
 * not pin it themselves.
 */
export interface Tile {
  readonly frame: Frame;
  readonly data: Buffer[];
  readonly linesize: number[];
  readonly size: Size;
}

/** Reuses the native frame handles of tiles; pictures come and go hundreds of times a second. */
export class TilePool {
  readonly #free: Frame[] = [];
  #taken = 0;

  /** Tiles that are out now. */
  get taken(): number {
    return this.#taken;
  }

  /** An empty frame for a picture to come. */
  frame(): Frame {
    this.#taken += 1;
    const reused = this.#free.pop();
    if (reused) return reused;
    const frame = new Frame();
    frame.alloc();
    return frame;
  }

  /** Makes a tile of the `crop` part of the yuv420p picture in `frame`, which came from {@link TilePool.frame}. */
  tile(frame: Frame, crop: Rect): Tile {
    const planes = { data: present('picture planes', frame.data), linesize: frame.linesize };
    return { frame, data: planesAt(planes, crop.left, crop.top), linesize: planes.linesize, size: crop };
  }

  /** Takes a frame back; nothing of its picture may be used afterwards. */
  give(frame: Frame): void {
    this.#taken -= 1;
    frame.unref();
    this.#free.push(frame);
  }

  /** Frees the handles that are not out. */
  close(): void {
    for (const frame of this.#free) frame.free();
    this.#free.length = 0;
  }
}
