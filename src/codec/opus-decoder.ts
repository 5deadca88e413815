import { AV_SAMPLE_FMT_FLT, FF_DECODER_LIBOPUS } from 'node-av/constants';
import { Codec, CodecContext, Frame, Packet, Rational } from 'node-av/lib';
import { absentAfter } from '../timeline/opus-packet.ts';
import { channelLayout, floatPlane, ok, present } from './native.ts';

/** Decoded sound at 48 kHz. */
export interface DecodedSound {
  /** Samples per channel. */
  readonly samples: number;
  /** One plane per channel, floats −1 … 1. Valid until the next call of the decoder. */
  readonly planes: readonly Float32Array[];
}

/** What turns one stream's packets into sound, in order. */
export interface PacketDecoder {
  /** Decodes one packet; undefined when it is broken. Never throws for bad input. */
  decode(data: Uint8Array): DecodedSound | undefined;
  /** Goes on as the sound before suggests, for as long as the last packet; undefined when nothing was before. */
  conceal(): DecodedSound | undefined;
  /** Frees the decoder. Idempotent. */
  close(): void;
}

// RFC 6716 §2.1.4: at most 120 ms in one packet.
const maxSamples = 5760;

interface Landing {
  readonly frame: Frame;
  readonly samples: number;
  readonly interleaved: Float32Array;
}

function landingFor(samples: number, channels: 1 | 2): Landing {
  const frame = new Frame();
  frame.alloc();
  frame.format = AV_SAMPLE_FMT_FLT;
  frame.sampleRate = 48_000;
  frame.channelLayout = channelLayout(channels);
  frame.nbSamples = samples;
  ok('sound frame', frame.getBuffer(0));
  const interleaved = floatPlane(present('sound plane', frame.data?.[0]), samples * channels);
  return { frame, samples, interleaved };
}

/** One Opus stream decoded to one or two channels at 48 kHz, packet by packet, without delay. */
export class OpusDecoder implements PacketDecoder {
  readonly #channels: 1 | 2;
  #context: CodecContext | undefined;
  readonly #packet = new Packet();
  readonly #frame = new Frame();
  readonly #planes: readonly Float32Array[];
  #landing: Landing | undefined;
  #last: Uint8Array | undefined;
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
    const sound = this.#sound(data);
    if (sound) this.#last = data;
    else this.#broken += 1;
    return sound;
  }

  conceal(): DecodedSound | undefined {
    // The library has no call for a loss, but its decoder answers a frame without bytes as it would one.
    return this.#last && this.#sound(absentAfter(this.#last));
  }

  /** Forgets what was decoded: the next packet is the first of another encoder. */
  reset(): void {
    this.#last = undefined;
    this.#context?.flushBuffers();
  }

  /** Frees the decoder. Idempotent. */
  close(): void {
    if (!this.#context) return;
    this.#context.freeContext();
    this.#context = undefined;
    this.#packet.free();
    this.#frame.free();
    this.#landing?.frame.free();
    this.#landing = undefined;
  }

  #sound(data: Uint8Array): DecodedSound | undefined {
    const samples = this.#decodeFrame(data);
    return samples === 0 ? undefined : { samples, planes: this.#planes.map((plane) => plane.subarray(0, samples)) };
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
    const interleaved = this.#land(samples);
    if (!interleaved) return 0;
    if (this.#channels === 1) this.#planes[0]!.set(interleaved);
    else this.#split(interleaved, samples);
    return samples;
  }

  /** Copies the decoded frame to where its bytes are known: asking a new frame for them costs as much as decoding it. */
  #land(samples: number): Float32Array | undefined {
    if (this.#landing?.samples !== samples) {
      this.#landing?.frame.free();
      this.#landing = landingFor(samples, this.#channels);
    }
    return this.#landing.frame.copy(this.#frame) < 0 ? undefined : this.#landing.interleaved;
  }

  #split(interleaved: Float32Array, samples: number): void {
    splitStereo(interleaved.subarray(0, 2 * samples), this.#planes[0]!, this.#planes[1]!);
  }
}

/** Takes interleaved stereo apart. */
export function splitStereo(interleaved: Float32Array, left: Float32Array, right: Float32Array): void {
  for (let i = 0; 2 * i < interleaved.length; i += 1) {
    left[i] = interleaved[2 * i]!;
    right[i] = interleaved[2 * i + 1]!;
  }
}

/** Opens a decoder; a stereo stream is mixed down when `channels` is 1. Rejects with NativeError when the library refuses. */
export const openOpusDecoder = async (channels: 1 | 2): Promise<OpusDecoder> => openOpusDecoderNow(channels);

/** The same at once, in about 0.1 ms. @throws NativeError when the library refuses. */
export function openOpusDecoderNow(channels: 1 | 2): OpusDecoder {
  const codec = present('Opus decoder', Codec.findDecoderByName(FF_DECODER_LIBOPUS));
  const context = new CodecContext();
  context.allocContext3(codec);
  context.sampleRate = 48_000;
  context.channelLayout = channelLayout(channels);
  context.pktTimebase = new Rational(1, 48_000);
  context.threadCount = 1;
  // Set one by one on purpose: opening synchronously with a dictionary corrupts memory.
  ok('Opus sample format', context.setOption('request_sample_fmt', 'flt'));
  ok('open Opus decoder', context.open2Sync(codec, null));
  if (context.sampleFormat !== AV_SAMPLE_FMT_FLT) throw new Error('the Opus decoder does not give floats');
  return new OpusDecoder(context, channels);
}
