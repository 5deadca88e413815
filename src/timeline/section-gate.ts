import type { WallUs } from '../units.ts';
import type { TimedUnit, TrackClock } from './track-clock.ts';

/** Where a gate gets its clock from and puts its units to. */
export interface SectionGateOptions<U extends TimedUnit> {
  readonly clock: TrackClock;
  readonly emit: (unit: U, at: WallUs) => void;
}

/** A timestamp may lie this far in the future before it counts as a jump. */
const AHEAD_US = 500_000;
/** Lateness that rises by this much from one unit to the next is a stalled network or a pause that RTP time slept through. */
const BEHIND_US = 1_000_000;
/** No network holds packets back for longer. */
const STALL_US = 10_000_000;
/** After a stall the units come in a burst and lateness falls; after a pause it stays for at least this long. */
const PAUSE_US = 200_000;
const STALL_FALLS_TO = 0.7;
/** Two units that jumped by the same distance, give or take this, are a jump; one alone is a broken timestamp. */
const SAME_JUMP_US = 300_000;
/** A unit is not held longer than this for a second opinion. */
const HOLD_US = 400_000;
const HOLD_UNITS = 256;

/**
 * Compares RTP time passed with wall time passed and holds a unit whose timestamp cannot be right until the next one
 * tells why: a jump or a pause begins a new section of the clock, a stall or a lone broken timestamp does not. Units
 * pass at once otherwise. Pure.
 */
export class SectionGate<U extends TimedUnit> {
  readonly #clock: TrackClock;
  readonly #emit: (unit: U, at: WallUs) => void;
  #held: U[] = [];
  #lastLateness = 0;
  #outliers = 0;

  constructor(options: SectionGateOptions<U>) {
    this.#clock = options.clock;
    this.#emit = options.emit;
  }

  /** Units placed by arrival because their timestamp stood alone. */
  get outliers(): number {
    return this.#outliers;
  }

  /** Takes the next unit in order. */
  push(unit: U): void {
    if (!this.#clock.started) this.#clock.startSection(unit);
    const first = this.#held[0];
    const lateness = this.#clock.lateness(unit);
    if (first) this.#weigh(first, unit, lateness);
    else if (this.#isDoubtful(lateness)) this.#held.push(unit);
    else this.#release(unit, lateness);
  }

  /** Lets go of units that nothing came after. */
  advance(now: WallUs): void {
    for (let first = this.#held[0]; first && now - first.arrivalUs >= HOLD_US; first = this.#held[0]) {
      this.#startSection(first);
    }
  }

  /** Lets go of everything. */
  flush(): void {
    for (let first = this.#held[0]; first; first = this.#held[0]) this.#startSection(first);
  }

  #isDoubtful(lateness: number): boolean {
    if (lateness < -AHEAD_US || lateness > STALL_US) return true;
    return lateness > BEHIND_US && lateness - this.#lastLateness > BEHIND_US;
  }

  #weigh(first: U, unit: U, lateness: number): void {
    this.#held.push(unit);
    const firstLateness = this.#clock.lateness(first);
    if (firstLateness > 0 && firstLateness <= STALL_US) {
      if (lateness < firstLateness * STALL_FALLS_TO) this.#continueOld(first, firstLateness);
      else if (unit.arrivalUs - first.arrivalUs >= PAUSE_US) this.#startSection(first);
    } else if (unit.rtp !== first.rtp) {
      if (Math.abs(lateness - firstLateness) < SAME_JUMP_US) this.#startSection(first);
      else this.#setAside(first);
    }
    const oldest = this.#held[0];
    if (oldest && this.#held.length >= HOLD_UNITS) this.#startSection(oldest);
  }

  #continueOld(first: U, lateness: number): void {
    this.#release(first, lateness);
    this.#judgeRest();
  }

  #startSection(first: U): void {
    this.#clock.startSection(first);
    this.#release(first, 0);
    this.#judgeRest();
  }

  #setAside(first: U): void {
    this.#outliers++;
    this.#emit(first, this.#clock.placeByArrival(first));
    this.#judgeRest();
  }

  #judgeRest(): void {
    const rest = this.#held.slice(1);
    this.#held = [];
    for (const unit of rest) this.push(unit);
  }

  #release(unit: U, lateness: number): void {
    this.#lastLateness = lateness;
    this.#emit(unit, this.#clock.place(unit));
  }
}
