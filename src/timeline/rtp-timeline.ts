import type { RtpTicks, WallUs } from '../units.ts';

const CYCLE = 2 ** 32;

/**
 * Unwraps one stream's 32-bit RTP time and turns it into microseconds. Arrival time tells which cycle a timestamp
 * belongs to, so a track that was silent for more than half a cycle (6.6 h at 90 kHz) still comes back in the right one.
 */
export class RtpTimeline {
  readonly #clockRate: number;
  #ticks = 0;
  #arrivalUs = 0;
  #started = false;

  constructor(clockRate: number) {
    this.#clockRate = clockRate;
  }

  /** Microseconds of the stream's own time for a timestamp met at `arrivalUs`; rounded from the absolute tick count. */
  toMicros(rtp: RtpTicks, arrivalUs: WallUs): number {
    return Math.round((this.#unwrap(rtp, arrivalUs) / this.#clockRate) * 1e6);
  }

  /** Makes a timestamp that proved sound the reference for the ones to come. */
  settle(rtp: RtpTicks, arrivalUs: WallUs): void {
    this.#ticks = this.#unwrap(rtp, arrivalUs);
    this.#arrivalUs = arrivalUs;
    this.#started = true;
  }

  #unwrap(rtp: number, arrivalUs: number): number {
    if (!this.#started) return rtp;
    const expected = this.#ticks + Math.round(((arrivalUs - this.#arrivalUs) / 1e6) * this.#clockRate);
    const phase = ((expected % CYCLE) + CYCLE) % CYCLE;
    return expected + ((rtp - phase) | 0);
  }
}
