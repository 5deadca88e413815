import ipaddr from 'ipaddr.js';
import { backOffMs } from '../back-off.ts';
import type { Clock } from '../clock.ts';
import type { MonoUs } from '../units.ts';

/** Whoever was quiet for this long begins anew. */
const forgetUs = 900_000_000;
/** Guessers that are remembered; the one that was heard first is forgotten for another. */
const mostRemembered = 10_000;

interface Faults {
  readonly count: number;
  readonly lastUs: MonoUs;
}

/**
 * Waits that grow with wrong guesses: none for the first few, then a second, and up to a minute. While one lasts the
 * right answer is refused as well, or guessing would go on. Kept in memory, by the clock's monotonic time.
 */
export class LockOut {
  readonly #clock: Clock;
  readonly #free: number;
  readonly #faults = new Map<string, Faults>();

  /** `free` guesses cost nothing. */
  constructor(clock: Clock, free: number) {
    this.#clock = clock;
    this.#free = free;
  }

  /** For how many seconds nobody of that name is let in; 0 when the door is open. */
  lockedSeconds(name: string): number {
    const faults = this.#faults.get(name);
    if (!faults || faults.count <= this.#free) return 0;
    const leftMs = backOffMs(faults.count - this.#free) - (this.#clock.monoUs() - faults.lastUs) / 1000;
    return Math.max(0, Math.ceil(leftMs / 1000));
  }

  /** Counts a guess that was wrong, or that may be while it is looked at. */
  strike(name: string): void {
    const now = this.#clock.monoUs();
    const before = this.#faults.get(name);
    const count = before && now - before.lastUs < forgetUs ? before.count + 1 : 1;
    this.#faults.delete(name);
    const [first] = this.#faults.keys();
    if (first !== undefined && this.#faults.size >= mostRemembered) this.#faults.delete(first);
    this.#faults.set(name, { count, lastUs: now });
  }

  /** Forgets what was counted: it was the right answer. */
  clear(name: string): void {
    this.#faults.delete(name);
  }
}

/** Under which name an address is counted; of IPv6 the network, since whoever has one address of it has them all. */
export function sourceOf(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  return parsed.kind() === 'ipv4' ? parsed.toString() : parsed.toByteArray().slice(0, 8).join('.');
}
