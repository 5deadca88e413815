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
    const calls = this.#accepted.get(key) ?? [];
    // In the order of time, so nearly always there is nothing to look through.
    const recent = calls.findIndex((at) => now - at < windowUs);
    calls.splice(0, recent < 0 ? calls.length : recent);
    const accepted = calls.length < limit;
    if (accepted) calls.push(now);
    this.#accepted.set(key, calls);
    return accepted;
  }
}
