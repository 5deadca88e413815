import { readAccessUnit } from './access-unit.ts';
import type { Mp4Picture } from './mp4-muxer.ts';
import type { PlacedPacket } from './recorded-media.ts';

/** What a {@link PictureLane} is made of. */
export interface PictureLaneOptions {
  /** SPS and PPS the file's header was made with. */
  readonly parameterSets: Buffer;
  /** End of the file, in ticks of 90 kHz. */
  readonly end: number;
  readonly sink: (picture: Mp4Picture) => void;
}

/**
 * Pictures on their way into the file: each lasts until the next, the last until the file's end. Where an epoch begins
 * inside the one before, its pictures wait for a key frame behind what is there.
 */
export class PictureLane {
  readonly #options: PictureLaneOptions;
  #parameterSets: Buffer;
  #held: Mp4Picture | undefined;
  #latest = -Infinity;
  #waitsForKey = true;

  /** Nothing is written before two pictures are known. */
  constructor(options: PictureLaneOptions) {
    this.#options = options;
    this.#parameterSets = options.parameterSets;
  }

  /** Takes the next picture in decoding order. */
  push(packet: PlacedPacket): void {
    const { data, key, parameterSets } = readAccessUnit(packet.data);
    if (packet.dts <= (this.#held?.dts ?? -Infinity)) this.#waitsForKey = true;
    else if (key) this.#waitsForKey = false;
    if (this.#waitsForKey || packet.dts >= this.#options.end) return;
    this.#release(packet.dts);
    const newParameterSets = this.#changed(key ? parameterSets : undefined);
    this.#latest = Math.max(this.#latest, packet.pts);
    // The packet's bytes are gone with the next one.
    this.#held = { pts: packet.pts, dts: packet.dts, duration: 1, key, data: Buffer.from(data), newParameterSets };
  }

  /** Writes the last picture. */
  finish(): void {
    if (this.#held) this.#release(this.#held.dts + Math.max(1, this.#options.end - this.#latest));
  }

  #release(nextDts: number): void {
    if (this.#held) this.#options.sink({ ...this.#held, duration: nextDts - this.#held.dts });
    this.#held = undefined;
  }

  #changed(sets: Buffer | undefined): Buffer | undefined {
    if (!sets || sets.equals(this.#parameterSets)) return undefined;
    this.#parameterSets = sets;
    return sets;
  }
}
