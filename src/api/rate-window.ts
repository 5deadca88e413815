import type { Clock } from '../clock.ts';
import { micros, type MonoUs } from '../units.ts';

const windowUs = micros(1_000_000);

/**
 * Sliding windows of one second, one per key. Refused calls are not counted, so a caller that hammers still gets its
 * share. Memory is bounded by the number of keys (accounts × actions) times the limit.
 */
export class RateWindow {
  readonly #clock: Clock;
  readonly #accepted = new Map<string, MonoUs[]>();

  /** Measures on the clock's monotonic time. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts a call; false when `limit` calls of this key were accepted within the last second. */
  accept(key: string, limit: number): boolean {
    const now = this.#clock.monoUs();
    const recent = (this.#accepted.get(key) ?? []).filter((at) => now - at < windowUs);
    const accepted = recent.length < limit;
    if (accepted) recent.push(now);
    this.#accepted.set(key, recent);
    return accepted;
  }
}
