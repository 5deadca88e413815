import {
  AV_PICTURE_TYPE_I,
  AV_PICTURE_TYPE_NONE,
  AV_PIX_FMT_YUV420P,
  AVCOL_RANGE_MPEG,
  AVCOL_SPC_SMPTE170M,
  AVCOL_PRI_SMPTE170M,
  AVCOL_TRC_SMPTE170M,
  FF_ENCODER_LIBX264,
} from 'node-av/constants';
import { Codec, CodecContext, Dictionary, Packet, Rational } from 'node-av/lib';
import type { Frame } from 'node-av/lib';
import { drained, ok, present } from '../codec/native.ts';
import type { VideoPacket } from '../segment/segment-writer.ts';
import { micros, type Micros } from '../units.ts';
import type { TickGrid } from './tick-grid.ts';

/** How the mix's picture is coded; `bitrate` in bits per second. */
export interface PictureFormat {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly bitrate: number;
  readonly gopSeconds: number;
}

/** The quality of `veryfast` without B frames at 63–75 % of its CPU; `zerolatency` would only lose quality. */
const preset = 'superfast';
const x264Params = 'mbtree=1:b-pyramid=none:force-cfr=1';

/**
 * How many pictures the encoder looks ahead and holds back: ten at 20 pictures a second and more, half a second of them
 * below, because what it holds back is lost with the process (design §3.2). Few pictures a second gain nothing by B frames.
 */
const lookaheadOf = (fps: number): number => Math.max(1, Math.min(10, Math.floor(fps / 2)));
const bFramesOf = (fps: number): number => (fps < 8 ? 0 : 2);

/** Two stamps must differ by at least a tick of 90 kHz. */
const leastStep = 100;

/** x264 for the canvas: one packet for every tick, in decoding order, some ticks late; SPS and PPS in every key frame. */
export class PictureEncoder {
  readonly #context: CodecContext;
  readonly #grid: TickGrid;
  readonly #packet = new Packet();
  #dts: Micros | undefined;
  /** Ticks until the next picture, by tick, where that is more than one. */
  readonly #strides = new Map<number, number>();
  #forced = false;
  #closed = false;

  /** Wraps an opened context; use {@link openPictureEncoder}. */
  constructor(context: CodecContext, grid: TickGrid) {
    this.#context = context;
    this.#grid = grid;
    this.#packet.alloc();
  }

  /** Makes the next picture a key frame. */
  forceKeyFrame(): void {
    this.#forced = true;
  }

  /** Encodes the canvas as it stands for `stride` ticks from `tick` on; the frame may be drawn on again when the call returns. */
  encode(frame: Frame, tick: number, stride: number = 1): VideoPacket[] {
    if (this.#closed) return [];
    if (stride > 1) this.#strides.set(tick, stride);
    frame.pts = BigInt(tick);
    frame.pictType = this.#forced ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
    this.#forced = false;
    ok('encode picture', this.#context.sendFrameSync(frame));
    return this.#receive();
  }

  /** Ends the stream and gives the rest. Only {@link PictureEncoder.close} may follow. */
  finish(): VideoPacket[] {
    if (this.#closed) return [];
    ok('end pictures', this.#context.sendFrameSync(null));
    return this.#receive();
  }

  /** Frees the encoder. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#context.freeContext();
    this.#packet.free();
  }

  #receive(): VideoPacket[] {
    const packets: VideoPacket[] = [];
    while (!drained('receive picture', this.#context.receivePacketSync(this.#packet))) packets.push(this.#take());
    return packets;
  }

  #take(): VideoPacket {
    const tick = Number(this.#packet.pts);
    const pts = this.#grid.pts(tick);
    const packet: VideoPacket = {
      pts,
      dts: this.#nextDts(this.#grid.pts(Number(this.#packet.dts)), pts),
      duration: micros(this.#grid.pts(tick + this.#strideOf(tick)) - pts),
      key: this.#packet.isKeyframe,
      data: new Uint8Array(present('picture bytes', this.#packet.data)),
    };
    this.#packet.unref();
    return packet;
  }

  #strideOf(tick: number): number {
    const stride = this.#strides.get(tick) ?? 1;
    this.#strides.delete(tick);
    return stride;
  }

  /**
   * With B frames the first picture would have to be decoded one tick before the file begins. It is decoded at its own
   * time instead and the second right after it, so that no stamp is negative and none of the later ones moves.
   */
  #nextDts(ideal: Micros, pts: Micros): Micros {
    this.#dts = this.#dts === undefined ? pts : micros(Math.max(ideal, this.#dts + leastStep));
    return this.#dts;
  }
}

function contextFor(codec: Codec, format: PictureFormat): CodecContext {
  const context = new CodecContext();
  context.allocContext3(codec);
  context.width = format.width;
  context.height = format.height;
  context.pixelFormat = AV_PIX_FMT_YUV420P;
  context.timeBase = new Rational(1, format.fps);
  context.framerate = new Rational(format.fps, 1);
  context.gopSize = Math.max(1, Math.round(format.gopSeconds * format.fps));
  context.bitRate = BigInt(format.bitrate);
  context.maxBFrames = bFramesOf(format.fps);
  context.threadCount = 1;
  // Unmarked pictures are read as BT.709 by players from 720 lines on, while WebRTC cameras send BT.601.
  context.colorRange = AVCOL_RANGE_MPEG;
  context.colorSpace = AVCOL_SPC_SMPTE170M;
  context.colorPrimaries = AVCOL_PRI_SMPTE170M;
  context.colorTrc = AVCOL_TRC_SMPTE170M;
  return context;
}

/** Opens an encoder whose ticks are those of `grid`. @throws NativeError when the library refuses the format. */
export async function openPictureEncoder(format: PictureFormat, grid: TickGrid): Promise<PictureEncoder> {
  const codec = present('H.264 encoder', Codec.findEncoderByName(FF_ENCODER_LIBX264));
  const context = contextFor(codec, format);
  // Asynchronous on purpose: the synchronous call with a dictionary corrupts memory.
  const options = Dictionary.fromObject({
    preset,
    'x264-params': `${x264Params}:rc-lookahead=${lookaheadOf(format.fps)}`,
  });
  ok('open H.264 encoder', await context.open2(codec, options));
  return new PictureEncoder(context, grid);
}
