import { MARK_US } from './pattern-areas.ts';

/** Rate of everything the synthetic anchor says. */
export const SOUND_RATE = 48_000;

const BEEP_SAMPLES = (MARK_US * SOUND_RATE) / 1_000_000;
/** One millisecond of ramp at both ends keeps the beep from clicking over the whole band. */
const RAMP = 48;
const LOUDNESS = 0.5;

/**
 * Sound of the pattern as interleaved stereo floats: a tone for the first 100 ms of every whole wall second.
 * `first` counts samples at 48 kHz since the epoch, so that the sound of any instant is the same whoever asks.
 */
export function patternSound(first: number, count: number, hz: number): Float32Array {
  const out = new Float32Array(count * 2);
  for (let n = 0; n < count; n += 1) {
    const value = beepAt((first + n) % SOUND_RATE, hz);
    out[n * 2] = value;
    out[n * 2 + 1] = value;
  }
  return out;
}

function beepAt(phase: number, hz: number): number {
  if (phase >= BEEP_SAMPLES) return 0;
  const ramp = Math.min(1, (phase + 1) / RAMP, (BEEP_SAMPLES - phase) / RAMP);
  return LOUDNESS * ramp * Math.sin((2 * Math.PI * hz * phase) / SOUND_RATE);
}

/** Level of a block as RFC 6464 §3 wants it: 0 loud … 127 silent, in −dBov. */
export function soundLevel(samples: Float32Array): number {
  let power = 0;
  for (const value of samples) power += value * value;
  const mean = power / Math.max(1, samples.length);
  return mean === 0 ? 127 : Math.min(127, Math.max(0, Math.round(-10 * Math.log10(mean))));
}
