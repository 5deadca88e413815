import type { OpusDecoder } from '../codec/opus-decoder.ts';
import { AudioPlacer, microsToSamples, stretchPcm } from '../timeline/audio-placer.ts';
import type { AudioUnit } from '../timeline/media.ts';
import type { WallUs } from '../units.ts';
import type { SoundTrack } from './sound-track.ts';

/** What a {@link SoundInput} is made of. It owns the decoder, not the track. */
export interface SoundInputOptions {
  readonly zero: WallUs;
  readonly decoder: OpusDecoder;
  readonly track: SoundTrack;
}

// RFC 6464: a muted microphone sends −127 dBov.
const silentLevel = 127;

/** Silent packets that are still decoded, so that the sound before them fades as the sender meant it to. */
const fadingPackets = 3;

/** An anchor's Opus packets, laid on the sample grid of the recording and decoded; silence where there are none. */
export class SoundInput {
  readonly #zero: WallUs;
  readonly #decoder: OpusDecoder;
  readonly #track: SoundTrack;
  readonly #placer: AudioPlacer;
  #begun = false;
  #silentRun = 0;
  #undecoded: Uint8Array | undefined;
  #late = 0;

  /** Nothing is written before {@link SoundInput.begin}. */
  constructor(options: SoundInputOptions) {
    this.#zero = options.zero;
    this.#decoder = options.decoder;
    this.#track = options.track;
    this.#placer = new AudioPlacer({ zero: options.zero, stretch: true });
  }

  /** `late`: units whose place was silent already when they came; `broken`: packets that did not decode. */
  stats(): { late: number; broken: number } {
    return { late: this.#late, broken: this.#decoder.stats().broken };
  }

  /** Starts the track at that moment; the first call counts. */
  begin(at: WallUs): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#placer.fill(at);
    this.#track.begin(microsToSamples(at - this.#zero));
  }

  /** Takes one packet. */
  push(unit: AudioUnit): void {
    const quiet = unit.level === silentLevel;
    const { gapBefore, skip, stretch } = this.#placer.place(unit.at, unit.samples, quiet);
    this.#track.silence(gapBefore);
    this.#silentRun = quiet ? this.#silentRun + 1 : 0;
    if (skip === unit.samples) this.#late += 1;
    if (this.#silentRun > fadingPackets) this.#skipDecoding(unit.data, unit.samples - skip + stretch);
    else this.#decode(unit, skip, stretch);
  }

  /** Writes silence for what has not come until `until`. */
  fill(until: WallUs): void {
    if (this.#begun) this.#track.silence(this.#placer.fill(until).samples);
  }

  /** The next packet comes from another encoder. */
  reset(): void {
    this.#undecoded = undefined;
    this.#decoder.reset();
  }

  /** Frees the decoder. Idempotent. */
  close(): void {
    this.#decoder.close();
  }

  #skipDecoding(data: Uint8Array, samples: number): void {
    this.#undecoded = data;
    this.#track.silence(samples);
  }

  #decode(unit: AudioUnit, skip: number, stretch: number): void {
    // The decoder's memory must be of the silence just before this packet, not of the last words before it.
    if (this.#undecoded) this.#decoder.decode(this.#undecoded);
    this.#undecoded = undefined;
    const sound = this.#decoder.decode(unit.data);
    const wanted = unit.samples - skip;
    const kept = sound && wanted > 0 ? sound.planes.map((plane) => plane.subarray(skip, skip + wanted)) : [];
    const got = kept[0]?.length ?? 0;
    if (got > 0) this.#track.push(stretch === 0 ? kept : kept.map((plane) => stretchPcm(plane, stretch)));
    // A packet that was broken, or shorter than it said, still takes its time.
    this.#track.silence(got > 0 ? wanted - got : wanted + stretch);
  }
}
