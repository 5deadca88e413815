import { openAacEncoderNow, type AacEncoder } from '../codec/aac-encoder.ts';
import { openOpusDecoderNow, type OpusDecoder } from '../codec/opus-decoder.ts';
import type { AudioFormat, AudioPacket } from '../segment/segment-writer.ts';
import type { AudioUnit } from '../timeline/media.ts';
import type { WallUs } from '../units.ts';
import type { RecordingPlan } from '../worker-api/messages.ts';
import { SoundInput } from './sound-input.ts';
import { SoundTrack } from './sound-track.ts';

/** What one anchor's sound is decoded and coded with. */
export interface SoundCodecs {
  readonly encoder: AacEncoder;
  readonly decoder: OpusDecoder;
}

/** Opens both codecs at once; it takes about 0.3 ms. @throws NativeError when the library refuses the format. */
export function openSoundCodecs(audio: RecordingPlan['audio']): SoundCodecs {
  const encoder = openAacEncoderNow(audio);
  try {
    return { encoder, decoder: openOpusDecoderNow(audio.channels) };
  } catch (error) {
    encoder.close();
    throw error;
  }
}

/** Frees codecs that no {@link AnchorSound} has taken. */
export function closeSoundCodecs({ encoder, decoder }: SoundCodecs): void {
  encoder.close();
  decoder.close();
}

/** What an {@link AnchorSound} is made of. */
export interface AnchorSoundOptions {
  /** Wall time of the recording's zero, from which the grid of AAC frames is counted. */
  readonly zero: WallUs;
  /** Owned from here on. */
  readonly codecs: SoundCodecs;
  readonly sink: (packet: AudioPacket) => void;
}

/** An anchor's sound from Opus packets to AAC frames, for as long as the anchor is there. */
export class AnchorSound {
  readonly format: AudioFormat;
  readonly #input: SoundInput;
  readonly #track: SoundTrack;

  /** Begins at `at`: what comes before is not written, what does not come is silence from there on. */
  constructor({ zero, codecs, sink }: AnchorSoundOptions, at: WallUs) {
    this.format = codecs.encoder.format;
    this.#track = new SoundTrack({ encoder: codecs.encoder, sink });
    const { channels } = codecs.encoder.format;
    this.#input = new SoundInput({ zero, channels, decoder: codecs.decoder, track: this.#track });
    this.#input.begin(at);
  }

  /** See {@link SoundInput.stats}. */
  stats(): ReturnType<SoundInput['stats']> {
    return this.#input.stats();
  }

  /** Takes one packet. */
  push(unit: AudioUnit): void {
    this.#input.push(unit);
  }

  /** Writes silence for what has not come until `until`. */
  fill(until: WallUs): void {
    this.#input.fill(until);
  }

  /** The next packet comes from another encoder. */
  reset(): void {
    this.#input.reset();
  }

  /** Writes what the encoder holds and frees everything. Idempotent. */
  close(): void {
    this.#track.close();
    this.#input.close();
  }
}
