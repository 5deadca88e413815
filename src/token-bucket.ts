import type { MonoUs } from './units.ts';

/** What a {@link TokenBucket} lets through: so much a second, and so much at once after a rest. */
export interface BucketSize {
  readonly perSecond: number;
  readonly burst: number;
}

/** Lets through what a rate and a burst allow. Begins full; pure. */
export class TokenBucket {
  readonly #size: BucketSize;
  #left: number;
  #filledAt: number | undefined;

  constructor(size: BucketSize) {
    this.#size = size;
    this.#left = size.burst;
  }

  /** Whether `amount` is there now; it is not taken. */
  has(amount: number, now: MonoUs): boolean {
    this.#fill(now);
    return this.#left >= amount;
  }

  /** Takes `amount` if it is there. */
  take(amount: number, now: MonoUs): boolean {
    if (!this.has(amount, now)) return false;
    this.#left -= amount;
    return true;
  }

  /** Whether nothing was taken of late: a full bucket is as good as a new one. */
  isFull(now: MonoUs): boolean {
    return this.has(this.#size.burst, now);
  }

  #fill(now: MonoUs): void {
    const elapsedUs = Math.max(0, now - (this.#filledAt ?? now));
    this.#filledAt = now;
    this.#left = Math.min(this.#size.burst, this.#left + (elapsedUs * this.#size.perSecond) / 1_000_000);
  }
}
