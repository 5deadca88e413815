import {
  AV_PICTURE_TYPE_I,
  AV_PICTURE_TYPE_NONE,
  AV_PIX_FMT_YUV420P,
  AVCOL_PRI_SMPTE170M,
  AVCOL_RANGE_MPEG,
  AVCOL_SPC_SMPTE170M,
  AVCOL_TRC_SMPTE170M,
  FF_ENCODER_LIBVPX_VP8,
  FF_ENCODER_LIBX264,
} from 'node-av/constants';
import { Codec, CodecContext, Dictionary, Frame, Packet, Rational } from 'node-av/lib';
import { ok, present } from '../codec/native.ts';

/** How the pattern is coded. */
export interface VideoEncoderOptions {
  readonly codec: 'h264' | 'vp8';
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  /** Bits per second. */
  readonly bitrate: number;
}

/** One coded picture: H.264 in Annex B with in-band parameter sets on key frames, or a VP8 frame. */
export interface CodedPicture {
  readonly key: boolean;
  readonly data: Buffer;
}

const KEY_FRAME_SECONDS = 2;
const TICKS = 90_000;

/** A real-time encoder for I420 pictures. Calls are synchronous: a 360p picture costs a few milliseconds. */
export class VideoEncoder {
  readonly #context: CodecContext;
  readonly #packet: Packet;
  readonly #options: VideoEncoderOptions;
  #closed = false;

  private constructor(context: CodecContext, options: VideoEncoderOptions) {
    this.#context = context;
    this.#options = options;
    this.#packet = new Packet();
    this.#packet.alloc();
  }

  /** Opens an encoder; rejects when the codec is missing or refuses the settings. */
  static async open(options: VideoEncoderOptions): Promise<VideoEncoder> {
    const name = options.codec === 'h264' ? FF_ENCODER_LIBX264 : FF_ENCODER_LIBVPX_VP8;
    const codec = present(`${options.codec} encoder`, Codec.findEncoderByName(name));
    const context = new CodecContext();
    context.allocContext3(codec);
    configure(context, options);
    ok('open video encoder', await context.open2(codec, Dictionary.fromObject(settings(options))));
    return new VideoEncoder(context, options);
  }

  /** Codes one picture. `ticks` rises by 90 kHz time; `forceKey` makes it a key frame. */
  encode(picture: Buffer, ticks: number, forceKey: boolean): CodedPicture | undefined {
    const { width, height } = this.#options;
    const frame = Frame.fromVideoBuffer(picture, { width, height, format: AV_PIX_FMT_YUV420P, pts: BigInt(ticks) });
    frame.pictType = forceKey ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
    const sent = this.#context.sendFrameSync(frame);
    frame.free();
    ok('encode picture', sent);
    return this.#take();
  }

  /** Releases the encoder. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#packet.free();
    this.#context.freeContext();
  }

  #take(): CodedPicture | undefined {
    if (this.#context.receivePacketSync(this.#packet) < 0 || !this.#packet.data) return undefined;
    const coded = { key: this.#packet.isKeyframe, data: Buffer.from(this.#packet.data) };
    this.#packet.unref();
    return coded;
  }
}

function configure(context: CodecContext, { width, height, fps, bitrate }: VideoEncoderOptions): void {
  context.width = width;
  context.height = height;
  context.pixelFormat = AV_PIX_FMT_YUV420P;
  context.timeBase = new Rational(1, TICKS);
  context.framerate = new Rational(fps, 1);
  context.gopSize = fps * KEY_FRAME_SECONDS;
  context.maxBFrames = 0;
  context.bitRate = BigInt(bitrate);
  context.rcMaxRate = BigInt(bitrate);
  context.rcBufferSize = bitrate;
  context.threadCount = 1;
  context.colorRange = AVCOL_RANGE_MPEG;
  context.colorSpace = AVCOL_SPC_SMPTE170M;
  context.colorPrimaries = AVCOL_PRI_SMPTE170M;
  context.colorTrc = AVCOL_TRC_SMPTE170M;
}

/** The cheapest settings that keep solid colours true; parameter sets repeat because no global header is asked for. */
function settings({ codec }: VideoEncoderOptions): Record<string, string> {
  if (codec === 'vp8') return { deadline: 'realtime', 'cpu-used': '8', 'lag-in-frames': '0' };
  return {
    preset: 'ultrafast',
    tune: 'zerolatency',
    profile: 'baseline',
    'forced-idr': '1',
    'x264-params': 'scenecut=0:sliced-threads=0',
  };
}
