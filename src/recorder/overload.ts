import type { Micros, MonoUs } from '../units.ts';

/** Behind by this at two samples in a row, a second apart, a step is taken: one alone is a hiccup of the machine. */
const LATE_US = 1_500_000;
/** A step that has brought the lag down to this share is enough: what is left is being caught up with. */
const HELPED = 0.75;
/** Behind by less than this, a recorder keeps up. */
const PROMPT_US = 300_000;
/** A step needs this long to show what it gives. */
const SETTLE_US = 3_000_000;
/** Keeping up for this long with time to spare, the last step is taken back. */
const CALM_US = 15_000_000;
/** A step that had to be taken again soon after it was taken back is tried ever more rarely. */
const LONGEST_CALM_US = 300_000_000;
const RELAPSE_US = 60_000_000;
/** Share of its time up to which a recorder has time to spare. What turns out too bold is tried more rarely. */
const SPARE = 0.75;
/** Below this there is nothing to leave out any more. */
const IDLE = 0.05;

/** What {@link Overload} is told once a second. */
export interface OverloadSample {
  readonly at: MonoUs;
  readonly lagUs: Micros;
  /** 0 … 1. */
  readonly busy: number;
}

/**
 * Decides how much is left out: a step more while the recorder falls behind, one less when it has kept up for a while.
 * It never takes a step to be on the safe side; what admission let in should be carried whole. Pure.
 */
export class Overload {
  readonly #steps: number;
  #step = 0;
  #late = false;
  #changedUs = -Infinity;
  #changedLagUs = 0;
  #calmSinceUs: number | undefined;
  #calmUs = CALM_US;
  #restoredUs = -Infinity;

  /** `steps`: how many there are, the first of which leaves nothing out. */
  constructor(steps: number) {
    this.#steps = steps;
  }

  /** The step that holds now, 0 when everything is done. */
  get step(): number {
    return this.#step;
  }

  /** Takes a sample; answers the step that holds from now on. */
  sample({ at, lagUs, busy }: OverloadSample): number {
    const late = lagUs >= LATE_US;
    if (late && this.#late && !this.#isHelping(at, lagUs)) this.#worsen(at, lagUs);
    this.#late = late;
    if (lagUs > PROMPT_US || busy > SPARE) this.#calmSinceUs = undefined;
    else this.#calmSinceUs ??= at;
    const calm = this.#calmSinceUs !== undefined && at - this.#calmSinceUs >= this.#calmUs;
    if (this.#step > 0 && (calm || busy < IDLE)) this.#improve(at);
    return this.#step;
  }

  /** Whether the last step is too young to be judged, or is seen to help. */
  #isHelping(at: MonoUs, lagUs: Micros): boolean {
    return at - this.#changedUs < SETTLE_US || (this.#step > 0 && lagUs < HELPED * this.#changedLagUs);
  }

  #worsen(at: MonoUs, lagUs: Micros): void {
    if (this.#step === this.#steps - 1) return;
    const relapsed = at - this.#restoredUs < RELAPSE_US;
    if (relapsed) this.#calmUs = Math.min(2 * this.#calmUs, LONGEST_CALM_US);
    else if (this.#step === 0) this.#calmUs = CALM_US;
    // One relapse may take several steps; it is one mistake.
    this.#restoredUs = -Infinity;
    this.#step += 1;
    this.#changedLagUs = lagUs;
    this.#changedUs = at;
    this.#calmSinceUs = undefined;
  }

  #improve(at: MonoUs): void {
    this.#step -= 1;
    this.#changedUs = at;
    this.#restoredUs = at;
    this.#calmSinceUs = undefined;
  }
}
