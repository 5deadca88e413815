import { createHash, timingSafeEqual } from 'node:crypto';
import ipaddr from 'ipaddr.js';
import { backOffMs } from '../back-off.ts';
import type { Clock } from '../clock.ts';
import type { MonoUs } from '../units.ts';

/** Wrong tokens of an address that cost it nothing. */
const freeFaults = 5;
/** An address that was quiet for this long begins anew. */
const forgetUs = 900_000_000;
/** Addresses that are remembered; the one that was heard first is forgotten for another. */
const mostAddresses = 10_000;

interface Faults {
  readonly count: number;
  readonly lastUs: MonoUs;
}

/** Whether a request may go on, or why not; `locked` says for how many seconds. */
export type Access = 'granted' | 'missing' | 'wrong' | { readonly lockedSeconds: number };

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * Judges bearer tokens. From the sixth wrong one of an address on it is locked after each, for a second at first and up
 * to a minute; while it is, the right token is refused as well, or guessing would go on.
 */
export class AdminAccess {
  readonly #token: Buffer;
  readonly #clock: Clock;
  readonly #faults = new Map<string, Faults>();

  /** Locks are measured by the clock's monotonic time. */
  constructor(token: string, clock: Clock) {
    this.#token = digest(token);
    this.#clock = clock;
  }

  /** Judges the Authorization header of a request from that address. A request without one is not a guess. */
  judge(address: string, authorization: string | undefined): Access {
    const given = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
    if (given === undefined) return 'missing';
    const source = sourceOf(address);
    const lockedMs = this.#lockedMs(source);
    if (lockedMs > 0) return { lockedSeconds: Math.ceil(lockedMs / 1000) };
    if (!timingSafeEqual(digest(given), this.#token)) return this.#fault(source);
    this.#faults.delete(source);
    return 'granted';
  }

  #lockedMs(source: string): number {
    const faults = this.#faults.get(source);
    if (!faults || faults.count <= freeFaults) return 0;
    return backOffMs(faults.count - freeFaults) - (this.#clock.monoUs() - faults.lastUs) / 1000;
  }

  #fault(source: string): 'wrong' {
    const now = this.#clock.monoUs();
    const before = this.#faults.get(source);
    const count = before && now - before.lastUs < forgetUs ? before.count + 1 : 1;
    this.#faults.delete(source);
    const [first] = this.#faults.keys();
    if (first !== undefined && this.#faults.size >= mostAddresses) this.#faults.delete(first);
    this.#faults.set(source, { count, lastUs: now });
    return 'wrong';
  }
}

/** Of IPv6 the network: whoever has one address of it has them all. */
function sourceOf(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  return parsed.kind() === 'ipv4' ? parsed.toString() : parsed.toByteArray().slice(0, 8).join('.');
}
