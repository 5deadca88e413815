/** The two clocks of the machine that a steady wall clock is made of. */
export interface MachineClocks {
  /** CLOCK_MONOTONIC in microseconds: the same in every process of the machine. */
  readonly monotonicUs: () => number;
  /** The machine's wall clock in microseconds; it may be stepped at any time. */
  readonly wallUs: () => number;
}

/** As NTP slews: half a millisecond a second is nothing to a recording. */
const SLEW = 500e-6;
/** `Date.now` has whole milliseconds; less than two of them are no difference. */
const DEAD_BAND_US = 2_000;
/** A machine that slept, or got the time after it booted: the hours did pass, and a recording keeps them as a gap. */
const FOLLOW_FORWARD_US = 10_000_000;
const LOOK_EVERY_US = 250_000;

/**
 * Wall time that media can be placed by: it follows the machine's wall clock, but never runs backward and is not thrown
 * by small steps, which would crush or tear what is being recorded. All processes of an installation begin with the
 * same offset, so that their times compare.
 */
export class SteadyWall {
  readonly #clocks: MachineClocks;
  #offsetUs: number;
  #lookedAt: number;

  /** `offsetUs` is wall time less monotonic time, as another process of the installation has it; measured when absent. */
  constructor(clocks: MachineClocks, offsetUs?: number) {
    this.#clocks = clocks;
    this.#lookedAt = clocks.monotonicUs();
    this.#offsetUs = offsetUs ?? Math.round(clocks.wallUs() - this.#lookedAt);
  }

  /** Wall time less monotonic time now, to hand to a process that begins. */
  get offsetUs(): number {
    return Math.round(this.#offsetUs);
  }

  /** Microseconds since the epoch, whole. */
  nowUs(): number {
    const now = this.#clocks.monotonicUs();
    if (now - this.#lookedAt >= LOOK_EVERY_US) this.#approach(now);
    return Math.round(now + this.#offsetUs);
  }

  #approach(now: number): void {
    const off = this.#clocks.wallUs() - (now + this.#offsetUs);
    const most = (now - this.#lookedAt) * SLEW;
    this.#lookedAt = now;
    if (off > FOLLOW_FORWARD_US) this.#offsetUs += off;
    else if (Math.abs(off) > DEAD_BAND_US) this.#offsetUs += Math.max(-most, Math.min(most, off));
  }
}
