import type { MonoUs } from '../units.ts';
import type { RetransmissionRtt } from './retransmission-rtt.ts';

/** How long and how often a lost packet is asked for. Times in microseconds. */
export interface NackOptions {
  /** False when NACK was not negotiated: gaps are watched but nothing is asked for. */
  readonly enabled: boolean;
  /** A gap younger than this may still be reordering; it grows with the reordering that is seen. */
  readonly reorderUs: number;
  /** Time after which a packet counts as lost for good. */
  readonly giveUpUs: number;
  /** Most packets waited for; older ones are given up first. */
  readonly capacity: number;
}

/** Bounds of the time between two requests for one packet, and what is added to the round trip for jitter. */
const MIN_RETRY_US = 20_000;
const MAX_RETRY_US = 500_000;
const RETRY_MARGIN_US = 10_000;
/** The reorder allowance follows the latest stragglers up to here, and with each gap forgets 1/64 of what it learned. */
const MAX_REORDER_US = 50_000;
const REORDER_MEMORY = 64;
/** Sequence numbers asked for in one round, so that a NACK always fits a datagram. */
const MAX_ROUND = 250;

interface Missing {
  readonly since: number;
  dueUs: number;
  firstAskedUs: number;
}

const NOTHING: readonly number[] = [];

/** The packets of one stream that have not come: when to ask for which (RFC 4585 §6.2.1), and when to stop. */
export class NackGenerator {
  readonly #missing = new Map<number, Missing>();
  readonly #options: NackOptions;
  readonly #rtt: RetransmissionRtt;
  #reorderUs: number;

  /** The round-trip time is shared by the streams of a session. */
  constructor(options: NackOptions, rtt: RetransmissionRtt) {
    this.#options = options;
    this.#rtt = rtt;
    this.#reorderUs = options.reorderUs;
  }

  /** Packets being waited for. */
  get size(): number {
    return this.#missing.size;
  }

  /** Notes a gap of extended sequence numbers `[from, to)`. Returns how many packets were given up to make room. */
  gap(from: number, to: number, now: MonoUs): number {
    const { capacity, reorderUs } = this.#options;
    this.#reorderUs -= (this.#reorderUs - reorderUs) / REORDER_MEMORY;
    const start = Math.max(from, to - capacity);
    for (let seq = start; seq < to; seq += 1) {
      this.#missing.set(seq, { since: now, dueUs: now + this.#reorderUs, firstAskedUs: 0 });
    }
    return start - from + this.#dropOldest(this.#missing.size - capacity);
  }

  /** Notes a retransmission. True when it was waited for and had been asked for. */
  repaired(seq: number, now: MonoUs): boolean {
    const missing = this.#missing.get(seq);
    if (missing === undefined || !this.#missing.delete(seq) || missing.firstAskedUs === 0) return false;
    this.#rtt.sample(now - missing.firstAskedUs);
    return true;
  }

  /** Notes that a packet itself came after later ones: so much patience would have saved the request. */
  straggled(seq: number, now: MonoUs): void {
    const missing = this.#missing.get(seq);
    if (missing === undefined) return;
    this.#missing.delete(seq);
    this.#reorderUs = Math.min(Math.max(this.#reorderUs, now - missing.since), MAX_REORDER_US);
  }

  /** True when the packet is waited for and was asked for. */
  wasAsked(seq: number): boolean {
    return (this.#missing.get(seq)?.firstAskedUs ?? 0) > 0;
  }

  /** Notes that a packet came by a way that tells nothing of the round trip, such as redundancy. */
  forget(seq: number): void {
    this.#missing.delete(seq);
  }

  /** Removes what is too old and returns how many. Entries are in order of age. */
  giveUp(now: MonoUs): number {
    let count = 0;
    for (const [seq, { since }] of this.#missing) {
      if (now - since < this.#options.giveUpUs) break;
      this.#missing.delete(seq);
      count += 1;
    }
    return count;
  }

  /** Extended sequence numbers to ask for now, rising; each is due again after about a round trip. */
  due(now: MonoUs): readonly number[] {
    if (!this.#options.enabled || this.#missing.size === 0) return NOTHING;
    const retryUs = Math.min(Math.max(this.#rtt.medianUs + RETRY_MARGIN_US, MIN_RETRY_US), MAX_RETRY_US);
    const lost: number[] = [];
    for (const [seq, missing] of this.#missing) {
      if (lost.length === MAX_ROUND) break;
      if (missing.dueUs > now) continue;
      missing.dueUs = now + retryUs;
      missing.firstAskedUs ||= now;
      lost.push(seq);
    }
    return lost;
  }

  /** Forgets everything. Returns how many packets were still waited for. */
  clear(): number {
    const count = this.#missing.size;
    this.#missing.clear();
    return count;
  }

  #dropOldest(count: number): number {
    let left = Math.max(count, 0);
    for (const seq of this.#missing.keys()) {
      if (left === 0) break;
      this.#missing.delete(seq);
      left -= 1;
    }
    return Math.max(count, 0);
  }
}
