import { TokenBucket } from '../token-bucket.ts';
import type { MonoUs } from '../units.ts';

/** What one session may send us, in the mean of two seconds. */
export interface IntakeLimits {
  readonly packetsPerSecond: number;
  readonly bitsPerSecond: number;
}

/** Defaults of {@link IntakeLimits}: several times what a publisher of UHD sends. */
export const defaultIntake: IntakeLimits = { packetsPerSecond: 10_000, bitsPerSecond: 50_000_000 };

/** Datagrams that were dropped because their sessions sent more than they may. */
export interface IntakeStats {
  packets: number;
  bytes: number;
}

/** Seconds of a limit that may come at once: a network that was stuck delivers what it held. */
const BURST_S = 2;
/** Between two reports of one session that goes on sending too much, in microseconds. */
const REPORT_US = 30_000_000;

/** Makes the gates of all sessions and counts what they drop together. */
export class Intake {
  readonly #limits: IntakeLimits;
  readonly #dropped: IntakeStats = { packets: 0, bytes: 0 };

  constructor(limits: IntakeLimits = defaultIntake) {
    this.#limits = limits;
  }

  /** The gate of a new session. */
  gate(): PacketGate {
    return new PacketGate(this.#limits, this.#dropped);
  }

  /** Since the start. */
  stats(): Readonly<IntakeStats> {
    return { ...this.#dropped };
  }
}

/** Lets the datagrams of one session through as long as it keeps its limits. */
export class PacketGate {
  readonly #packets: TokenBucket;
  readonly #bits: TokenBucket;
  readonly #total: IntakeStats;
  #dropped = 0;
  #reportedAt = -Infinity;

  constructor({ packetsPerSecond, bitsPerSecond }: IntakeLimits, total: IntakeStats) {
    this.#packets = new TokenBucket({ perSecond: packetsPerSecond, burst: BURST_S * packetsPerSecond });
    this.#bits = new TokenBucket({ perSecond: bitsPerSecond, burst: BURST_S * bitsPerSecond });
    this.#total = total;
  }

  /** Whether a datagram of so many bytes is taken; one that is not is counted. */
  passes(bytes: number, now: MonoUs): boolean {
    if (this.#packets.has(1, now) && this.#bits.take(bytes * 8, now)) return this.#packets.take(1, now);
    this.#dropped += 1;
    this.#total.packets += 1;
    this.#total.bytes += bytes;
    return false;
  }

  /** How many were dropped since the last report; 0 while it is too early for another. */
  report(now: MonoUs): number {
    if (this.#dropped === 0 || now - this.#reportedAt < REPORT_US) return 0;
    const dropped = this.#dropped;
    this.#dropped = 0;
    this.#reportedAt = now;
    return dropped;
  }
}
