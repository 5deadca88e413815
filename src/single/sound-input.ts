import { SoundLane, type Lay, type SoundLaneStats } from '../codec/sound-lane.ts';
import { OpusVoice } from '../codec/opus-voice.ts';
import type { OpusDecoder } from '../codec/opus-decoder.ts';
import { microsToSamples } from '../timeline/audio-placer.ts';
import type { AudioUnit } from '../timeline/media.ts';
import type { WallUs } from '../units.ts';
import type { SoundTrack } from './sound-track.ts';

/** What a {@link SoundInput} is made of. It owns the decoder, not the track. */
export interface SoundInputOptions {
  readonly zero: WallUs;
  readonly channels: 1 | 2;
  readonly decoder: OpusDecoder;
  readonly track: SoundTrack;
}

/** An anchor's Opus packets, laid on the sample grid of the recording and decoded; silence where there are none. */
export class SoundInput {
  readonly #zero: WallUs;
  readonly #track: SoundTrack;
  readonly #lane: SoundLane;
  readonly #lay: Lay;
  #begun = false;

  /** Nothing is written before {@link SoundInput.begin}. */
  constructor({ zero, channels, decoder, track }: SoundInputOptions) {
    this.#zero = zero;
    this.#track = track;
    this.#lane = new SoundLane({ zero, voice: new OpusVoice(channels, decoder) });
    this.#lay = ({ gapBefore, samples, planes }) => {
      track.silence(gapBefore);
      if (planes) track.push(planes);
      else track.silence(samples);
    };
  }

  /** `broken`: packets that did not decode. */
  stats(): SoundLaneStats & { broken: number } {
    return { ...this.#lane.stats, broken: this.#lane.broken };
  }

  /** Starts the track at that moment; the first call counts. */
  begin(at: WallUs): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#lane.fill(at);
    this.#track.begin(microsToSamples(at - this.#zero));
  }

  /** Takes one packet. */
  push(unit: AudioUnit): void {
    this.#lane.push(unit, unit.at, this.#lay);
  }

  /** Writes silence for what has not come until `until`. */
  fill(until: WallUs): void {
    if (this.#begun) this.#track.silence(this.#lane.fill(until).samples);
  }

  /** The next packet comes from another encoder. */
  reset(): void {
    this.#lane.reset();
  }

  /** Frees the decoder. Idempotent. */
  close(): void {
    this.#lane.close();
  }
}
