import { AV_PICTURE_TYPE_I, AV_PICTURE_TYPE_NONE, AV_PIX_FMT_YUV420P, FF_ENCODER_LIBX264 } from 'node-av/constants';
import { Codec, CodecContext, Dictionary, Packet, Rational, type Frame } from 'node-av/lib';
import { micros, type Micros } from '../units.ts';
import { drained, ok, present } from './native.ts';

/** What an {@link H264Encoder} is opened with. */
export interface H264Options {
  /** Even pixels. */
  readonly width: number;
  readonly height: number;
  /** x264's constant rate factor, 23 by default. */
  readonly crf?: number;
  /** Ceiling in bits per second; about 0.1 bit per pixel at 25 pictures a second by default, 1 Mb/s at least. */
  readonly maxRate?: number;
}

/** A coded picture in Annex B; without B frames it is decoded when it is shown. */
export interface CodedPicture {
  readonly pts: Micros;
  readonly key: boolean;
  readonly data: Uint8Array;
}

// A live source has no rate of its own; this only guides x264's rate control.
const nominalRate = 25;

/** x264 for pictures that come when they come: stamps are kept, key frames come when forced or every 250 pictures. */
export class H264Encoder {
  readonly #context: CodecContext;
  readonly #packet = new Packet();
  #forced = false;
  #closed = false;

  /** Wraps an opened context; use {@link openH264Encoder}. */
  constructor(context: CodecContext) {
    this.#context = context;
    this.#packet.alloc();
  }

  /** Makes the next picture an IDR. */
  forceKeyFrame(): void {
    this.#forced = true;
  }

  /** Encodes a picture shown at `pts`, which must rise; gives pictures that are ready, some calls late. */
  encode(frame: Frame, pts: Micros): CodedPicture[] {
    if (this.#closed) return [];
    frame.pts = BigInt(pts);
    frame.pictType = this.#forced ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
    this.#forced = false;
    ok('encode H.264', this.#context.sendFrameSync(frame));
    return this.#receive();
  }

  /** Ends the stream, gives the rest and frees the encoder. */
  finish(): CodedPicture[] {
    if (this.#closed) return [];
    ok('end H.264', this.#context.sendFrameSync(null));
    const rest = this.#receive();
    this.close();
    return rest;
  }

  /** Frees the encoder. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#context.freeContext();
    this.#packet.free();
  }

  #receive(): CodedPicture[] {
    const pictures: CodedPicture[] = [];
    while (!drained('receive H.264', this.#context.receivePacketSync(this.#packet))) {
      const data = new Uint8Array(present('H.264 bytes', this.#packet.data));
      pictures.push({ pts: micros(Number(this.#packet.pts)), key: this.#packet.isKeyframe, data });
      this.#packet.unref();
    }
    return pictures;
  }
}

/** Opens an encoder. @throws NativeError when the library refuses the size. */
export async function openH264Encoder(options: H264Options): Promise<H264Encoder> {
  const codec = present('H.264 encoder', Codec.findEncoderByName(FF_ENCODER_LIBX264));
  const context = new CodecContext();
  context.allocContext3(codec);
  context.width = options.width;
  context.height = options.height;
  context.pixelFormat = AV_PIX_FMT_YUV420P;
  context.timeBase = new Rational(1, 1_000_000);
  context.framerate = new Rational(nominalRate, 1);
  context.gopSize = 250;
  context.maxBFrames = 0;
  context.threadCount = 1;
  const maxRate = options.maxRate ?? Math.max(1_000_000, options.width * options.height * nominalRate * 0.1);
  context.rcMaxRate = BigInt(Math.round(maxRate));
  context.rcBufferSize = Math.round(2 * maxRate);
  const settings = {
    preset: 'superfast',
    crf: options.crf ?? 23,
    'forced-idr': 1,
    'x264-params': 'mbtree=1:rc-lookahead=10',
  };
  ok('open H.264 encoder', await context.open2(codec, Dictionary.fromObject(settings)));
  return new H264Encoder(context);
}
