import { AudioPlacer, samplesToMicros, stretchPcm, type SilenceRun } from '../timeline/audio-placer.ts';
import type { AudioUnit } from '../timeline/media.ts';
import { wallUs, type WallUs } from '../units.ts';
import type { DecodedSound } from './opus-decoder.ts';
import type { OpusVoice } from './opus-voice.ts';

/** RFC 6464: a muted microphone sends −127 dBov. */
export const silentLevel = 127;

/** The next stretch of the grid. It is silent where there are no planes; `gapBefore` silent samples come before it. */
export interface LaidSound {
  readonly start: number;
  readonly gapBefore: number;
  readonly samples: number;
  readonly planes: readonly Float32Array[] | undefined;
}

/** Takes what a lane lays; the planes are valid within the call only. */
export type Lay = (laid: LaidSound) => void;

/** Counters of a lane, in Opus packets. */
export interface SoundLaneStats {
  /** Their place was taken already when they came. */
  late: number;
  /** Lost ones whose place was filled with what the sound before suggests. */
  concealed: number;
  /** Lost ones that were had from the redundancy in the next. */
  recovered: number;
}

/** What a {@link SoundLane} is made of. */
export interface SoundLaneOptions {
  /** Wall time of sample 0. */
  readonly zero: WallUs;
  /** Owned from here on. */
  readonly voice: OpusVoice;
}

/** One voice on the sample grid of a recording: packets come in, stretches of the grid go out, in order. */
export class SoundLane {
  readonly stats: SoundLaneStats = { late: 0, concealed: 0, recovered: 0 };
  readonly #zero: WallUs;
  readonly #voice: OpusVoice;
  readonly #placer: AudioPlacer;
  #lastSamples = 0;

  constructor({ zero, voice }: SoundLaneOptions) {
    this.#zero = zero;
    this.#voice = voice;
    this.#placer = new AudioPlacer({ zero, stretch: true });
  }

  /** Packets that did not decode. */
  get broken(): number {
    return this.#voice.broken;
  }

  /** Lays the next packet at `at`, and before it what was lost as far as it can be mended. */
  push(unit: AudioUnit, at: WallUs, lay: Lay): void {
    if (unit.lost) this.#mend(unit, unit.lost, at, lay);
    const silent = unit.level === silentLevel;
    const sound = this.#voice.decode(unit.data, silent);
    this.#lay(sound, unit.samples, at, lay, silent);
    this.#lastSamples = unit.samples;
  }

  /** Takes the grid up to `until` as silence and tells which samples that are. */
  fill(until: WallUs): SilenceRun {
    return this.#placer.fill(until);
  }

  /** The next packet comes from another encoder. */
  reset(): void {
    this.#lastSamples = 0;
    this.#voice.reset();
  }

  /** Frees the decoder. Idempotent. */
  close(): void {
    this.#voice.close();
  }

  /**
   * Conceals from the last sound on; the last of the lost packets may be in the next one, but only where they fill the
   * whole gap: a pause among them would put it in a wrong place.
   */
  #mend(unit: AudioUnit, lost: number, at: WallUs, lay: Lay): void {
    const length = this.#lastSamples;
    const free = this.#placer.freeBefore(at) / length;
    // Right after sound, what is not a whole packet is the clocks' difference and stays to be stretched away.
    const packets = this.#placer.afterSilence ? Math.floor(free) : Math.round(free);
    if (length === 0 || packets < 1) return;
    const recovers = lost >= packets && this.#voice.canRecover(unit.data);
    const before = wallUs(at - (recovers ? samplesToMicros(length) : 0));
    this.#conceal(Math.min(lost, packets) - (recovers ? 1 : 0), lay);
    if (this.#placer.freeBefore(before) >= length / 2) this.#leaveHole(before, lay);
    if (recovers) this.#recover(unit, before, lay);
  }

  #conceal(packets: number, lay: Lay): void {
    if (this.#placer.afterSilence) return;
    for (let left = packets; left > 0; left -= 1) {
      const sound = this.#voice.conceal();
      if (!sound) return;
      this.stats.concealed += 1;
      this.#lay(sound, sound.samples, wallUs(this.#zero + samplesToMicros(this.#placer.position)), lay);
    }
  }

  #leaveHole(until: WallUs, lay: Lay): void {
    const { start, samples } = this.#placer.fill(until);
    lay({ start, gapBefore: 0, samples, planes: undefined });
    this.#voice.breakOff();
  }

  #recover(unit: AudioUnit, at: WallUs, lay: Lay): void {
    const sound = this.#voice.recover(unit.data);
    if (!sound) return;
    this.stats.recovered += 1;
    this.#lay(sound, sound.samples, at, lay);
  }

  #lay(sound: DecodedSound | undefined, samples: number, at: WallUs, lay: Lay, silent = false): void {
    const { start, gapBefore, skip, stretch } = this.#placer.place(at, samples, silent);
    if (skip === samples) this.stats.late += 1;
    const planes = sound && skip < samples ? fitted(sound, skip, samples, stretch) : undefined;
    lay({ start, gapBefore, samples: samples - skip + stretch, planes });
  }
}

function fitted(sound: DecodedSound, skip: number, samples: number, stretch: number): readonly Float32Array[] {
  return sound.planes.map((plane) => {
    const kept = plane.length < samples ? padded(plane, samples) : plane;
    return stretchPcm(kept.subarray(skip, samples), stretch);
  });
}

/** A packet that gives less than it said still takes its time. */
function padded(plane: Float32Array, samples: number): Float32Array {
  const whole = new Float32Array(samples);
  whole.set(plane);
  return whole;
}
