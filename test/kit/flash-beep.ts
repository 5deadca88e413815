import type { SoundTrack } from './sound-track.ts';
import type { Rect, VideoFrames } from './video-frames.ts';

/** A flash of the pattern as the file shows it. */
export interface Flash {
  /** Presentation time of the first bright picture. */
  readonly onsetUs: number;
  /** Until the first dark picture. */
  readonly durationUs: number;
}

/** A beep of the pattern as the file sounds it. */
export interface Beep {
  /** Where the tone's amplitude passes half of its plateau; good to a millisecond. */
  readonly onsetUs: number;
  readonly durationUs: number;
  /** Peak amplitude of the tone, 1 is full scale. */
  readonly amplitude: number;
}

/** Offsets of beeps against their flashes; positive when the sound is late. */
export interface AvOffsets {
  readonly offsetsUs: readonly number[];
  readonly medianUs: number;
  /** The largest by amount. */
  readonly worstUs: number;
  /** Flashes without a beep within half a second. */
  readonly unpaired: number;
}

/**
 * Finds where a rectangle turns bright. A flash is above the middle between the darkest and the brightest mean luma,
 * provided that they are at least 40 apart; one that is on in the first picture has no known onset and is left out.
 */
export function findFlashes({ frames }: VideoFrames, rect: Rect): Flash[] {
  const lumas = frames.map((frame) => frame.luma(rect));
  const low = lumas.reduce((a, b) => Math.min(a, b), 255);
  const high = lumas.reduce((a, b) => Math.max(a, b), 0);
  if (high - low < 40) return [];
  const bright = lumas.map((luma) => luma > (low + high) / 2);
  const flashes: Flash[] = [];
  for (const [index, frame] of frames.entries()) {
    if (index === 0 || !bright[index] || bright[index - 1]) continue;
    const dark = bright.indexOf(false, index);
    const end = frames[dark < 0 ? frames.length - 1 : dark]!;
    flashes.push({ onsetUs: frame.ptsUs, durationUs: end.ptsUs - frame.ptsUs });
  }
  return flashes;
}

/** How a beep is told from the rest. */
export interface BeepOptions {
  /** Amplitude below which there is no beep; 0.03. */
  readonly threshold?: number;
  /** Shortest beep, 30 ms: shorter bursts are clicks. */
  readonly minimumMs?: number;
}

/** Ten milliseconds: tones 100 Hz apart do not see each other, and the half-amplitude point is still exact. */
const WINDOW_MS = 10;

/**
 * Finds tones of one frequency (a multiple of 100 Hz) by a Goertzel filter moved on by one millisecond at a time. The
 * amplitude rises linearly while the window enters a tone, so that it is half of the plateau when the window's centre is
 * at the onset. A tone that sounds from the very first window has no known onset and is left out.
 */
export function findBeeps(track: SoundTrack, hz: number, options: BeepOptions = {}): Beep[] {
  const { threshold = 0.03, minimumMs = 30 } = options;
  const amplitudes = toneAmplitudes(track, hz);
  const backwards = amplitudes.toReversed();
  const last = amplitudes.length - 1;
  const at = (index: number): number => track.startUs + index * 1000 + WINDOW_MS * 500;
  const beeps: Beep[] = [];
  for (let index = 0; index < amplitudes.length; index += 1) {
    if (amplitudes[index]! < threshold) continue;
    let end = index;
    while (end < amplitudes.length && amplitudes[end]! >= threshold) end += 1;
    const peak = plateau(amplitudes.subarray(index, end));
    const onset = crossing(amplitudes, index, end, peak / 2);
    const offset = last - crossing(backwards, last + 1 - end, last + 1 - index, peak / 2);
    if (index > 0 && offset - onset >= minimumMs)
      beeps.push({ onsetUs: Math.round(at(onset)), durationUs: Math.round((offset - onset) * 1000), amplitude: peak });
    index = end;
  }
  return beeps;
}

/** The tone's amplitude in windows of ten milliseconds, one for every millisecond from the track's start. */
export function toneAmplitudes({ samples, sampleRate }: SoundTrack, hz: number): Float32Array {
  const window = Math.round((sampleRate * WINDOW_MS) / 1000);
  const count = Math.max(0, Math.floor(((samples.length - window) * 1000) / sampleRate) + 1);
  const out = new Float32Array(count);
  for (let ms = 0; ms < count; ms += 1)
    out[ms] = goertzel(samples, Math.round((ms * sampleRate) / 1000), window, hz / sampleRate);
  return out;
}

/** Amplitude of a sine of `frequency` cycles a sample in a span of samples. */
export function goertzel(samples: Float32Array, from: number, count: number, frequency: number): number {
  const coefficient = 2 * Math.cos(2 * Math.PI * frequency);
  let before = 0;
  let last = 0;
  for (let n = from; n < from + count; n += 1) {
    const next = samples[n]! + coefficient * last - before;
    before = last;
    last = next;
  }
  return (2 * Math.sqrt(Math.max(0, last * last + before * before - coefficient * last * before))) / count;
}

/** The upper quartile is the plateau even when codec artefacts make a spike. */
function plateau(amplitudes: Float32Array): number {
  const sorted = amplitudes.toSorted();
  return sorted[Math.floor(sorted.length * 0.75)] ?? 0;
}

/** First place, to a fraction of a step, where the values pass `level` between two indices. */
function crossing(values: Float32Array, from: number, to: number, level: number): number {
  for (let index = from; index < to; index += 1) {
    if (values[index]! < level) continue;
    const before = index > 0 ? values[index - 1]! : 0;
    if (index === 0 || before >= level) return index;
    return index - 1 + (level - before) / (values[index]! - before);
  }
  return from;
}

/** Pairs each flash with the nearest beep within half a second. Throws when nothing pairs: there is no offset to speak of. */
export function avOffsets(flashes: readonly Flash[], beeps: readonly Beep[]): AvOffsets {
  const offsets: number[] = [];
  for (const flash of flashes) {
    const nearest = beeps
      .map((beep) => beep.onsetUs - flash.onsetUs)
      .reduce((a, b) => (Math.abs(b) < Math.abs(a) ? b : a), Infinity);
    if (Math.abs(nearest) <= 500_000) offsets.push(nearest);
  }
  if (offsets.length === 0)
    throw new Error(`None of ${flashes.length} flashes has one of ${beeps.length} beeps near it.`);
  const sorted = offsets.toSorted((a, b) => a - b);
  const worstUs = offsets.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0);
  return {
    offsetsUs: offsets,
    medianUs: sorted[Math.floor(sorted.length / 2)]!,
    worstUs,
    unpaired: flashes.length - offsets.length,
  };
}
