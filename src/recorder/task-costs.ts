import type { MonoUs } from '../units.ts';
import type { RecordingPlan } from '../worker-api/messages.ts';
import type { TaskLoad } from './task-load.ts';

type Mode = RecordingPlan['mode'];

/** Weight of the newest second. */
const NEWEST = 0.3;
/** What a task is taken to cost, in shares of a core, before one of its kind was measured here. */
const UNMEASURED: Readonly<Record<Mode, number>> = { single: 0.03, mixed: 0.2 };
/** What was measured is forgotten to two thirds in a minute. */
const FORGET = 1 / 60;
/** A cost is learnt from seconds in which at least this share of the time was work of its kind: less is mostly noise. */
const LEAST_SHARE = 0.005;
/** What a process did since the sample before. */
export interface Work {
  /** Share of the time in which its thread was at work. */
  readonly active: number;
  /** Part of that with a core; the rest it waited for one. */
  readonly onCore: number;
}

/** Learns what one more task of a kind would cost, in shares of a core, from those that run. Pure. */
export class TaskCosts {
  readonly #known = new Map<Mode, number>();
  #lastUs: MonoUs | undefined;
  #spentUs = 0;

  /** Share of a core that a task of that kind takes. */
  of(mode: Mode): number {
    return this.#known.get(mode) ?? UNMEASURED[mode];
  }

  /** Takes a measurement; once a second. */
  sample(now: MonoUs, tasks: readonly TaskLoad[], { active, onCore }: Work): void {
    const passed = this.#lastUs === undefined ? 0 : now - this.#lastUs;
    this.#lastUs = now;
    const mixing = this.#mixingSince(tasks, passed);
    if (mixing === undefined) this.#forget();
    else this.#learn(tasks, active * onCore, mixing * onCore);
  }

  /** Share of the time that went into mixes; unknown when one has ended, since what it had spent left the sum with it. */
  #mixingSince(tasks: readonly TaskLoad[], passed: number): number | undefined {
    const spent = tasks.reduce((sum, { mode, spentUs }) => (mode === 'mixed' ? sum + spentUs : sum), 0);
    const more = spent - this.#spentUs;
    this.#spentUs = spent;
    return passed > 0 && more >= 0 ? more / passed : undefined;
  }

  /** What is no mixing is reading and writing packets, which every task with media has its part in. */
  #learn(tasks: readonly TaskLoad[], active: number, mixing: number): void {
    const count = (mode: Mode): number => tasks.filter((task) => task.mode === mode && task.flowing).length;
    const [singles, mixes] = [count('single'), count('mixed')];
    const each = Math.max(0, active - mixing) / Math.max(1, singles + mixes);
    this.#take('single', singles > 0 && active >= LEAST_SHARE ? each : undefined);
    this.#take('mixed', mixes > 0 && mixing >= LEAST_SHARE ? mixing / mixes + each : undefined);
  }

  #forget(): void {
    this.#take('single', undefined);
    this.#take('mixed', undefined);
  }

  /** What was not measured for a while is supposed again: a task that is refused for its cost can never show it anew. */
  #take(mode: Mode, measured: number | undefined): void {
    const known = this.#known.get(mode) ?? measured;
    if (known === undefined) return;
    const [weight, towards] = measured === undefined ? [FORGET, UNMEASURED[mode]] : [NEWEST, measured];
    this.#known.set(mode, known + weight * (towards - known));
  }
}
