import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { CancelTimer, Clock } from '../clock.ts';
import type { Logger } from './log.ts';

/** What a roll needs of the world. */
export interface RecorderRollOptions {
  readonly dataDir: string;
  /** Tells the server that these recorders are dead; rejects while it cannot be reached. */
  readonly tell: (recorderIds: readonly string[]) => Promise<void>;
  readonly clock: Clock;
  readonly log: Logger;
}

const RETRY_MS = 300;
const rollSchema = z.array(z.string().min(1).max(200)).max(1000);

/**
 * Which recorders this data directory has, and which of them died: the server hears of the dead at once, so that their
 * tasks need not wait for the end of a lease. The list is on the disk, because the supervisor may die with them; who is
 * on it when a supervisor starts is dead, since a data directory has one supervisor at a time. Each life of a process has
 * an id of its own: news that come late must not take tasks from its successor.
 */
export class RecorderRoll {
  readonly #options: RecorderRollOptions;
  readonly #path: string;
  readonly #living = new Set<string>();
  readonly #dead: Set<string>;
  #cancelRetry: CancelTimer = () => {};
  #telling = false;
  #closed = false;

  constructor(options: RecorderRollOptions) {
    this.#options = options;
    const folder = join(options.dataDir, 'run');
    mkdirSync(folder, { recursive: true });
    this.#path = join(folder, 'recorders.json');
    this.#dead = new Set(readRoll(this.#path));
  }

  /** A recorder begins to live. */
  begun(recorderId: string): void {
    this.#living.add(recorderId);
    this.#save();
  }

  /** A recorder died, whatever of. */
  died(recorderId: string): void {
    this.#living.delete(recorderId);
    this.#dead.add(recorderId);
    this.#save();
    this.tellDead();
  }

  /** Tells the server of the dead until it has heard; called by `died`, and once when the server is there. */
  tellDead(): void {
    if (this.#telling || this.#closed || this.#dead.size === 0) return;
    this.#telling = true;
    const ids = [...this.#dead];
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

  #told(recorderIds: readonly string[]): void {
    this.#telling = false;
    for (const recorderId of recorderIds) this.#dead.delete(recorderId);
    this.#save();
    this.tellDead();
  }

  #failed(error: unknown): void {
    this.#telling = false;
    this.#options.log.debug({ err: error }, 'the server has not heard of dead recorders yet');
    if (!this.#closed) this.#cancelRetry = this.#options.clock.after(RETRY_MS, () => this.tellDead());
  }

  /** A roll that cannot be written costs only time: leases run out by themselves. */
  #save(): void {
    try {
      writeDurably(this.#path, JSON.stringify([...this.#living, ...this.#dead]));
    } catch (error) {
      this.#options.log.warn({ err: error }, 'the list of recorders cannot be written');
    }
  }
}

function readRoll(path: string): readonly string[] {
  try {
    return rollSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return [];
  }
}

function writeDurably(path: string, text: string): void {
  const fd = openSync(`${path}.new`, 'w');
  try {
    writeSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(`${path}.new`, path);
}
