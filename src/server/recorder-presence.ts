import type { Clock } from '../clock.ts';
import type { MonoUs } from '../units.ts';
import type { RecorderLoad, RecordingPlan, SyncRequest, SyncResponse } from '../worker-api/messages.ts';
import type { CapacityRefusal } from '../tasks/service.ts';
import type { StatsTree } from './operations.ts';

/** A recorder syncs at least every second or so; after this long without one it does not count. */
const PRESENT_US = 5_000_000;

interface Seen {
  readonly at: MonoUs;
  readonly tasks: number;
  readonly jobs: number;
  readonly load: RecorderLoad;
}

/** A recorder and how it does. */
export interface RecorderCapacity extends RecorderLoad {
  readonly recorder: string;
  readonly tasks: number;
  readonly jobs: number;
}

/** Which recorders are there, as their syncs tell. Kept in memory: leases live in the store, this is for people. */
export class RecorderPresence {
  #clock: Clock;
  #seen = new Map<string, Seen>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Wraps the handling of syncs so that each one is noticed. */
  watching(sync: (request: SyncRequest) => Promise<SyncResponse>): (request: SyncRequest) => Promise<SyncResponse> {
    return (request) => {
      const { recorderId, tasks, jobs, load } = request;
      this.#seen.set(recorderId, { at: this.#clock.monoUs(), tasks: tasks.length, jobs: jobs.length, load });
      return sync(request);
    };
  }

  /** Recorders that died count no more. */
  forget(recorderIds: readonly string[]): void {
    for (const recorderId of recorderIds) this.#seen.delete(recorderId);
  }

  /**
   * Why no recorder would carry one more task of that kind whole; undefined when one would. While none is there at all a
   * task waits for one, as it does when they are restarted.
   */
  refusal(mode: RecordingPlan['mode']): CapacityRefusal | undefined {
    const present = [...this.#present().values()];
    if (present.length === 0 || present.some(({ load }) => load.takes[mode])) return undefined;
    return present.every(({ load }) => load.spoolFull) ? 'spools full' : 'recorders busy';
  }

  /** The recorders that are there by name, and what each of them can still take. */
  capacity(): readonly RecorderCapacity[] {
    return [...this.#present()]
      .map(([recorder, { tasks, jobs, load }]) => ({ recorder, tasks, jobs, ...load }))
      .sort((a, b) => a.recorder.localeCompare(b.recorder));
  }

  /** Recorders that synced lately, what they hold and how they do. */
  stats(): StatsTree {
    const present = [...this.#present().values()];
    const sum = (read: (seen: Seen) => number): number => present.reduce((total, seen) => total + read(seen), 0);
    const most = (read: (load: RecorderLoad) => number): number =>
      Math.max(0, ...present.map(({ load }) => read(load)));
    return {
      connected: present.length,
      tasks: sum(({ tasks }) => tasks),
      jobs: sum(({ jobs }) => jobs),
      busyPermille: {
        mean: present.length > 0 ? Math.round(sum(({ load }) => load.busy) / present.length) : 0,
        most: most(({ busy }) => busy),
      },
      lagMs: most(({ lagMs }) => lagMs),
      effortStep: most(({ effort }) => effort),
      leastFreeMb: present.length > 0 ? Math.min(...present.map(({ load }) => load.freeMb)) : undefined,
      taking: {
        single: sum(({ load }) => Number(load.takes.single)),
        mixed: sum(({ load }) => Number(load.takes.mixed)),
      },
    };
  }

  #present(): ReadonlyMap<string, Seen> {
    const oldest = this.#clock.monoUs() - PRESENT_US;
    for (const [id, { at }] of this.#seen) if (at < oldest) this.#seen.delete(id);
    return this.#seen;
  }
}
