import type { Clock } from '../clock.ts';
import type { Bell } from '../store/bell.ts';
import type { SyncRequest, SyncResponse } from './messages.ts';

const longestHoldMs = 1000;

/**
 * How long a sync with nothing to say is held, in milliseconds: half of the shortest time a recorder with such leases
 * waits for an answer.
 */
export const holdFor = (leaseMs: number): number => Math.min(longestHoldMs, Math.floor(leaseMs / 6));

/** Recorders remembered for what they were told; the longest silent is forgotten first. */
const recorderLimit = 512;

/** What holding needs. */
export interface SyncHoldOptions {
  readonly sync: (request: SyncRequest) => Promise<SyncResponse>;
  /** Rings when there may be something to say. */
  readonly work: Bell;
  readonly clock: Clock;
}

interface Waiter {
  readonly tasks: number;
  /** Tenths of its time at work: smaller differences are chance. */
  readonly busy: number;
  readonly wake: () => void;
}

interface BellWait {
  /** Resolves when there may be news, the recorder hung up, or the time is over. */
  readonly rung: (mostMs: number) => Promise<void>;
  readonly cancel: () => void;
}

const stopText = ({ taskId, leaveCode }: SyncResponse['stops'][number]): string => `${taskId} ${leaveCode}`;

/** Holds syncs until there is news for the recorder, at most {@link holdFor} its lease. */
export class SyncHold {
  readonly #options: SyncHoldOptions;
  readonly #waiters = new Set<Waiter>();
  /** Stops each recorder knows of: repeated in every answer, but news only once. */
  readonly #told = new Map<string, ReadonlySet<string>>();
  readonly #stopListening: () => void;
  #closed = false;

  constructor(options: SyncHoldOptions) {
    this.#options = options;
    this.#stopListening = options.work.onRing(() => this.#wakeAll());
  }

  /** Whether {@link close} was called. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Syncs held at the moment. */
  stats(): { readonly held: number } {
    return { held: this.#waiters.size };
  }

  /** Lets every held sync answer and holds none from now on. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#stopListening();
    this.#wakeAll();
  }

  /** Answers a sync; `gone` tells that the recorder hung up, so that nothing is claimed for it. */
  async answer(request: SyncRequest, gone: AbortSignal): Promise<SyncResponse | undefined> {
    const begun = this.#options.clock.monoUs();
    for (;;) {
      // Listening begins before the look, or what is committed between the two would wait for the deadline.
      const bell = this.#listen(request, gone);
      const response = await this.#look(request, bell);
      const leftMs = holdFor(response.leaseMs) - (this.#options.clock.monoUs() - begun) / 1000;
      if (this.#isNews(request, response) || this.#closed || leftMs <= 0) {
        bell.cancel();
        this.#remember(request.recorderId, response);
        return response;
      }
      await bell.rung(leftMs);
      if (gone.aborted) return undefined;
    }
  }

  async #look(request: SyncRequest, bell: BellWait): Promise<SyncResponse> {
    try {
      return await this.#options.sync(request);
    } catch (error) {
      bell.cancel();
      throw error;
    }
  }

  #isNews(request: SyncRequest, response: SyncResponse): boolean {
    const told = this.#told.get(request.recorderId);
    return (
      response.newTasks.length > 0 ||
      response.newJobs.length > 0 ||
      response.changes.length > 0 ||
      response.keptTasks.length < request.tasks.length ||
      response.keptJobs.length < request.jobs.length ||
      response.stops.some((stop) => !told?.has(stopText(stop)))
    );
  }

  #remember(recorderId: string, response: SyncResponse): void {
    this.#told.delete(recorderId);
    this.#told.set(recorderId, new Set(response.stops.map(stopText)));
    if (this.#told.size > recorderLimit) this.#told.delete(this.#told.keys().next().value ?? '');
  }

  #listen(request: SyncRequest, gone: AbortSignal): BellWait {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { tasks, load } = request;
    const waiter = { tasks: tasks.length, busy: Math.floor(load.busy / 100), wake: () => resolve() };
    this.#waiters.add(waiter);
    gone.addEventListener('abort', waiter.wake);
    const cancel = (): void => {
      this.#waiters.delete(waiter);
      gone.removeEventListener('abort', waiter.wake);
    };
    const rung = async (mostMs: number): Promise<void> => {
      const cancelTimer = this.#options.clock.after(mostMs, resolve);
      await promise;
      cancelTimer();
      cancel();
    };
    return { rung, cancel };
  }

  /** The recorder with most time left looks first, of equal ones that with fewer tasks, so that new tasks spread. */
  #wakeAll(): void {
    const waiters = [...this.#waiters].sort((a, b) => a.busy - b.busy || a.tasks - b.tasks);
    for (const { wake } of waiters) wake();
  }
}
