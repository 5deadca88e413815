import { readAccessUnit } from '../timeline/access-unit.ts';
import type { Size } from '../layout/rect.ts';
import type { VideoPacket } from '../segment/segment-writer.ts';
import { parseSps } from '../timeline/sps.ts';
import { stoppedAfter } from '../timeline/stopped-picture.ts';
import { wallUs, type WallUs } from '../units.ts';
import { codeBlackPicture } from './black-picture.ts';

/** What a {@link BlackFill} is made of. */
export interface BlackFillOptions {
  /** Writes a coded key frame that is seen from that moment until pictures return. */
  readonly show: (at: WallUs, picture: Uint8Array) => void;
  /** How far behind the present the file is written. */
  readonly latencyUs: number;
  /** A black picture could not be coded; the last one stays. */
  readonly onError: (error: Error) => void;
}

/**
 * Black instead of the last picture while an anchor sends none (FillType 1, contract §2.2): at once when the camera is
 * turned off, after three seconds when nothing comes from it, and over an absence once it is over.
 */
export class BlackFill {
  readonly #options: BlackFillOptions;
  /** Of the pictures that were written last. */
  #size: Size | undefined;
  #coded: { readonly of: Size; data: Uint8Array | undefined } | undefined;
  /** Undefined before the first picture and while it is black. */
  #lastPicture: WallUs | undefined;
  #endedAt: WallUs | undefined;

  constructor(options: BlackFillOptions) {
    this.#options = options;
  }

  /** A picture came and is written. */
  onPicture(at: WallUs): void {
    this.#lastPicture = at;
    this.#endedAt = undefined;
  }

  /** Looks at what is written, for the size of its pictures. */
  onPacket({ key, data }: VideoPacket): void {
    if (!key) return;
    const { sps } = readAccessUnit(Buffer.from(data.buffer, data.byteOffset, data.length));
    const size = sps && parseSps(sps);
    if (size && (size.width !== this.#size?.width || size.height !== this.#size.height)) this.#size = size;
  }

  /** The camera was turned off. */
  onVideoEnded(at: WallUs): void {
    if (this.#lastPicture !== undefined) this.#endedAt = at;
  }

  /** The anchor has left; no picture is written unless the anchor returns. */
  onLeft(): void {
    if (this.#lastPicture !== undefined) this.#blackPicture();
  }

  /** The anchor who left at `since` is back with something at `at`. */
  onReturned(since: WallUs, at: WallUs): void {
    if (at - since >= stoppedAfter) this.#show(since);
  }

  /** Shows black when it is due; call it a few times a second while the anchor is there. */
  advance(now: WallUs): void {
    if (this.#lastPicture === undefined) return;
    if (this.#endedAt !== undefined) this.#show(this.#endedAt);
    else if (now - this.#lastPicture >= stoppedAfter) this.#show(wallUs(now - this.#options.latencyUs));
  }

  #show(at: WallUs): void {
    if (this.#lastPicture === undefined) return;
    const picture = this.#blackPicture();
    if (!picture) return;
    this.#lastPicture = undefined;
    this.#endedAt = undefined;
    this.#options.show(at, picture);
  }

  /** The picture in the present size; undefined while it is being coded, which takes some milliseconds. */
  #blackPicture(): Uint8Array | undefined {
    const size = this.#size;
    if (size && this.#coded?.of !== size) {
      const coded: { of: Size; data: Uint8Array | undefined } = { of: size, data: undefined };
      this.#coded = coded;
      codeBlackPicture(size).then((data) => (coded.data = data), this.#options.onError);
    }
    return this.#coded?.data;
  }
}
