import { aacFrameSamples } from '../codec/aac-encoder.ts';
import { transportRate } from '../segment/transport-time.ts';

/** What a {@link SoundLane} is made of. */
export interface SoundLaneOptions {
  readonly sampleRate: number;
  /** One AAC frame of silence in the file's coding. */
  readonly silentPacket: Uint8Array;
  /** End of the file, in samples. */
  readonly end: number;
  /** The file says when each frame sounds; otherwise one follows on the other, and there is no sound before its zero. */
  readonly timed: boolean;
  /** The file has sound even if no frame comes. */
  readonly required: boolean;
  readonly sink: (start: number, samples: number, data: Uint8Array) => void;
}

/** Frames from just before the file's zero: the decoder needs them, the edit list hides them. */
const prerollSamples = 2 * aacFrameSamples;

/** How far, in samples, a frame may stand from its place. */
interface Slack {
  /** A frame that is late by so much has silence put in front of it. */
  readonly late: number;
  /** A frame that is early by so much is left out. */
  readonly early: number;
  /** The last frame may end so long before the file does. */
  readonly end: number;
}

/** Stamps in the segments are rounded to 90 kHz and to microseconds before. */
const roundingSamples = 2;
const timedSlack: Slack = { late: aacFrameSamples - roundingSamples, early: roundingSamples, end: roundingSamples };
/** Where frames have no stamps each stands within three quarters of a frame from its time, and no error adds to another. */
const untimedSlack: Slack = { late: 768, early: 768, end: aacFrameSamples / 2 };

/**
 * Sound on its way into the file: frames on one grid of samples without overlap, silence in every gap, from the file's
 * zero to its end. A rest shorter than a frame is left to the frame before it.
 */
export class SoundLane {
  readonly #options: SoundLaneOptions;
  readonly #slack: Slack;
  #next: number | undefined;

  /** Nothing is written before the first frame. */
  constructor(options: SoundLaneOptions) {
    this.#options = options;
    this.#slack = options.timed ? timedSlack : untimedSlack;
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
    const { timed, end } = this.#options;
    if (start < (timed ? -prerollSamples : -aacFrameSamples / 2) || start >= end) return;
    this.#next ??= this.#firstStart(start);
    const gap = start - this.#next;
    if (gap < -this.#slack.early || this.#isFull) return;
    const { late } = this.#slack;
    if (gap >= late) this.#rest(Math.floor((gap + aacFrameSamples - late) / aacFrameSamples));
    this.#write(!timed || Math.abs(start - this.#next) <= roundingSamples ? this.#next : start, data);
  }

  /** Fills up to the file's end. */
  finish(): void {
    if (this.#options.required) this.#next ??= 0;
    while (!this.#isFull) this.#write(this.#next!, this.#options.silentPacket);
  }

  /** The grid is that of the first frame where there are stamps, and begins with the file where there are none. */
  #firstStart(start: number): number {
    if (!this.#options.timed) return 0;
    return start > 0 ? start % aacFrameSamples : start;
  }

  get #isFull(): boolean {
    return this.#next === undefined || this.#next + this.#slack.end >= this.#options.end;
  }

  #rest(frames: number): void {
    for (let k = frames; k > 0; k -= 1) this.#write(this.#next!, this.#options.silentPacket);
  }

  #write(start: number, data: Uint8Array): void {
    this.#next = start + aacFrameSamples;
    this.#options.sink(start, Math.min(aacFrameSamples, Math.max(1, this.#options.end - start)), data);
  }
}
