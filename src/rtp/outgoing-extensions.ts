import { buildExtensions } from './rtp-build.ts';
import { UNKNOWN_LEVEL } from './rtp-packet.ts';

/** Ids of the extensions that are sent. */
export interface OutgoingExtensionIds {
  readonly mid?: number;
  readonly audioLevel?: number;
}

/** The extension blocks of one outgoing stream, made once: with the MID, and with or without a level. */
export class OutgoingExtensions {
  readonly #plain: Uint8Array;
  readonly #levelled: Uint8Array;
  readonly #levelAt: number;

  constructor(mid: string, ids: OutgoingExtensionIds) {
    const text = new TextEncoder().encode(mid).subarray(0, 16);
    const elements = ids.mid === undefined || text.length === 0 ? [] : [{ id: ids.mid, value: text }];
    this.#plain = buildExtensions(elements);
    if (ids.audioLevel === undefined) {
      this.#levelled = this.#plain;
      this.#levelAt = -1;
      return;
    }
    // The level comes first, so that its place is known: after the block's header and the element's own.
    this.#levelled = buildExtensions([{ id: ids.audioLevel, value: new Uint8Array(1) }, ...elements]);
    this.#levelAt = this.#levelled[0] === 0xbe ? 5 : 6;
  }

  /** The block for a packet with this level; it is valid until the next call. */
  withLevel(level: number): Uint8Array {
    if (this.#levelAt < 0 || level === UNKNOWN_LEVEL) return this.#plain;
    this.#levelled[this.#levelAt] = level;
    return this.#levelled;
  }
}
