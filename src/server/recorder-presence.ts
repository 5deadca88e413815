import type { Clock } from '../clock.ts';
import type { MonoUs } from '../units.ts';
import type { SyncRequest, SyncResponse } from '../worker-api/messages.ts';
import type { StatsTree } from './operations.ts';

/** A recorder syncs at least every second or so; after this long without one it does not count. */
const PRESENT_US = 5_000_000;

interface Seen {
  readonly at: MonoUs;
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
      const { recorderId, tasks, jobs } = request;
      this.#seen.set(recorderId, { at: this.#clock.monoUs(), tasks: tasks.length, jobs: jobs.length });
      return sync(request);
    };
  }

  /** Recorders that synced lately, and what they hold. */
  stats(): StatsTree {
    const oldest = this.#clock.monoUs() - PRESENT_US;
    for (const [id, { at }] of this.#seen) if (at < oldest) this.#seen.delete(id);
    const present = [...this.#seen.values()];
    const sum = (read: (seen: Seen) => number): number => present.reduce((total, seen) => total + read(seen), 0);
    return { connected: present.length, tasks: sum(({ tasks }) => tasks), jobs: sum(({ jobs }) => jobs) };
  }
}
