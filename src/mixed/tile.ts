import { Frame } from 'node-av/lib';
import type { Rect } from '../layout/rect.ts';

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

/** A picture that is ready to be drawn at its size: the `crop` part of a native yuv420p frame. */
export interface Tile {
  readonly frame: Frame;
  /** Even in all four numbers. */
  readonly crop: Rect;
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
