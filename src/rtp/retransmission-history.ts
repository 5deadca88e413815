import type { MonoUs } from '../units.ts';
import { readU16 } from './rtp-packet.ts';

/** A packet is sent again at most this often, and not twice within one plausible round trip of a tight loop. */
const MAX_RESENDS = 10;
const MIN_PAUSE_US = 15_000;

interface Kept {
  readonly bytes: Uint8Array;
  resends: number;
  resentAt: number;
}

/** The last packets sent on one stream, by sequence number. */
export class RetransmissionHistory {
  readonly #slots: (Kept | undefined)[];
  readonly #mask: number;

  /** Keeps `size` packets; a power of two up to 32,768. */
  constructor(size: number) {
    this.#slots = Array.from({ length: size }, () => undefined);
    this.#mask = size - 1;
  }

  /** Keeps a packet as it was sent; the bytes are not copied and must not change. */
  add(bytes: Uint8Array): void {
    this.#slots[readU16(bytes, 2) & this.#mask] = { bytes, resends: 0, resentAt: -Infinity };
  }

  /** The packet to send again; `gone` when it is no longer kept, `wait` when it was sent again just now or too often. */
  take(seq: number, now: MonoUs): Uint8Array | 'gone' | 'wait' {
    const kept = this.#slots[seq & this.#mask];
    if (kept === undefined || readU16(kept.bytes, 2) !== seq) return 'gone';
    if (kept.resends >= MAX_RESENDS || now - kept.resentAt < MIN_PAUSE_US) return 'wait';
    kept.resends += 1;
    kept.resentAt = now;
    return kept.bytes;
  }
}
