import { AV_SAMPLE_FMT_FLT, FF_DECODER_LIBOPUS } from 'node-av/constants';
import { Codec, CodecContext, Dictionary, Frame, Packet, Rational } from 'node-av/lib';
import { channelLayout, floatPlane, ok, present } from './native.ts';

/** Decoded sound at 48 kHz. */
export interface DecodedSound {
  /** Samples per channel. */
  readonly samples: number;
  /** One plane per channel, floats −1 … 1. Valid until the next call of the decoder. */
  readonly planes: readonly Float32Array[];
}

// RFC 6716 §2.1.4: at most 120 ms in one packet.
const maxSamples = 5760;

/** One Opus stream decoded to one or two channels at 48 kHz, packet by packet, without delay. */
export class OpusDecoder {
  readonly #channels: 1 | 2;
  #context: CodecContext | undefined;
  readonly #packet = new Packet();
  readonly #frame = new Frame();
  readonly #planes: readonly Float32Array[];
  #broken = 0;

  /** Wraps an opened context; use {@link openOpusDecoder}. */
  constructor(context: CodecContext, channels: 1 | 2) {
    this.#context = context;
    this.#channels = channels;
    this.#packet.alloc();
    this.#frame.alloc();
    this.#planes = Array.from({ length: channels }, () => new Float32Array(maxSamples));
  }

  /** Counts packets that did not decode. */
  stats(): { broken: number } {
    return { broken: this.#broken };
  }

  /** Decodes one packet; undefined when it is broken (counted) or the decoder is closed. Never throws for bad input. */
  decode(data: Uint8Array): DecodedSound | undefined {
    const samples = this.#decodeFrame(data);
    if (samples === 0) this.#broken += 1;
    return samples === 0 ? undefined : { samples, planes: this.#planes.map((plane) => plane.subarray(0, samples)) };
  }

  /** Forgets what was decoded: the next packet is the first of another encoder. */
  reset(): void {
    this.#context?.flushBuffers();
  }

  /** Frees the decoder. Idempotent. */
  close(): void {
    if (!this.#context) return;
    this.#context.freeContext();
    this.#context = undefined;
    this.#packet.free();
    this.#frame.free();
  }

  #decodeFrame(data: Uint8Array): number {
    const context = this.#context;
    // An empty packet would mean "end of stream" to the library.
    if (!context || data.length === 0) return 0;
    this.#packet.data = Buffer.from(data.buffer, data.byteOffset, data.length);
    const sent = context.sendPacketSync(this.#packet);
    this.#packet.unref();
    if (sent < 0 || context.receiveFrameSync(this.#frame) < 0) return 0;
    const samples = this.#takeFrame();
    this.#frame.unref();
    return samples;
  }

  #takeFrame(): number {
    const samples = Math.min(this.#frame.nbSamples, maxSamples);
    const data = this.#frame.data?.[0];
    if (!data) return 0;
    const interleaved = floatPlane(data, samples * this.#channels);
    if (this.#channels === 1) this.#planes[0]!.set(interleaved);
    else this.#split(interleaved, samples);
    return samples;
  }

  #split(interleaved: Float32Array, samples: number): void {
    const left = this.#planes[0]!;
    const right = this.#planes[1]!;
    for (let i = 0; i < samples; i += 1) {
      left[i] = interleaved[2 * i]!;
      right[i] = interleaved[2 * i + 1]!;
    }
  }
}

/** Opens a decoder; a stereo stream is mixed down when `channels` is 1. @throws NativeError when the library refuses. */
export async function openOpusDecoder(channels: 1 | 2): Promise<OpusDecoder> {
  const codec = present('Opus decoder', Codec.findDecoderByName(FF_DECODER_LIBOPUS));
  const context = new CodecContext();
  context.allocContext3(codec);
  context.sampleRate = 48_000;
  context.channelLayout = channelLayout(channels);
  context.pktTimebase = new Rational(1, 48_000);
  context.threadCount = 1;
  ok('open Opus decoder', await context.open2(codec, Dictionary.fromObject({ request_sample_fmt: 'flt' })));
  if (context.sampleFormat !== AV_SAMPLE_FMT_FLT) throw new Error('the Opus decoder does not give floats');
  return new OpusDecoder(context, channels);
}
