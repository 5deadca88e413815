import { micros, type Micros, type MonoUs } from '../units.ts';
import type { RecorderLoad, RecordingPlan } from '../worker-api/messages.ts';
import type { TaskLoad } from './task-load.ts';

type Mode = RecordingPlan['mode'];

/** Times since the process began, in milliseconds. */
export interface Utilization {
  /** The thread was at work, whether it had a core or waited for one. */
  readonly active: number;
  /** The process had a core. */
  readonly cpu: number;
  readonly total: number;
}

/** What a {@link LoadMeter} measures by. */
export interface LoadMeterOptions {
  readonly utilization: () => Utilization;
  /** Free space of the spool, in MiB; infinite when that cannot be told. */
  readonly freeMb: () => number;
  /** With less than this, in MiB, no new task is taken, so that those that run have it. */
  readonly leastFreeMb: number;
  /** A recorder that is busier than this share of its time, in thousandths, takes no new task. */
  readonly mostBusy: number;
}

/** Weight of the newest second: a change is seen to two thirds after three seconds, and a hiccup is forgotten. */
const NEWEST = 0.3;
/** What a task is taken to cost, in shares of a core, before one of its kind was measured here. */
const UNMEASURED: Readonly<Record<Mode, number>> = { single: 0.03, mixed: 0.2 };
/** What was measured is forgotten to two thirds in a minute. */
const FORGET = 1 / 60;
/** A cost is learnt from seconds in which at least this share of the time was work of its kind: less is mostly noise. */
const LEAST_SHARE = 0.005;
/** Less busy than this, a recorder takes one of any kind: nobody else has more to give to what costs a whole core. */
const FREE = 0.1;
/** Behind by this, a recorder takes nothing new whatever its load: it is catching up. */
const LATE_US = 1_000_000;

/**
 * How busy this recorder is and what one more task would cost, both measured. Busy is the share of time in which its thread
 * was at work, which includes waiting for a core that others use; the cost is the share of a core that a task of its kind
 * took. Pure but for `utilization`.
 */
export class LoadMeter {
  readonly #options: LoadMeterOptions;
  #last: Utilization;
  #lastUs: MonoUs | undefined;
  #spentUs = 0;
  #busy = 0;
  #lagUs = micros(0);
  #freeMb: number;
  readonly #costs = new Map<Mode, number>();

  constructor(options: LoadMeterOptions) {
    this.#options = options;
    this.#last = options.utilization();
    this.#freeMb = options.freeMb();
  }

  /** Takes a measurement; once a second. */
  sample(now: MonoUs, tasks: readonly TaskLoad[]): void {
    const { active, onCore } = this.#sharesSince();
    this.#busy += NEWEST * (active - this.#busy);
    this.#lagUs = micros(Math.max(0, ...tasks.map(({ lagUs }) => lagUs)));
    this.#freeMb = this.#options.freeMb();
    const passed = this.#lastUs === undefined ? 0 : now - this.#lastUs;
    this.#lastUs = now;
    const mixing = this.#mixingSince(tasks, passed);
    if (mixing === undefined) this.#forget();
    else this.#learn(tasks, active * onCore, mixing * onCore);
  }

  /** How far the task that is furthest behind is behind. */
  get lagUs(): Micros {
    return this.#lagUs;
  }

  /** Share of its time, 0 … 1, that the recorder was at work lately. */
  get busy(): number {
    return this.#busy;
  }

  /** What the server is told. */
  load(effort: number): RecorderLoad {
    return {
      busy: Math.round(Math.min(1, this.#busy) * 1000),
      lagMs: Math.round(this.#lagUs / 1000),
      effort,
      freeMb: Math.min(Math.floor(this.#freeMb), Number.MAX_SAFE_INTEGER),
      spoolFull: this.#spoolFull,
      takes: { single: this.#takes('single', effort), mixed: this.#takes('mixed', effort) },
    };
  }

  get #spoolFull(): boolean {
    return this.#freeMb < this.#options.leastFreeMb;
  }

  #takes(mode: Mode, effort: number): boolean {
    if (this.#spoolFull || effort > 0 || this.#lagUs >= LATE_US) return false;
    const cost = this.#costs.get(mode) ?? UNMEASURED[mode];
    return this.#busy < FREE || this.#busy + cost <= this.#options.mostBusy / 1000;
  }

  /** Share of the time at work, and which part of that with a core. */
  #sharesSince(): { active: number; onCore: number } {
    const now = this.#options.utilization();
    const before = this.#last;
    this.#last = now;
    const total = now.total - before.total;
    const active = now.active - before.active;
    if (total <= 0 || active <= 0) return { active: 0, onCore: 1 };
    return { active: active / total, onCore: Math.min(1, (now.cpu - before.cpu) / active) };
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
    const known = this.#costs.get(mode) ?? measured;
    if (known === undefined) return;
    const [weight, towards] = measured === undefined ? [FORGET, UNMEASURED[mode]] : [NEWEST, measured];
    this.#costs.set(mode, known + weight * (towards - known));
  }
}
