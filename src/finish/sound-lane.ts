import { aacFrameSamples } from '../codec/aac-encoder.ts';
import { transportRate } from '../segment/transport-time.ts';

/** What a {@link SoundLane} is made of. */
export interface SoundLaneOptions {
  readonly sampleRate: number;
  /** One AAC frame of silence in the file's coding. */
  readonly silentPacket: Uint8Array;
  /** End of the file, in samples. */
  readonly end: number;
  readonly sink: (start: number, samples: number, data: Uint8Array) => void;
}

/** Stamps in the segments are rounded to 90 kHz and to microseconds before. */
const roundingSamples = 2;
/** Frames from just before the file's zero: the decoder needs them, the edit list hides them. */
const prerollSamples = 2 * aacFrameSamples;

/**
 * Sound on its way into the file: frames on one grid of samples without overlap, silence in every gap, from the file's
 * zero to its end. A rest shorter than a frame is left to the frame before it.
 */
export class SoundLane {
  readonly #options: SoundLaneOptions;
  #next: number | undefined;

  /** Nothing is written before the first frame. */
  constructor(options: SoundLaneOptions) {
    this.#options = options;
  }

  /** True once a frame was taken. */
  get wrote(): boolean {
    return this.#next !== undefined;
  }

  /** Samples of `ticks` (90 kHz) from the file's zero. */
  toSamples(ticks: number): number {
    return Math.round((ticks * this.#options.sampleRate) / transportRate);
  }

  /** Takes the next frame, which begins at sample `start`. */
  push(start: number, data: Uint8Array): void {
    if (start < -prerollSamples || start >= this.#options.end) return;
    if (this.#next === undefined) this.#next = start > 0 ? start % aacFrameSamples : start;
    const gap = start - this.#next;
    if (gap < -roundingSamples) return;
    for (let k = Math.floor((gap + roundingSamples) / aacFrameSamples); k > 0; k -= 1) this.#silence();
    this.#write(Math.abs(start - this.#next) <= roundingSamples ? this.#next : start, data);
  }

  /** Fills up to the file's end. */
  finish(): void {
    while (this.#next !== undefined && this.#next + roundingSamples < this.#options.end) this.#silence();
  }

  #silence(): void {
    this.#write(this.#next!, this.#options.silentPacket);
  }

  #write(start: number, data: Uint8Array): void {
    this.#next = start + aacFrameSamples;
    this.#options.sink(start, aacFrameSamples, data);
  }
}
