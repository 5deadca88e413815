import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { CancelTimer, Clock } from '../clock.ts';
import { replaceFileNow } from '../durable-folder.ts';
import type { Logger } from './log.ts';
import { isRunning } from './running.ts';

/** What a roll needs of the world. */
export interface RecorderRollOptions {
  readonly dataDir: string;
  /** Tells the server that these recorders are dead; rejects while it cannot be reached. */
  readonly tell: (recorderIds: readonly string[]) => Promise<void>;
  /** Whether a recorder's process is there; asks the machine by default. */
  readonly isAlive?: (pid: number) => boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

const RETRY_MS = 300;
/** Names that the server takes at once. */
const MOST_TOLD = 1000;
const rollSchema = z.array(z.object({ id: z.string().min(1).max(200), pid: z.int().min(0) })).max(100_000);

type RollEntry = z.infer<typeof rollSchema>[number];

/**
 * Which recorders this data directory has, and which of them died: the server hears of the dead at once, so that their
 * tasks need not wait for the end of a lease. The list is on the disk, because the supervisor may die with them: whose
 * process is gone when the next one starts is dead, and who is still ending its recordings is waited for. Each life of a
 * process has an id of its own: news that come late must not take tasks from its successor.
 */
export class RecorderRoll {
  readonly #options: RecorderRollOptions;
  readonly #path: string;
  readonly #living = new Map<string, number>();
  readonly #dead = new Map<string, number>();
  #orphans: RollEntry[];
  #cancelRetry: CancelTimer = () => {};
  #telling = false;
  #closed = false;

  constructor(options: RecorderRollOptions) {
    this.#options = options;
    const folder = join(options.dataDir, 'run');
    mkdirSync(folder, { recursive: true });
    this.#path = join(folder, 'recorders.json');
    this.#orphans = readRoll(this.#path);
  }

  /** A recorder begins to live as that process. */
  begun(recorderId: string, pid: number): void {
    this.#living.set(recorderId, pid);
    this.#save();
  }

  /** A recorder died, whatever of. */
  died(recorderId: string): void {
    this.#dead.set(recorderId, this.#living.get(recorderId) ?? 0);
    this.#living.delete(recorderId);
    this.#save();
    this.tellDead();
  }

  /** Tells the server of the dead until it has heard; called by `died`, and once at the start. */
  tellDead(): void {
    this.#buryOrphans();
    if (this.#telling || this.#closed || this.#dead.size === 0) return;
    this.#telling = true;
    const ids = [...this.#dead.keys()].slice(0, MOST_TOLD);
    this.#options.tell(ids).then(
      () => this.#told(ids),
      (error: unknown) => this.#failed(error),
    );
  }

  /** Tells no more; what is left is told after the next start. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#cancelRetry();
  }

  /** Recorders of the supervisor before this one. */
  #buryOrphans(): void {
    const isAlive = this.#options.isAlive ?? ((pid: number) => isRunning(pid, 'roomtape'));
    const [living, dead] = partition(this.#orphans, ({ pid }) => isAlive(pid));
    for (const { id, pid } of dead) this.#dead.set(id, pid);
    this.#orphans = living;
    if (living.length > 0 && !this.#closed) this.#retry();
  }

  #retry(): void {
    this.#cancelRetry();
    this.#cancelRetry = this.#options.clock.after(RETRY_MS, () => this.tellDead());
  }

  #told(recorderIds: readonly string[]): void {
    this.#telling = false;
    for (const recorderId of recorderIds) this.#dead.delete(recorderId);
    this.#save();
    this.tellDead();
  }

  #failed(error: unknown): void {
    this.#telling = false;
    this.#options.log.debug({ err: error }, 'the server has not heard of dead recorders yet');
    if (!this.#closed) this.#retry();
  }

  /** A roll that cannot be written costs only time: leases run out by themselves. */
  #save(): void {
    try {
      const entries = [...this.#living, ...this.#dead].map(([id, pid]): RollEntry => ({ id, pid }));
      replaceFileNow(this.#path, JSON.stringify([...entries, ...this.#orphans]));
    } catch (error) {
      this.#options.log.warn({ err: error }, 'the list of recorders cannot be written');
    }
  }
}

function partition<T>(all: readonly T[], test: (one: T) => boolean): [T[], T[]] {
  return [all.filter(test), all.filter((one) => !test(one))];
}

function readRoll(path: string): RollEntry[] {
  try {
    return rollSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return [];
  }
}
