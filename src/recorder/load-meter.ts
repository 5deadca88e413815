import { micros, type Micros, type MonoUs } from '../units.ts';
import type { RecorderLoad, RecordingPlan } from '../worker-api/messages.ts';
import { TaskCosts } from './task-costs.ts';
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
  /** Whether the spool is as large as it may be, which counts as a full disk; never by default. */
  readonly quotaReached?: () => boolean;
  /** A recorder that is busier than this share of its time, in thousandths, takes no new task. */
  readonly mostBusy: number;
}

/** Weight of the newest second: a change is seen to two thirds after three seconds, and a hiccup is forgotten. */
const NEWEST = 0.3;
/** Less busy than this, a recorder takes one of any kind: nobody else has more to give to what costs a whole core. */
const FREE = 0.1;
/** Behind by this, a recorder takes nothing new whatever its load: it is catching up. */
const LATE_US = 1_000_000;

/**
 * How busy this recorder is and what one more task would cost, both measured. Busy is the share of time in which its thread
 * was at work, which includes waiting for a core that others use; what a task costs, {@link TaskCosts} learns. Pure but for
 * `utilization` and `freeMb`.
 */
export class LoadMeter {
  readonly #options: LoadMeterOptions;
  #last: Utilization;
  #busy = 0;
  #lagUs = micros(0);
  #freeMb: number;
  readonly #costs = new TaskCosts();

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
    this.#costs.sample(now, tasks, { active, onCore });
  }

  /** How far the task that is furthest behind is behind. */
  get lagUs(): Micros {
    return this.#lagUs;
  }

  /** Share of its time, 0 … 1, that the recorder was at work lately. */
  get busy(): number {
    return this.#busy;
  }

  /** Free space of the spool at the last measurement, in MiB. */
  get freeMb(): number {
    return this.#freeMb;
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
    return this.#freeMb < this.#options.leastFreeMb || (this.#options.quotaReached?.() ?? false);
  }

  #takes(mode: Mode, effort: number): boolean {
    if (this.#spoolFull || effort > 0 || this.#lagUs >= LATE_US) return false;
    return this.#busy < FREE || this.#busy + this.#costs.of(mode) <= this.#options.mostBusy / 1000;
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
}
