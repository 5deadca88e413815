import type { WallUs } from '../units.ts';
import { WindowedMin } from './windowed-min.ts';

const BUCKET_US = 5_000_000;
/** One minute: long enough to ride out a congested link, short enough for 100 ppm to be 6 ms. */
const BUCKETS = 12;
/** The first reports of a session may have been held up; while it is this young the least delay is taken at once. */
const SETTLE_US = 5_000_000;
/** Steers in steps of this much arrival time so that integer microseconds do not round the correction away. */
const STEER_EVERY_US = 20_000;
/** An error is worked off with this time constant: a 100 ppm drift is followed 1 ms behind, a 50 ms jump at 5 ms a second. */
const SLEW_TIME_US = 10_000_000;
/** A report comes late on a bad link, and early by what a congested minute has hidden. */
const EARLY_US = 500_000;
const LATE_US = 1_000_000;
/** A unit earlier than this says more about its own timestamp than about the sender's clock. */
const UNIT_EARLY_US = 50_000;

/**
 * The offset of one publisher's NTP clock to ours, shared by the session's tracks so that they cannot drift apart
 * (design §3.1). Arrival bounds it: nothing arrives before it was sent, so the least of (arrival − sender's time) over a
 * minute is the offset plus the least network delay. Pure: time comes in with the samples.
 */
export class SessionClock {
  #window = new WindowedMin(BUCKET_US, BUCKETS);
  #offset: number | undefined;
  #startedUs = 0;
  #steeredUs = 0;
  #generation = 0;

  /** Microseconds to add to the sender's time to get ours; undefined before the first report of any track. */
  get offsetUs(): number | undefined {
    return this.#offset;
  }

  /** Rises when the sender's clock was set anew: what was learnt from its earlier reports no longer counts. */
  get generation(): number {
    return this.#generation;
  }

  /** Takes a sender report's NTP time, in microseconds, and its arrival. */
  observeReport(ntpUs: number, arrivalUs: WallUs): void {
    const sample = arrivalUs - ntpUs;
    this.#window.add(arrivalUs, sample);
    if (this.#offset === undefined) this.#start(sample, arrivalUs);
    else this.#follow(this.#offset, arrivalUs);
  }

  /** Takes the sender's time of a unit, known by an earlier report, and the arrival of its first packet. */
  observeUnit(senderUs: number, arrivalUs: WallUs): void {
    if (this.#offset === undefined) return;
    const sample = arrivalUs - senderUs;
    if (sample >= this.#offset - UNIT_EARLY_US || this.#isYoung(arrivalUs)) this.#window.add(arrivalUs, sample);
    this.#follow(this.#offset, arrivalUs);
  }

  /** Whether a report's NTP time fits the sender's clock as it is known; true when nothing is known yet. */
  fits(ntpUs: number, arrivalUs: WallUs): boolean {
    if (this.#offset === undefined) return true;
    const late = arrivalUs - ntpUs - this.#offset;
    return late <= LATE_US && late >= (this.#isYoung(arrivalUs) ? -LATE_US : -EARLY_US);
  }

  /** The sender's clock was set to another time: starts over from this report. */
  restart(ntpUs: number, arrivalUs: WallUs): void {
    this.#window.clear();
    this.#offset = undefined;
    this.#generation++;
    this.observeReport(ntpUs, arrivalUs);
  }

  #isYoung(arrivalUs: number): boolean {
    return arrivalUs - this.#startedUs < SETTLE_US;
  }

  #start(sample: number, arrivalUs: number): void {
    this.#offset = sample;
    this.#startedUs = arrivalUs;
    this.#steeredUs = arrivalUs;
  }

  #follow(offset: number, arrivalUs: number): void {
    const passed = Math.min(arrivalUs - this.#steeredUs, 1_000_000);
    if (this.#isYoung(arrivalUs)) this.#offset = this.#window.min;
    else if (passed >= STEER_EVERY_US) this.#offset = offset + this.#correction(this.#window.min - offset, passed);
    else return;
    this.#steeredUs = arrivalUs;
  }

  #correction(error: number, passed: number): number {
    return Number.isFinite(error) ? Math.round((error * passed) / SLEW_TIME_US) : 0;
  }
}
