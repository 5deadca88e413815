import {
  AV_CODEC_ID_AAC,
  AV_CODEC_ID_H264,
  AV_PKT_DATA_NEW_EXTRADATA,
  AVMEDIA_TYPE_AUDIO,
  AVMEDIA_TYPE_VIDEO,
} from 'node-av/constants';
import { Dictionary, FormatContext, Packet, Rational } from 'node-av/lib';
import { channelLayout, ok } from '../codec/native.ts';
import { aacFrameSamples } from '../codec/aac-encoder.ts';
import { audioSpecificConfig } from '../segment/adts.ts';
import { transportRate } from '../segment/transport-time.ts';

/** What the file will hold. */
export interface Mp4Streams {
  readonly video: { readonly parameterSets: Buffer; readonly width: number; readonly height: number } | undefined;
  readonly audio: { readonly sampleRate: number; readonly channels: 1 | 2 } | undefined;
  /** How long the file will be, in microseconds. */
  readonly spanUs: number;
}

/** A picture for the file; ticks of 90 kHz. */
export interface Mp4Picture {
  readonly pts: number;
  readonly dts: number;
  readonly key: boolean;
  /** Copied when it is handed in. */
  readonly data: Buffer;
  /** Set where the SPS or PPS changes: the file gets a sample entry of its own for what follows. */
  readonly newParameterSets: Buffer | undefined;
}

/** A picture may be held for hours, but a sample's duration has 31 bits: 6.6 h at 90 kHz, 59 h at 10 kHz. */
const longSpanUs = 6 * 3600e6;
const coarseRate = 10_000;

/** Writes one MP4 with its index in front. Stamps may be negative: the edit list begins at zero. */
export class Mp4Muxer {
  readonly #format = new FormatContext();
  readonly #packet = new Packet();
  readonly #held = new Packet();
  readonly #video: number;
  readonly #audio: number;
  readonly #videoRate: number;

  /** Creates the file. @throws NativeError when it cannot be. */
  constructor(path: string, streams: Mp4Streams) {
    this.#packet.alloc();
    this.#held.alloc();
    this.#videoRate = streams.spanUs > longSpanUs ? coarseRate : transportRate;
    ok('open MP4', this.#format.allocOutputContext2(null, 'mp4', `file:${path}`));
    this.#video = streams.video ? this.#addVideo(streams.video) : -1;
    this.#audio = streams.audio ? this.#addAudio(streams.audio) : -1;
    ok('create MP4', this.#format.openOutputSync());
    ok('MP4 header', this.#format.writeHeaderSync(Dictionary.fromObject({ movflags: '+faststart' })));
  }

  /** Takes the next picture in decoding order; it is written by {@link Mp4Muxer.releaseVideo}, when its length is known. */
  holdVideo(picture: Mp4Picture): void {
    const packet = this.#held;
    packet.data = picture.data;
    packet.streamIndex = this.#video;
    packet.pts = this.#videoTime(picture.pts);
    packet.dts = this.#videoTime(picture.dts);
    packet.isKeyframe = picture.key;
    if (!picture.newParameterSets) return;
    ok('parameter sets', packet.addSideData(AV_PKT_DATA_NEW_EXTRADATA, picture.newParameterSets));
  }

  /** Writes the picture that is held, to be shown for `duration` ticks of 90 kHz. */
  releaseVideo(duration: number): void {
    this.#held.duration = this.#videoTime(duration);
    this.#write(this.#held);
  }

  /** Writes the next AAC frame; `start` and `samples` at the sampling rate. */
  writeAudio(start: number, samples: number, data: Uint8Array): void {
    const packet = this.#packet;
    packet.data = Buffer.from(data.buffer, data.byteOffset, data.length);
    packet.streamIndex = this.#audio;
    packet.pts = BigInt(start);
    packet.dts = BigInt(start);
    packet.duration = BigInt(samples);
    packet.isKeyframe = true;
    this.#write(packet);
  }

  /** Writes the index, moves it to the front and closes the file. */
  finish(): void {
    ok('MP4 trailer', this.#format.writeTrailerSync());
    this.close();
  }

  /** Closes the file as it is; without {@link Mp4Muxer.finish} it is no use to anyone. */
  close(): void {
    this.#format.closeOutputSync();
    this.#format.freeContext();
    this.#packet.free();
    this.#held.free();
  }

  #addVideo({ parameterSets, width, height }: NonNullable<Mp4Streams['video']>): number {
    const stream = this.#format.newStream(null);
    stream.timeBase = new Rational(1, this.#videoRate);
    stream.codecpar.codecType = AVMEDIA_TYPE_VIDEO;
    stream.codecpar.codecId = AV_CODEC_ID_H264;
    stream.codecpar.width = width;
    stream.codecpar.height = height;
    stream.codecpar.extradata = parameterSets;
    return stream.index;
  }

  #addAudio({ sampleRate, channels }: NonNullable<Mp4Streams['audio']>): number {
    const stream = this.#format.newStream(null);
    stream.timeBase = new Rational(1, sampleRate);
    stream.codecpar.codecType = AVMEDIA_TYPE_AUDIO;
    stream.codecpar.codecId = AV_CODEC_ID_AAC;
    stream.codecpar.sampleRate = sampleRate;
    stream.codecpar.channelLayout = channelLayout(channels);
    stream.codecpar.frameSize = aacFrameSamples;
    stream.codecpar.extradata = Buffer.from(audioSpecificConfig(sampleRate, channels));
    return stream.index;
  }

  #videoTime(ticks: number): bigint {
    return BigInt(this.#videoRate === transportRate ? ticks : Math.round((ticks * this.#videoRate) / transportRate));
  }

  #write(packet: Packet): void {
    ok('write MP4', this.#format.interleavedWriteFrameSync(packet));
    packet.unref();
  }
}
