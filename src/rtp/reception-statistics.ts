import type { MonoUs } from '../units.ts';
import type { ReportBlock } from './rtcp-packet.ts';
import { middleNtp } from './ntp.ts';
import { timestampDelta } from './unwrap.ts';

/** A step between two packets of more than this many seconds is a jump of the clock, not jitter. */
const MAX_TRANSIT_STEP_S = 5;

/** What a report block says about one stream: loss (RFC 3550 A.3) and jitter (A.8), before any repair. */
export class ReceptionStatistics {
  readonly #clockRate: number;
  #received = 0;
  #base = -1;
  #highest = 0;
  #expectedBefore = 0;
  #receivedBefore = 0;
  #jitter = 0;
  #lastArrival = -1;
  #lastTimestamp = 0;
  #lastSenderReport = 0;
  #lastSenderReportAt = 0;

  constructor(clockRate: number) {
    this.#clockRate = clockRate;
  }

  /** Notes a packet of the stream itself, not a repair; `extended` as `SequenceWindow` gives it. */
  packet(extended: number, timestamp: number, at: MonoUs): void {
    if (this.#base < 0) this.#base = extended;
    if (extended > this.#highest) this.#highest = extended;
    this.#received += 1;
    const arrival = (at * this.#clockRate) / 1_000_000;
    if (this.#lastArrival >= 0)
      this.#transit(arrival - this.#lastArrival, timestampDelta(timestamp, this.#lastTimestamp));
    this.#lastArrival = arrival;
    this.#lastTimestamp = timestamp;
  }

  /** The stream starts counting anew: its sender did. */
  restart(): void {
    this.#base = -1;
    this.#received = 0;
    this.#expectedBefore = 0;
    this.#receivedBefore = 0;
    this.#lastArrival = -1;
  }

  senderReport(ntpSeconds: number, ntpFraction: number, at: MonoUs): void {
    this.#lastSenderReport = middleNtp(ntpSeconds, ntpFraction);
    this.#lastSenderReportAt = at;
  }

  /** The block for the time since the last call; undefined before the first packet. */
  report(ssrc: number, now: MonoUs): ReportBlock | undefined {
    if (this.#base < 0) return undefined;
    const expected = this.#highest - this.#base + 1;
    const block: ReportBlock = {
      ssrc,
      fractionLost: this.#fractionLost(expected),
      cumulativeLost: Math.min(Math.max(expected - this.#received, -0x80_0000), 0x7f_ffff),
      // Our numbers start one cycle up so that they never turn negative.
      highestSeq: (this.#highest - 0x1_0000) >>> 0,
      jitter: Math.floor(this.#jitter),
      lastSenderReport: this.#lastSenderReport,
      delaySinceLastSenderReport: this.#delay(now),
    };
    this.#expectedBefore = expected;
    this.#receivedBefore = this.#received;
    return block;
  }

  #transit(arrivalStep: number, timestampStep: number): void {
    const step = Math.abs(arrivalStep - timestampStep);
    if (step < this.#clockRate * MAX_TRANSIT_STEP_S) this.#jitter += (step - this.#jitter) / 16;
  }

  #fractionLost(expected: number): number {
    const expectedNow = expected - this.#expectedBefore;
    const lost = expectedNow - (this.#received - this.#receivedBefore);
    return expectedNow <= 0 || lost <= 0 ? 0 : Math.min(Math.floor((lost * 256) / expectedNow), 255);
  }

  #delay(now: MonoUs): number {
    if (this.#lastSenderReport === 0) return 0;
    return Math.min(Math.floor(((now - this.#lastSenderReportAt) * 65_536) / 1_000_000), 0xffff_ffff);
  }
}
