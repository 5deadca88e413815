import { AV_PIX_FMT_YUV420P, FF_DECODER_VP8 } from 'node-av/constants';
import { Codec, CodecContext, Frame, Packet } from 'node-av/lib';
import { openH264Encoder, type CodedPicture, type H264Encoder } from '../codec/h264-encoder.ts';
import { ok, present } from '../codec/native.ts';
import { limitPictures } from '../codec/picture-limit.ts';
import type { VideoPacket } from '../segment/segment-writer.ts';
import type { VideoUnit } from '../timeline/media.ts';
import { TokenBucket, type BucketSize } from '../token-bucket.ts';
import { micros, monoUs, type Micros } from '../units.ts';

/** What a {@link Vp8Transcoder} is made of. */
export interface Vp8TranscoderOptions {
  readonly sink: (packet: VideoPacket) => void;
  readonly requestKeyFrame: () => void;
  /** The encoder could not be opened. */
  readonly onError: (error: Error) => void;
}

interface Pending {
  readonly pts: Micros;
  readonly unit: VideoUnit;
}

/** Pictures kept while an encoder opens, about four seconds; opening takes milliseconds. */
const mostPending = 120;
/** Changes of size that open an encoder; browsers adapt by steps of seconds. */
const sizeChanges: BucketSize = { burst: 10, perSecond: 1 };
const guessedDuration = micros(40_000);

const even = (length: number): number => length & ~1;

/** VP8 to H.264, since neither transport streams nor MP4 players take VP8. A change of size opens a new encoder. */
export class Vp8Transcoder {
  readonly #options: Vp8TranscoderOptions;
  readonly #packet = new Packet();
  readonly #frame = new Frame();
  #decoder: CodecContext | undefined;
  #encoder: H264Encoder | undefined;
  #size = '';
  readonly #sizes = new TokenBucket(sizeChanges);
  #pending: Pending[] = [];
  #opening = false;
  #lastPts = -1;
  #dropped = 0;
  #closed = false;

  /** Opens the decoder; the encoder opens with the first picture, whose size it needs. */
  constructor(options: Vp8TranscoderOptions) {
    this.#options = options;
    this.#packet.alloc();
    this.#frame.alloc();
    const codec = present('VP8 decoder', Codec.findDecoderByName(FF_DECODER_VP8));
    this.#decoder = new CodecContext();
    this.#decoder.allocContext3(codec);
    this.#decoder.threadCount = 1;
    limitPictures(this.#decoder);
    ok('open VP8 decoder', this.#decoder.open2Sync(codec, null));
  }

  /** `dropped`: pictures that did not decode or found no encoder. */
  stats(): { dropped: number } {
    return { dropped: this.#dropped };
  }

  /** Takes a VP8 frame shown at `pts` from the recording's zero. */
  push(pts: Micros, unit: VideoUnit): void {
    if (this.#closed) return;
    if (!this.#opening) return this.#transcode({ pts, unit });
    if (this.#pending.length < mostPending) this.#pending.push({ pts, unit });
    else this.#dropped += 1;
  }

  /** Makes the next picture a key frame. */
  forceKeyFrame(): void {
    this.#encoder?.forceKeyFrame();
  }

  /** Writes what the encoder holds and frees everything. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#dropped += this.#pending.length;
    this.#pending = [];
    this.#emit(this.#encoder?.finish() ?? []);
    this.#decoder?.freeContext();
    this.#decoder = undefined;
    this.#packet.free();
    // While an encoder opens, the frame still waits for it; see #open.
    if (!this.#opening) this.#frame.free();
  }

  #transcode(pending: Pending): void {
    if (!this.#decode(pending.unit.data)) {
      this.#dropped += 1;
      this.#options.requestKeyFrame();
      return;
    }
    const size = `${this.#frame.width}x${this.#frame.height}`;
    if (size === this.#size) this.#encode(pending.pts);
    else if (this.#sizes.take(1, monoUs(pending.pts))) void this.#open(size, pending.pts);
    else this.#dropped += 1;
  }

  #decode(data: Uint8Array): boolean {
    if (!this.#decoder || data.length === 0) return false;
    this.#packet.data = Buffer.from(data.buffer, data.byteOffset, data.length);
    const sent = this.#decoder.sendPacketSync(this.#packet);
    this.#packet.unref();
    return sent >= 0 && this.#decoder.receiveFrameSync(this.#frame) >= 0 && this.#frame.format === AV_PIX_FMT_YUV420P;
  }

  #encode(pts: Micros): void {
    if (!this.#encoder) {
      this.#dropped += 1;
      return;
    }
    this.#lastPts = Math.max(pts, this.#lastPts + 12);
    this.#emit(this.#encoder.encode(this.#frame, micros(this.#lastPts)));
  }

  async #open(size: string, pts: Micros): Promise<void> {
    this.#opening = true;
    this.#size = size;
    this.#emit(this.#encoder?.finish() ?? []);
    this.#encoder = undefined;
    try {
      const encoder = await openH264Encoder({ width: even(this.#frame.width), height: even(this.#frame.height) });
      if (this.#closed) encoder.close();
      else this.#encoder = encoder;
    } catch (error) {
      this.#options.onError(error as Error);
    }
    this.#opening = false;
    if (this.#closed) return this.#frame.free();
    this.#encode(pts);
    this.#drain();
  }

  #drain(): void {
    while (!this.#opening && this.#pending.length > 0) this.#transcode(this.#pending.shift()!);
  }

  #emit(pictures: readonly CodedPicture[]): void {
    for (const { pts, key, data } of pictures)
      this.#options.sink({ pts, dts: pts, duration: guessedDuration, key, data });
  }
}
