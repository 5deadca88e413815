import { micros, type Micros, type MonoUs } from '../units.ts';

/** When a renewal was asked for and when it was answered. */
export interface RenewalTimes {
  readonly sent: MonoUs;
  readonly answered: MonoUs;
}

/**
 * Knows until when this process may act on what it holds. A lease runs from the moment the renewing request was *sent*,
 * on the monotonic clock: a process that was stopped and woken finds itself expired before it writes (design, invariant 4).
 */
export class LeaseKeeper<Key> {
  #deadlines = new Map<Key, MonoUs>();
  #leaseUs: Micros = micros(0);

  /** Takes a newly granted lease. */
  grant(key: Key, sentAt: MonoUs, leaseMs: number): void {
    this.#leaseUs = micros(leaseMs * 1000);
    this.#deadlines.set(key, (sentAt + this.#leaseUs) as MonoUs);
  }

  /**
   * Applies an answered renewal of the keys that were asked for. Returns the keys the server did not keep, and those that
   * had run out when the answer came, since others may have acted on that; they are forgotten here and must be abandoned
   * at once.
   */
  renewed(asked: Iterable<Key>, kept: ReadonlySet<Key>, at: RenewalTimes, leaseMs: number): Key[] {
    const lost: Key[] = [];
    for (const key of asked) {
      const deadline = this.#deadlines.get(key);
      if (deadline === undefined) continue;
      if (kept.has(key) && at.answered < deadline) this.grant(key, at.sent, leaseMs);
      else if (this.#deadlines.delete(key)) lost.push(key);
    }
    return lost;
  }

  /** Keys whose lease has run out; they are forgotten here and must be abandoned at once. */
  expired(now: MonoUs): Key[] {
    const gone = [...this.#deadlines].filter(([, deadline]) => now >= deadline).map(([key]) => key);
    for (const key of gone) this.#deadlines.delete(key);
    return gone;
  }

  /** Gives a lease back, or forgets one that ended. */
  release(key: Key): void {
    this.#deadlines.delete(key);
  }

  /** True while the lease is held and has not run out. */
  holds(key: Key, now: MonoUs): boolean {
    const deadline = this.#deadlines.get(key);
    return deadline !== undefined && now < deadline;
  }

  /** Everything held. */
  keys(): Key[] {
    return [...this.#deadlines.keys()];
  }
}
