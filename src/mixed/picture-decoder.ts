import {
  AV_CODEC_FLAG_LOW_DELAY,
  AV_CODEC_ID_H264,
  AV_CODEC_ID_VP8,
  AV_FRAME_FLAG_CORRUPT,
  AVDISCARD_ALL,
  AVDISCARD_DEFAULT,
} from 'node-av/constants';
import { Codec, CodecContext, Packet } from 'node-av/lib';
import type { Frame } from 'node-av/lib';
import { ok, present } from '../codec/native.ts';
import { limitPictures } from '../codec/picture-limit.ts';
import type { VideoUnit } from '../timeline/media.ts';
import { wallUs, type WallUs } from '../units.ts';

const codecIds = { h264: AV_CODEC_ID_H264, vp8: AV_CODEC_ID_VP8 } as const;

/** One track's pictures. Single-threaded: frame threads cost 18–60 % more and hold pictures back. */
export class PictureDecoder {
  readonly codec: VideoUnit['codec'];
  #context: CodecContext | undefined;
  readonly #packet = new Packet();

  /** Opens it at once. @throws NativeError when the library has no such decoder. */
  constructor(codec: VideoUnit['codec']) {
    this.codec = codec;
    const found = present(`${codec} decoder`, Codec.findDecoder(codecIds[codec]));
    const context = new CodecContext();
    context.allocContext3(found);
    context.threadCount = 1;
    context.setFlags(AV_CODEC_FLAG_LOW_DELAY);
    limitPictures(context);
    ok('open decoder', context.open2Sync(found, null));
    this.#context = context;
    this.#packet.alloc();
  }

  /** Whether the edges of blocks are smoothed from the next picture on, as the sender expects. At first they are. */
  filterEdges(on: boolean): void {
    if (this.#context)
      ok('loop filter', this.#context.setOption('skip_loop_filter', on ? AVDISCARD_DEFAULT : AVDISCARD_ALL));
  }

  /** Hands in one coded picture that is shown at `at`. False when it is broken or the decoder is closed. */
  send(data: Uint8Array, at: WallUs): boolean {
    // An empty packet would mean "end of stream" to the library.
    if (!this.#context || data.length === 0) return false;
    this.#packet.data = Buffer.from(data.buffer, data.byteOffset, data.length);
    this.#packet.pts = BigInt(Math.round(at));
    const sent = this.#context.sendPacketSync(this.#packet);
    this.#packet.unref();
    return sent >= 0;
  }

  /** Takes the next finished picture into `frame`; gives its time, undefined when there is none (`frame` is then empty). */
  receive(frame: Frame): WallUs | undefined {
    if (!this.#context || this.#context.receiveFrameSync(frame) < 0) return undefined;
    return wallUs(Number(frame.pts));
  }

  /** Frees the decoder. Idempotent. */
  close(): void {
    if (!this.#context) return;
    this.#context.freeContext();
    this.#context = undefined;
    this.#packet.free();
  }
}

/** True when parts of the picture were guessed because the bits were broken. */
export const isDamaged = (frame: Frame): boolean =>
  frame.decodeErrorFlags !== 0 || (frame.flags & AV_FRAME_FLAG_CORRUPT) !== 0;
