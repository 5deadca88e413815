import { readAccessUnit } from '../timeline/access-unit.ts';
import type { Mp4Muxer } from './mp4-muxer.ts';
import { PictureGate } from './picture-gate.ts';
import type { PlacedPacket } from './recorded-media.ts';

/** What a {@link PictureLane} is made of. */
export interface PictureLaneOptions {
  /** SPS and PPS the file's header was made with. */
  readonly parameterSets: Buffer;
  /** End of the file, in ticks of 90 kHz. */
  readonly end: number;
  readonly sink: Pick<Mp4Muxer, 'holdVideo' | 'releaseVideo'>;
}

/** The file's start is rounded to a millisecond, which are 90 ticks. */
const roundingTicks = 90;

/**
 * A first picture that lies before the file's zero by rounding alone is moved onto it: players take a picture that an
 * edit list cuts into for the one before the first, and show all others a picture early.
 */
const roundingLift = ({ pts }: PlacedPacket): number => (pts < 0 && pts >= -roundingTicks ? -pts : 0);

/** Pictures on their way into the file: each lasts until the next, the last until the file's end. */
export class PictureLane {
  readonly #options: PictureLaneOptions;
  readonly #gate = new PictureGate();
  #parameterSets: Buffer;
  #heldDts: number | undefined;
  #latest = -Infinity;

  /** Nothing is written before two pictures are known. */
  constructor(options: PictureLaneOptions) {
    this.#options = options;
    this.#parameterSets = options.parameterSets;
  }

  /** True once a picture was taken. */
  get wrote(): boolean {
    return this.#heldDts !== undefined;
  }

  /** Takes the next picture in decoding order. */
  push(packet: PlacedPacket): void {
    const { data, key, parameterSets } = readAccessUnit(packet.data);
    if (!this.#gate.admits(packet, key) || packet.dts >= this.#options.end) return;
    this.#release(packet.dts);
    const newParameterSets = this.#changed(key ? parameterSets : undefined);
    const lift = this.#heldDts === undefined ? roundingLift(packet) : 0;
    this.#options.sink.holdVideo({ pts: packet.pts + lift, dts: packet.dts + lift, key, data, newParameterSets });
    this.#latest = Math.max(this.#latest, packet.pts);
    this.#heldDts = packet.dts;
  }

  /** Writes the last picture. */
  finish(): void {
    if (this.#heldDts !== undefined) this.#release(this.#heldDts + Math.max(1, this.#options.end - this.#latest));
  }

  #release(nextDts: number): void {
    if (this.#heldDts !== undefined) this.#options.sink.releaseVideo(nextDts - this.#heldDts);
  }

  #changed(sets: Buffer | undefined): Buffer | undefined {
    if (!sets || sets.equals(this.#parameterSets)) return undefined;
    this.#parameterSets = sets;
    return sets;
  }
}
