import { createHash, timingSafeEqual } from 'node:crypto';
import { LockOut, sourceOf } from '../accounts/lock-out.ts';
import type { Clock } from '../clock.ts';

/** Wrong tokens of an address that cost it nothing. */
const freeFaults = 5;

/** Whether a request may go on, or why not; `locked` says for how many seconds. */
export type Access = 'granted' | 'missing' | 'wrong' | { readonly lockedSeconds: number };

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * Judges bearer tokens. From the sixth wrong one of an address on it is locked after each, for a second at first and up
 * to a minute. The right one always passes: it is too long to be guessed, and behind a proxy everybody has the same address.
 */
export class AdminAccess {
  readonly #token: Buffer;
  readonly #faults: LockOut;

  /** Locks are measured by the clock's monotonic time. */
  constructor(token: string, clock: Clock) {
    this.#token = digest(token);
    this.#faults = new LockOut(clock, freeFaults);
  }

  /** Judges the Authorization header of a request from that address. A request without one is not a guess. */
  judge(address: string, authorization: string | undefined): Access {
    const given = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
    if (given === undefined) return 'missing';
    if (timingSafeEqual(digest(given), this.#token)) return 'granted';
    const source = sourceOf(address);
    const lockedSeconds = this.#faults.lockedSeconds(source);
    if (lockedSeconds > 0) return { lockedSeconds };
    this.#faults.strike(source);
    return 'wrong';
  }
}
