import type { VideoPacket } from '../segment/segment-writer.ts';
import type { VideoUnit } from '../timeline/media.ts';
import { micros, type Micros, type WallUs } from '../units.ts';
import { Vp8Transcoder } from './vp8-transcoder.ts';

/** What a {@link PictureTrack} is made of. */
export interface PictureTrackOptions {
  readonly zero: WallUs;
  /** Gets H.264 pictures in decoding order, the first one a key frame. */
  readonly sink: (packet: VideoPacket) => void;
  readonly requestKeyFrame: () => void;
  readonly onError: (error: Error) => void;
}

/** Only a hint to the muxer: how long a picture really stays is told by the next one. */
const guessedDuration = 40_000;
const longestGuess = 1_000_000;
/** One tick of 90 kHz. */
const leastStep = 12;

/** An anchor's pictures: H.264 goes through byte for byte, VP8 is coded anew. Times are from the recording's zero. */
export class PictureTrack {
  readonly #options: PictureTrackOptions;
  #transcoder: Vp8Transcoder | undefined;
  #waitsForKey = true;
  #last: Micros | undefined;
  #dropped = 0;

  /** Opens nothing until the first picture. */
  constructor(options: PictureTrackOptions) {
    this.#options = options;
  }

  /** `dropped`: pictures that could not be decoded from what was kept before them, or were before the zero. */
  stats(): { dropped: number } {
    return { dropped: this.#dropped + (this.#transcoder?.stats().dropped ?? 0) };
  }

  /** True when the picture can be written, so that a recording may begin with it. Otherwise it is dropped. */
  accepts(unit: VideoUnit): boolean {
    if (unit.at >= this.#options.zero && (unit.key || !this.#waitsForKey)) return true;
    this.#waitsForKey = true;
    this.#dropped += 1;
    this.#options.requestKeyFrame();
    return false;
  }

  /** Takes a picture that was accepted. */
  push(unit: VideoUnit): void {
    this.#waitsForKey = false;
    if (unit.codec === 'vp8') return this.#transcode(unit);
    this.#endTranscoder();
    const pts = this.#rising(micros(unit.at - this.#options.zero));
    const step = this.#last === undefined ? guessedDuration : Math.min(pts - this.#last, longestGuess);
    this.#write({ pts, dts: pts, duration: micros(step), key: unit.key, data: unit.data });
  }

  /** Makes the next coded picture a key frame, or asks the sender for one. */
  wantKeyFrame(): void {
    if (this.#transcoder) this.#transcoder.forceKeyFrame();
    else this.#options.requestKeyFrame();
  }

  /** Writes what the transcoder holds and frees it; pictures may go on from a key frame. Idempotent. */
  pause(): void {
    this.#endTranscoder();
    this.#waitsForKey = true;
  }

  /** Writes a coded H.264 key frame from elsewhere; pictures may go on from a key frame of their own. */
  insert(at: WallUs, data: Uint8Array): void {
    this.pause();
    const pts = this.#rising(micros(Math.max(0, at - this.#options.zero)));
    this.#write({ pts, dts: pts, duration: micros(guessedDuration), key: true, data });
  }

  #transcode(unit: VideoUnit): void {
    this.#transcoder ??= new Vp8Transcoder({
      sink: (packet) => this.#writeCoded(packet),
      requestKeyFrame: this.#options.requestKeyFrame,
      onError: this.#options.onError,
    });
    this.#transcoder.push(micros(unit.at - this.#options.zero), unit);
  }

  #endTranscoder(): void {
    this.#dropped += this.#transcoder?.stats().dropped ?? 0;
    this.#transcoder?.close();
    this.#transcoder = undefined;
  }

  #writeCoded(packet: VideoPacket): void {
    const pts = this.#rising(packet.pts);
    this.#write({ ...packet, pts, dts: pts });
  }

  #write(packet: VideoPacket): void {
    this.#last = packet.pts;
    this.#options.sink(packet);
  }

  /** A sender's clock that steps back must not put two pictures on one stamp. */
  #rising(pts: Micros): Micros {
    return this.#last === undefined ? pts : micros(Math.max(pts, this.#last + leastStep));
  }
}
