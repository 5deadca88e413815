import { aacFrameSamples, type AacEncoder } from '../codec/aac-encoder.ts';
import { Resampler } from '../codec/resampler.ts';
import type { AudioPacket } from '../segment/segment-writer.ts';
import { micros } from '../units.ts';

/** What a {@link SoundTrack} is made of. It owns the encoder. */
export interface SoundTrackOptions {
  readonly encoder: AacEncoder;
  /** Gets the coded sound in order; times are from the recording's zero. */
  readonly sink: (packet: AudioPacket) => void;
}

const inputRate = 48_000;
const blockSamples = 960;
const silentBlock = new Float32Array(blockSamples);

/** Silence longer than this (48 kHz samples) is left out of the track; whoever makes a file of it puts it back. */
const longestWrittenSilence = 10 * inputRate;

// The packet of a call decodes to the frame of two calls before.
const labelDelay = 2;

const greatestDivisor = (a: number, b: number): number => (b === 0 ? a : greatestDivisor(b, a % b));

/** Whole frames at `rate` that are a whole number of 48 kHz samples, so that leaving them out rounds nothing. */
const exactFrames = (rate: number): number => rate / greatestDivisor(rate, inputRate * aacFrameSamples);

/**
 * Continuous sound at 48 kHz, cut into AAC frames that lie on a grid counted from the recording's zero: frame k holds
 * the samples from 1024·k, whichever epoch wrote it.
 */
export class SoundTrack {
  readonly #encoder: AacEncoder;
  readonly #sink: (packet: AudioPacket) => void;
  readonly #resampler: Resampler | undefined;
  readonly #frame: readonly Float32Array[];
  readonly #silence: readonly Float32Array[];
  #filled = 0;
  #loud = false;
  #next = 0;
  #started = false;

  /** Nothing is written before {@link SoundTrack.begin}. */
  constructor(options: SoundTrackOptions) {
    const { channels, sampleRate } = options.encoder.format;
    this.#encoder = options.encoder;
    this.#sink = options.sink;
    this.#resampler = sampleRate === inputRate ? undefined : new Resampler(sampleRate, channels);
    this.#frame = Array.from({ length: channels }, () => new Float32Array(aacFrameSamples));
    this.#silence = Array.from({ length: channels }, () => silentBlock);
  }

  /** Starts at sample `at` (48 kHz, from zero), silent back to the start of the frame that it falls into. */
  begin(at: number): void {
    const { sampleRate } = this.#encoder.format;
    this.#next = Math.floor((at * sampleRate) / inputRate / aacFrameSamples);
    this.#started = true;
    this.silence(at - Math.round((this.#next * aacFrameSamples * inputRate) / sampleRate));
  }

  /** Appends sound, one plane per channel; at most 120 ms. */
  push(planes: readonly Float32Array[]): void {
    if (this.#started) this.#take(this.#resampler ? this.#resampler.convert(planes) : planes, true);
  }

  /** Appends silent samples (48 kHz). */
  silence(samples: number): void {
    if (!this.#started) return;
    let left = samples;
    if (left > longestWrittenSilence) left = this.#leaveOut(left);
    for (; left > 0; left -= blockSamples) this.#silentBlock(Math.min(left, blockSamples));
  }

  /** Ends the track with what the encoder still holds. Idempotent. */
  close(): void {
    if (this.#started) {
      // Pushes out what the resampler still holds.
      if (this.#resampler) this.silence(blockSamples);
      if (this.#filled > 0) this.#endFrame();
      let label = this.#next - labelDelay;
      for (const data of this.#encoder.finish()) this.#emit(label++, data);
    }
    this.#started = false;
    this.#encoder.close();
    this.#resampler?.close();
  }

  #silentBlock(samples: number): void {
    const planes = this.#silence.map((plane) => plane.subarray(0, samples));
    if (this.#resampler) this.#take(this.#resampler.convert(planes), true);
    else this.#take(planes, false);
  }

  /** Lets the encoder settle on silence, then skips whole frames. Gives what is left to be written. */
  #leaveOut(samples: number): number {
    const { sampleRate } = this.#encoder.format;
    let left = samples;
    for (; !this.#encoder.settled && left > blockSamples; left -= blockSamples) this.#silentBlock(blockSamples);
    const step = exactFrames(sampleRate);
    const stepSamples = (step * aacFrameSamples * inputRate) / sampleRate;
    const steps = Math.floor(left / stepSamples);
    this.#next += steps * step;
    return left - steps * stepSamples;
  }

  #take(planes: readonly Float32Array[], mayBeLoud: boolean): void {
    const length = planes[0]?.length ?? 0;
    for (let from = 0; from < length;) {
      const count = Math.min(length - from, aacFrameSamples - this.#filled);
      this.#fill(planes, from, count, mayBeLoud);
      from += count;
      if (this.#filled === aacFrameSamples) this.#endFrame();
    }
  }

  #fill(planes: readonly Float32Array[], from: number, count: number, mayBeLoud: boolean): void {
    for (const [channel, frame] of this.#frame.entries()) {
      const part = planes[channel]!.subarray(from, from + count);
      frame.set(part, this.#filled);
      if (mayBeLoud && !this.#loud) this.#loud = part.some((sample) => sample !== 0);
    }
    this.#filled += count;
  }

  #endFrame(): void {
    if (this.#filled < aacFrameSamples) for (const plane of this.#frame) plane.fill(0, this.#filled);
    const data = this.#loud ? this.#encoder.encode(this.#frame) : this.#encoder.encodeSilence();
    if (data) this.#emit(this.#next - labelDelay, data);
    this.#next += 1;
    this.#filled = 0;
    this.#loud = false;
  }

  #emit(frame: number, data: Uint8Array): void {
    const { sampleRate } = this.#encoder.format;
    const stamp = (k: number): number => Math.round((k * aacFrameSamples * 1e6) / sampleRate);
    this.#sink({ pts: micros(stamp(frame)), duration: micros(stamp(frame + 1) - stamp(frame)), data });
  }
}
