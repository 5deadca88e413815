import { aacFrameSamples, openAacEncoder, type AacEncoder } from '../codec/aac-encoder.ts';
import { Resampler } from '../codec/resampler.ts';
import type { AudioFormat, AudioPacket } from '../segment/segment-writer.ts';
import { micros, type Micros } from '../units.ts';

/** How the mix's sound is coded; `bitrate` in bits per second. */
export interface SoundFormat {
  readonly sampleRate: AudioFormat['sampleRate'];
  readonly channels: 1 | 2;
  readonly bitrate: number;
}

/**
 * 48 kHz blocks of any length to AAC packets with absolute times. The first packet would carry the encoder's run-in
 * from before the file begins; it is left out, so that sample 0 of the input plays at the origin.
 */
export class SoundEncoder {
  readonly #aac: AacEncoder;
  readonly #resampler: Resampler | undefined;
  readonly #rate: number;
  readonly #origin: Micros;
  readonly #frame: readonly Float32Array[];
  #filled = 0;
  #packets = -1;

  /** Takes over an opened encoder; use {@link openSoundEncoder}. `origin` is the recording time of the first sample. */
  constructor(aac: AacEncoder, format: SoundFormat, origin: Micros) {
    this.#aac = aac;
    this.#rate = format.sampleRate;
    this.#resampler = format.sampleRate === 48_000 ? undefined : new Resampler(format.sampleRate, format.channels);
    this.#origin = origin;
    this.#frame = Array.from({ length: format.channels }, () => new Float32Array(aacFrameSamples));
  }

  /** How the packets are coded. */
  get format(): AudioFormat {
    return this.#aac.format;
  }

  /** Takes the next samples of every channel, at most 5760; gives what packets they complete. */
  encode(block: readonly Float32Array[]): AudioPacket[] {
    const planes = this.#resampler ? this.#resampler.convert(block) : block;
    const packets: AudioPacket[] = [];
    const length = planes[0]?.length ?? 0;
    for (let taken = 0; taken < length;) {
      const count = Math.min(length - taken, aacFrameSamples - this.#filled);
      this.#frame.forEach((plane, i) => plane.set(planes[i]!.subarray(taken, taken + count), this.#filled));
      this.#filled += count;
      taken += count;
      if (this.#filled === aacFrameSamples) this.#push(this.#encodeFrame(), packets);
    }
    return packets;
  }

  /** Fills the last frame with silence and gives the rest. Only {@link SoundEncoder.close} may follow. */
  finish(): AudioPacket[] {
    const packets: AudioPacket[] = [];
    if (this.#filled > 0) {
      for (const plane of this.#frame) plane.fill(0, this.#filled);
      this.#push(this.#encodeFrame(), packets);
    }
    for (const data of this.#aac.finish()) this.#push(data, packets);
    return packets;
  }

  /** Frees encoder and resampler. Idempotent. */
  close(): void {
    this.#aac.close();
    this.#resampler?.close();
  }

  #encodeFrame(): Uint8Array | undefined {
    this.#filled = 0;
    const silent = this.#frame.every((plane) => plane.every((sample) => sample === 0));
    return silent ? this.#aac.encodeSilence() : this.#aac.encode(this.#frame);
  }

  #push(data: Uint8Array | undefined, packets: AudioPacket[]): void {
    if (!data) return;
    const index = this.#packets;
    this.#packets += 1;
    if (index < 0) return;
    const pts = this.#timeOf(index);
    packets.push({ pts, duration: micros(this.#timeOf(index + 1) - pts), data });
  }

  #timeOf(frame: number): Micros {
    return micros(this.#origin + Math.round((frame * aacFrameSamples * 1_000_000) / this.#rate));
  }
}

/** Opens an encoder. @throws NativeError when the library refuses the format. */
export async function openSoundEncoder(format: SoundFormat, origin: Micros): Promise<SoundEncoder> {
  return new SoundEncoder(await openAacEncoder(format), format, origin);
}
