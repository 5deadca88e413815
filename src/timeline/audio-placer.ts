import { micros, type Micros, type WallUs } from '../units.ts';

/** The grid of every recording's sound before its encoder: samples per second. */
export const GRID_RATE = 48_000;

/** How a placer treats small differences between a unit's wall time and the grid. */
export interface AudioPlacerOptions {
  /** The recording's absolute start; sample 0 sounds at this moment. */
  readonly zero: WallUs;
  /** Largest difference left as it is, in samples of 48 kHz; 960 (20 ms) by default. */
  readonly toleranceSamples?: number;
  /**
   * Set when the caller honours {@link Placement.stretch}: small differences are then worked off a few samples a unit
   * and never grow to the tolerance. False by default, `stretch` is then always 0.
   */
  readonly stretch?: boolean;
}

/** Where one decoded unit lies. It covers `samples − skip + stretch` samples of the grid from `start`. */
export interface Placement {
  /** Index from the recording's zero of the first sample that is kept. */
  readonly start: number;
  /** Silence to insert right before `start`; it closes the grid to what was placed last. */
  readonly gapBefore: number;
  /** Leading samples of the unit to drop because their place is taken; equal to the unit's length when all of it is late. */
  readonly skip: number;
  /** Samples to add (or, negative, remove) by resampling the kept part, see `stretchPcm`; at most 0.5 % of it. */
  readonly stretch: number;
}

/** A run of silence on the grid. */
export interface SilenceRun {
  readonly start: number;
  readonly samples: number;
}

/** Microseconds since the recording's zero to the nearest sample of the grid. */
export const microsToSamples = (us: number): number => Math.round((us * 48) / 1000);
/** Index of a sample to microseconds since the recording's zero, rounded from the absolute index. */
export const samplesToMicros = (samples: number): Micros => micros(Math.round((samples * 1000) / 48));

const DEFAULT_TOLERANCE = 960;
/** In silence a correction is not heard, so 2 ms are enough to make one. */
const QUIET_TOLERANCE = 96;
/** Below half a millisecond stretching would only follow rounding. */
const STRETCH_FROM = 24;

/**
 * Lays units of sound on the sample grid of one recording so that the grid has no hole and no overlap and its distance
 * from wall time stays within the tolerance for as long as the recording lasts (design §3.1). Pure.
 */
export class AudioPlacer {
  readonly #zero: WallUs;
  readonly #tolerance: number;
  readonly #stretches: boolean;
  #next = 0;
  /** What lies before `#next` is silence, so the next unit can take its exact place. */
  #afterSilence = true;

  constructor(options: AudioPlacerOptions) {
    this.#zero = options.zero;
    this.#tolerance = options.toleranceSamples ?? DEFAULT_TOLERANCE;
    this.#stretches = options.stretch ?? false;
  }

  /** First sample that nothing was placed on yet. */
  get position(): number {
    return this.#next;
  }

  /** Whether what lies right before the position is silence that was put there. */
  get afterSilence(): boolean {
    return this.#afterSilence;
  }

  /** Samples between what was placed last and `at`; negative when that place is taken. */
  freeBefore(at: WallUs): number {
    return microsToSamples(at - this.#zero) - this.#next;
  }

  /**
   * Places a unit that sounds at `at` and decodes to `samples`. `quiet` says that it is silent (RFC 6464 level 127, or
   * DTX), so that a difference can be corrected where nobody hears it.
   */
  place(at: WallUs, samples: number, quiet = false): Placement {
    const off = this.freeBefore(at);
    const tolerance = quiet ? Math.min(QUIET_TOLERANCE, this.#tolerance) : this.#tolerance;
    const exact = off > tolerance || (this.#afterSilence && off > 0);
    const gapBefore = exact ? off : 0;
    const skip = off < -tolerance ? Math.min(samples, -off) : 0;
    const stretch = exact || skip > 0 ? 0 : this.#stretchFor(off, samples);
    const start = this.#next + gapBefore;
    this.#next = start + samples - skip + stretch;
    if (skip < samples) this.#afterSilence = false;
    return { start, gapBefore, skip, stretch };
  }

  /** Takes the grid up to `until` as silence and tells which samples that are; none when sound is already there. */
  fill(until: WallUs): SilenceRun {
    const start = this.#next;
    const samples = Math.max(0, microsToSamples(until - this.#zero) - start);
    this.#next += samples;
    if (samples > 0) this.#afterSilence = true;
    return { start, samples };
  }

  #stretchFor(off: number, samples: number): number {
    if (!this.#stretches || Math.abs(off) < STRETCH_FROM) return 0;
    const most = Math.floor(samples / 200);
    const wanted = Math.trunc(off / 16) || Math.sign(off);
    return Math.max(-most, Math.min(most, wanted));
  }
}

/**
 * Resamples one unit of PCM (interleaved when `channels` is more than 1) to `by` samples a channel more or less, along
 * cubics through the samples. The first and the last sample stay as they are, so neighbouring units still join without
 * a click.
 */
export function stretchPcm(pcm: Float32Array, by: number, channels = 1): Float32Array {
  const from = Math.floor(pcm.length / channels);
  const to = from + by;
  if (by === 0 || from < 3 || to < 2) return pcm;
  const out = new Float32Array(to * channels);
  for (let i = 0; i < to; i++) {
    const position = (i * (from - 1)) / (to - 1);
    const left = Math.min(Math.floor(position), from - 2);
    for (let c = 0; c < channels; c++) out[i * channels + c] = between(pcm, left, position - left, channels, c);
  }
  return out;
}

/** A point between frames `left` and `left + 1` of one channel (Catmull-Rom); beyond the ends the sound goes straight on. */
function between(pcm: Float32Array, left: number, weight: number, channels: number, channel: number): number {
  const at = left * channels + channel;
  const b = pcm[at] ?? 0;
  const c = pcm[at + channels] ?? 0;
  const a = pcm[at - channels] ?? 2 * b - c;
  const d = pcm[at + 2 * channels] ?? 2 * c - b;
  const bend = weight * (3 * (b - c) + d - a) + 2 * a - 5 * b + 4 * c - d;
  return b + 0.5 * weight * (c - a + weight * bend);
}
