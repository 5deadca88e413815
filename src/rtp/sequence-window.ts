import { sequenceDelta } from './unwrap.ts';

/** Sequence numbers remembered behind the highest; a power of two above `MAX_JUMP`. */
const SIZE = 4096;
const MASK = SIZE - 1;
/** A step of more than this, either way, is a stray packet or a sender that started anew. */
const MAX_JUMP = 3000;
/** So many packets in a row that are old or known mean a sender that started anew just behind where it was. */
const MAX_STALE_RUN = 50;
const NONE = -1;

/**
 * Gives the packets of one stream extended sequence numbers and says which were seen. A restart of the sender is
 * believed when two packets in a row agree on it (RFC 3550 A.1); the numbers then go on upward with the same low 16 bits.
 */
export class SequenceWindow {
  /** Highest extended number so far, −1 before the first packet. */
  highest = NONE;
  /** First extended number since the start or the last restart. */
  first = NONE;
  /** Restarts of the sender that were believed. */
  restarts = 0;
  readonly #seen = new Uint8Array(SIZE);
  #expectedAfterJump = NONE;
  #staleRun = 0;
  #restartPending = false;

  /**
   * Extended number of a packet of the stream itself; −1 when the packet is to be dropped: known already, or a first
   * one that jumps. The number counts as seen from here on.
   */
  accept(seq: number): number {
    if (this.highest === NONE) return this.#start(0x1_0000 + seq);
    if (this.#restartPending) return this.#restart(seq);
    const delta = sequenceDelta(seq, this.highest);
    if (delta > MAX_JUMP || delta < -MAX_JUMP) return this.#jumped(seq);
    if (delta > 0) return this.#advance(this.highest + delta);
    if (!this.take(this.highest + delta)) return this.#stale(seq);
    this.#staleRun = 0;
    return this.highest + delta;
  }

  /** Extended number that a repair of the packet `seq` would have; −1 when it is known or far off. Marks it as seen. */
  acceptRepair(seq: number): number {
    if (this.highest === NONE) return NONE;
    const extended = this.highest + sequenceDelta(seq, this.highest);
    if (Math.abs(extended - this.highest) > MAX_JUMP || extended < this.first) return NONE;
    if (extended > this.highest) return this.#advance(extended);
    return this.take(extended) ? extended : NONE;
  }

  /** Marks an extended number at or below the highest as seen. False when it was, or is out of the window. */
  take(extended: number): boolean {
    if (extended > this.highest || extended <= this.highest - SIZE || this.#seen[extended & MASK] === 1) return false;
    this.#seen[extended & MASK] = 1;
    return true;
  }

  /** The next packet counts as a restart: whatever its number, it goes on upward. */
  restartNext(): void {
    this.#restartPending = this.highest !== NONE;
  }

  #start(extended: number): number {
    this.#seen.fill(0);
    this.#seen[extended & MASK] = 1;
    this.highest = extended;
    this.first = extended;
    this.#staleRun = 0;
    this.#restartPending = false;
    this.#expectedAfterJump = NONE;
    return extended;
  }

  #advance(extended: number): number {
    for (let i = this.highest + 1; i < extended; i += 1) this.#seen[i & MASK] = 0;
    this.#seen[extended & MASK] = 1;
    this.highest = extended;
    this.#staleRun = 0;
    this.#expectedAfterJump = NONE;
    return extended;
  }

  #jumped(seq: number): number {
    if (seq === this.#expectedAfterJump) return this.#restart(seq);
    this.#expectedAfterJump = (seq + 1) & 0xffff;
    return NONE;
  }

  #stale(seq: number): number {
    this.#staleRun += 1;
    return this.#staleRun > MAX_STALE_RUN ? this.#restart(seq) : NONE;
  }

  #restart(seq: number): number {
    this.restarts += 1;
    const next = this.highest + 1;
    return this.#start(next + ((seq - next) & 0xffff));
  }
}
