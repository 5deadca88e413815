import {
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_OPT_SEARCH_CHILDREN,
  AV_OPT_TYPE_STRING,
  AV_SAMPLE_FMT_FLTP,
  FF_ENCODER_AAC,
} from 'node-av/constants';
import { Codec, CodecContext, Packet, Rational } from 'node-av/lib';
import type { AudioFormat } from '../segment/segment-writer.ts';
import { channelLayout, drained, ok, present } from './native.ts';
import { SoundFrame } from './sound-frame.ts';

/** Samples of one AAC-LC frame, at the encoder's own rate. */
export const aacFrameSamples = 1024;

/**
 * Frames between what goes in and what comes out: the packet that call number n gives back decodes to the samples of
 * call n − 2. One frame is the transform's overlap, one the look-ahead for transients.
 */
export const aacDelayFrames = 2;

/** What an AAC encoder is opened with; `bitrate` in bits per second. */
export interface AacOptions {
  readonly sampleRate: AudioFormat['sampleRate'];
  readonly channels: AudioFormat['channels'];
  /** 64 000 mono and 96 000 stereo by default. */
  readonly bitrate?: number;
}

// By the third silent frame nothing of the sound before is left in the transform or its look-ahead.
const silentFramesToSettle = 3;

/**
 * AAC-LC in steps of 1024 samples. Silence costs nothing: once the encoder has settled on it, every further silent frame
 * is answered by the packet that it would give anyhow, and the encoder does not notice the pause.
 */
export class AacEncoder {
  /** How the packets are coded, with the AudioSpecificConfig. */
  readonly format: AudioFormat;
  #context: CodecContext | undefined;
  readonly #frame: SoundFrame;
  readonly #packet = new Packet();
  #silentRun = 0;
  #silentPacket: Uint8Array | undefined;

  /** Wraps an opened context; use {@link openAacEncoder}. */
  constructor(context: CodecContext, options: AacOptions) {
    this.#context = context;
    this.#frame = new SoundFrame(aacFrameSamples, options.channels, options.sampleRate);
    this.#packet.alloc();
    const config = new Uint8Array(present('AudioSpecificConfig', context.extraData));
    this.format = { sampleRate: options.sampleRate, channels: options.channels, config };
  }

  /** The constant packet that stands for 1024 silent samples; undefined until the encoder has heard enough silence. */
  get silentPacket(): Uint8Array | undefined {
    return this.#silentPacket;
  }

  /** True when silence may be skipped without a trace: every packet owed is the silent one. */
  get settled(): boolean {
    return this.#silentPacket !== undefined && this.#silentRun > silentFramesToSettle;
  }

  /**
   * Takes the next 1024 samples of every channel (floats, −1 … 1) and gives the packet of two calls before; undefined at
   * the first call only.
   */
  encode(planes: readonly Float32Array[]): Uint8Array | undefined {
    this.#silentRun = 0;
    for (const [channel, plane] of this.#frame.planes.entries()) plane.set(planes[channel]!);
    return this.#step();
  }

  /** Like {@link AacEncoder.encode} for 1024 samples of silence. */
  encodeSilence(): Uint8Array | undefined {
    this.#silentRun += 1;
    if (this.settled) return this.#silentPacket;
    for (const plane of this.#frame.planes) plane.fill(0);
    const packet = this.#step();
    if (this.#silentRun >= silentFramesToSettle && packet && packet.length < 8) this.#silentPacket = packet;
    return packet;
  }

  /** Ends the stream and gives the packets of the last two frames. The encoder cannot be used afterwards. */
  finish(): Uint8Array[] {
    const context = this.#context;
    if (!context) return [];
    const packets: Uint8Array[] = [];
    ok('end AAC', context.sendFrameSync(null));
    for (let packet = this.#receive(); packet; packet = this.#receive()) packets.push(packet);
    this.close();
    return packets;
  }

  /** Frees the encoder. Idempotent. */
  close(): void {
    if (!this.#context) return;
    this.#context.freeContext();
    this.#context = undefined;
    this.#frame.free();
    this.#packet.free();
  }

  #step(): Uint8Array | undefined {
    ok('encode AAC', present('open AAC encoder', this.#context).sendFrameSync(this.#frame.frame));
    return this.#receive();
  }

  #receive(): Uint8Array | undefined {
    const context = this.#context;
    if (!context || drained('receive AAC', context.receivePacketSync(this.#packet))) return undefined;
    const bytes = new Uint8Array(present('AAC bytes', this.#packet.data));
    this.#packet.unref();
    return bytes;
  }
}

/** Opens an AAC-LC encoder (fast coder). Rejects with NativeError when the library refuses the format. */
export const openAacEncoder = async (options: AacOptions): Promise<AacEncoder> => openAacEncoderNow(options);

/** The same at once, in about 0.2 ms. @throws NativeError when the library refuses the format. */
export function openAacEncoderNow(options: AacOptions): AacEncoder {
  const codec = present('AAC encoder', Codec.findEncoderByName(FF_ENCODER_AAC));
  const context = new CodecContext();
  context.allocContext3(codec);
  context.sampleFormat = AV_SAMPLE_FMT_FLTP;
  context.sampleRate = options.sampleRate;
  context.channelLayout = channelLayout(options.channels);
  context.bitRate = BigInt(options.bitrate ?? (options.channels === 1 ? 64_000 : 96_000));
  context.timeBase = new Rational(1, options.sampleRate);
  context.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER);
  // Set one by one on purpose: opening synchronously with a dictionary corrupts memory.
  ok('fast AAC coder', context.setOption('aac_coder', 'fast', AV_OPT_TYPE_STRING, AV_OPT_SEARCH_CHILDREN));
  ok('open AAC encoder', context.open2Sync(codec, null));
  return new AacEncoder(context, options);
}
