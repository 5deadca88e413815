import type { WallUs } from '../units.ts';

/** A unit with the time it is shown from. */
export interface QueuedUnit<Unit> {
  readonly unit: Unit;
  readonly at: WallUs;
}

/** 34 s of 30 fps or 20 s of Opus packets: far above what waits for a window, far below what hurts. */
const defaultCapacity = 1024;

/**
 * Coded pictures or sounds that wait for their window, in decoding order and with times that never fall. A unit that is stamped
 * earlier than one before it pulls that one down: one wild stamp must not hold the source back. Pure.
 */
export class UnitQueue<Unit extends { readonly at: WallUs }> {
  readonly #capacity: number;
  readonly #units: { unit: Unit; at: WallUs }[] = [];
  #head = 0;

  constructor(capacity: number = defaultCapacity) {
    this.#capacity = capacity;
  }

  /** Units that wait. */
  get length(): number {
    return this.#units.length - this.#head;
  }

  /** Appends; false when the queue is full and the unit was refused. */
  push(unit: Unit): boolean {
    if (this.length >= this.#capacity) return false;
    for (let i = this.#units.length - 1; i >= this.#head; i--) {
      const waiting = this.#units[i]!;
      if (waiting.at <= unit.at) break;
      waiting.at = unit.at;
    }
    this.#units.push({ unit, at: unit.at });
    return true;
  }

  /** Takes the oldest unit if it is shown no later than `until`. */
  take(until: WallUs): QueuedUnit<Unit> | undefined {
    const first = this.#units[this.#head];
    if (!first || first.at > until) return undefined;
    this.#head += 1;
    if (this.#head > 64 && this.#head * 2 > this.#units.length) this.#compact();
    return first;
  }

  /** Drops everything; gives how many that were. */
  clear(): number {
    const dropped = this.length;
    this.#units.length = 0;
    this.#head = 0;
    return dropped;
  }

  #compact(): void {
    this.#units.splice(0, this.#head);
    this.#head = 0;
  }
}
