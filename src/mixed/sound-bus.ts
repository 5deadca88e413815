import { limiterBlock } from './limiter.ts';

/** Two seconds of blocks: a window and the longest Opus packet fit with room to spare. */
const capacity = 400 * limiterBlock;

/**
 * The sum of all voices on the 48 kHz grid, from the next sample to be coded to two seconds on. Pure.
 */
export class SoundBus {
  readonly #planes: readonly Float32Array[];
  #position: number;
  readonly #origin: number;

  /** `position` is the index from the recording's zero of the first sample that will be taken. */
  constructor(channels: number, position: number) {
    this.#planes = Array.from({ length: channels }, () => new Float32Array(capacity));
    this.#position = position;
    this.#origin = position;
  }

  /** Index of the first sample that was not taken. */
  get position(): number {
    return this.#position;
  }

  /** Adds a voice from `start` on; what is already taken or too far ahead is left out. Gives the samples left out. */
  add(start: number, voice: readonly Float32Array[]): number {
    const length = voice[0]?.length ?? 0;
    const from = Math.min(length, Math.max(0, this.#position - start));
    const to = Math.max(from, Math.min(length, this.#position + capacity - start));
    voice.forEach((samples, channel) => this.#sum(this.#planes[channel]!, samples, start - this.#origin, from, to));
    return length - (to - from);
  }

  /** Moves the next block into `block`. */
  take(block: readonly Float32Array[]): void {
    const offset = (this.#position - this.#origin) % capacity;
    this.#planes.forEach((plane, channel) => {
      const part = plane.subarray(offset, offset + limiterBlock);
      block[channel]!.set(part);
      part.fill(0);
    });
    this.#position += limiterBlock;
  }

  #sum(plane: Float32Array, samples: Float32Array, start: number, from: number, to: number): void {
    const at = (start + from) % capacity;
    const wrap = Math.min(to, from + capacity - at);
    addInto(plane, at, samples, from, wrap);
    addInto(plane, 0, samples, wrap, to);
  }
}

function addInto(plane: Float32Array, at: number, samples: Float32Array, from: number, to: number): void {
  const offset = at - from;
  for (let i = from; i < to; i++) plane[i + offset] = plane[i + offset]! + samples[i]!;
}
