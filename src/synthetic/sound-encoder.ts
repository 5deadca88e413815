import { AV_CHANNEL_LAYOUT_STEREO, AV_SAMPLE_FMT_FLT, FF_ENCODER_LIBOPUS } from 'node-av/constants';
import { Codec, CodecContext, Dictionary, Frame, Packet, Rational } from 'node-av/lib';
import { ok, present } from '../codec/native.ts';
import { SOUND_RATE } from './sound.ts';

/** Samples at 48 kHz in one Opus packet of 20 ms. */
export const OPUS_SAMPLES = 960;

/** Half of the complexity scale: a pure tone needs no more, and it halves the cost. */
const SETTINGS = { application: 'audio', frame_duration: '20', compression_level: '5' };

/** Opus encoder, 48 kHz stereo, 20 ms packets. */
export class SoundEncoder {
  /**
   * Samples by which the decoder's output lags the encoder's input (RFC 7845 §4.2 pre-skip). WebRTC does not carry it;
   * who wants a decoded sample to stand exactly at its RTP time feeds sound from that much later.
   */
  readonly lookahead: number;
  readonly #context: CodecContext;
  readonly #packet: Packet;
  #samples = 0;
  #closed = false;

  private constructor(context: CodecContext) {
    this.#context = context;
    this.#packet = new Packet();
    this.#packet.alloc();
    this.lookahead = preSkip(context.extraData);
  }

  /** Opens an encoder; rejects when libopus is missing. */
  static async open(bitrate = 64_000): Promise<SoundEncoder> {
    const codec = present('Opus encoder', Codec.findEncoderByName(FF_ENCODER_LIBOPUS));
    const context = new CodecContext();
    context.allocContext3(codec);
    context.sampleRate = SOUND_RATE;
    context.channelLayout = AV_CHANNEL_LAYOUT_STEREO;
    context.sampleFormat = AV_SAMPLE_FMT_FLT;
    context.timeBase = new Rational(1, SOUND_RATE);
    context.bitRate = BigInt(bitrate);
    ok('open Opus encoder', await context.open2(codec, Dictionary.fromObject(SETTINGS)));
    return new SoundEncoder(context);
  }

  /** Codes 960 stereo samples, interleaved. */
  encode(samples: Float32Array): Buffer | undefined {
    const bytes = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
    const frame = Frame.fromAudioBuffer(bytes, {
      nbSamples: OPUS_SAMPLES,
      format: AV_SAMPLE_FMT_FLT,
      sampleRate: SOUND_RATE,
      channelLayout: AV_CHANNEL_LAYOUT_STEREO,
      pts: BigInt(this.#samples),
    });
    this.#samples += OPUS_SAMPLES;
    const sent = this.#context.sendFrameSync(frame);
    frame.free();
    ok('encode sound', sent);
    return this.#take();
  }

  /** Releases the encoder. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#packet.free();
    this.#context.freeContext();
  }

  #take(): Buffer | undefined {
    if (this.#context.receivePacketSync(this.#packet) < 0 || !this.#packet.data) return undefined;
    const data = Buffer.from(this.#packet.data);
    this.#packet.unref();
    return data;
  }
}

/** Pre-skip from the OpusHead that the encoder leaves as extradata (RFC 7845 §5.1). */
function preSkip(head: Buffer | null): number {
  return head && head.length >= 12 ? head.readUInt16LE(10) : 312;
}
