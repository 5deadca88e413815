import type { Logger } from 'pino';
import type { CancelTimer, Clock } from '../clock.ts';
import { roomKeyText } from '../room-key.ts';
import type { Store } from '../store/store.ts';
import type { CreateAnswer, TaskService } from '../tasks/service.ts';
import { wallMs, type WallMs } from '../units.ts';
import { dueStarts, outlivers } from './decision.ts';
import { newAutoTask, type AutoStart } from './new-auto-task.ts';
import type { AutoMode } from './rule.ts';
import type { AutoRecordRules } from './rules.ts';
import { moveTask, sendingRooms, type FoundRoom } from './situation.ts';

/** How often all is looked at though nothing was told: pauses run out, and recorders become free. */
const LOOK_EVERY_MS = 2_000;
/** Pause after a refusal of the recorders or of the app's limit. */
const REFUSED_PAUSE_MS = 5_000;

/** What the auto recorder works with. */
export interface AutoRecorderOptions {
  readonly store: Store;
  readonly rules: AutoRecordRules;
  readonly tasks: Pick<TaskService, 'create'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A start that was refused, and is tried again. */
export interface RefusedStart {
  readonly reason: Exclude<CreateAnswer, object>;
  /** When it was refused first. */
  readonly sinceMs: WallMs;
  readonly nextMs: WallMs;
  readonly tries: number;
}

/** Counters of this process, for metrics. */
export interface AutoRecorderStats {
  readonly started: number;
  /** Starts that the app's limit or the recorders refused. */
  readonly refused: number;
}

/**
 * Begins the recordings that rules ask for (contract §2.12), as soon as the journal of the rooms tells of an anchor that
 * sends. What it knows is in the store: after a restart it goes on where it was, and nothing begins twice.
 */
export class AutoRecorder {
  readonly #options: AutoRecorderOptions;
  readonly #counts = { started: 0, refused: 0 };
  readonly #silence: readonly CancelTimer[];
  /** Starts that were refused and are tried again, by room session and mode. */
  readonly #refused = new Map<string, RefusedStart>();
  #looking: Promise<void> | undefined;
  #lookAgain = false;
  #closed = false;

  /** Looks at once. */
  constructor(options: AutoRecorderOptions) {
    this.#options = options;
    const { store, clock } = options;
    const wake = (): void => void this.wake();
    // The end of a task comes with an event; its room may have an anchor again by then.
    this.#silence = [store.rooms.onRing(wake), store.events.onRing(wake), clock.every(LOOK_EVERY_MS, wake)];
    wake();
  }

  stats(): AutoRecorderStats {
    return { ...this.#counts };
  }

  /** Why a room session is not recorded that way yet, where its start was refused. */
  refusal(sessionId: number, mode: AutoMode): RefusedStart | undefined {
    return this.#refused.get(keyOf({ sessionId, mode }));
  }

  /** Looks again, after the look that is under way; resolves when what was due by then has begun. Never rejects. */
  async wake(): Promise<void> {
    if (this.#closed) return;
    this.#lookAgain = true;
    await (this.#looking ??= this.#look().finally(() => (this.#looking = undefined)));
  }

  /** Begins nothing more; resolves when nothing is under way. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const silence of this.#silence) silence();
    await this.#looking;
  }

  async #look(): Promise<void> {
    while (this.#lookAgain && !this.#closed) {
      this.#lookAgain = false;
      try {
        await this.#lookOnce();
      } catch (error) {
        if (!this.#options.store.closed) this.#options.log.error({ err: error }, 'rooms cannot be recorded by rule');
      }
    }
  }

  async #lookOnce(): Promise<void> {
    const { store, rules, clock } = this.#options;
    const rooms = await sendingRooms(store, await rules.apps());
    this.#forgetRefused(rooms);
    for (const found of rooms) {
      for (const { taskId } of outlivers(found)) await moveTask(store, taskId, found.sessionId);
      const revisions = await rules.revisions(found.room.sdkAppId);
      for (const due of dueStarts(revisions, found, clock.wallMs())) {
        if (!this.#closed) await this.#start({ ...due, room: found.room, sessionId: found.sessionId });
      }
    }
  }

  async #start(start: AutoStart): Promise<void> {
    const { tasks, clock } = this.#options;
    const key = keyOf(start);
    if (clock.wallMs() < (this.#refused.get(key)?.nextMs ?? 0)) return;
    const task = newAutoTask(start);
    if (!task) return;
    const answer = await tasks.create(task);
    if (typeof answer === 'string') this.#onRefused(start, answer);
    else this.#onStarted(start, answer.taskId, task.botUserId);
  }

  #onStarted(start: AutoStart, task: string, bot: string): void {
    this.#refused.delete(keyOf(start));
    this.#counts.started += 1;
    this.#options.log.info({ ...fieldsOf(start), task, bot }, 'recording by rule');
  }

  #onRefused(start: AutoStart, reason: Exclude<CreateAnswer, object>): void {
    const { log, clock } = this.#options;
    this.#counts.refused += 1;
    const before = this.#refused.get(keyOf(start));
    if (!before) log.warn({ ...fieldsOf(start), reason }, 'a room cannot be recorded by rule yet');
    const now = clock.wallMs();
    this.#refused.set(keyOf(start), {
      reason,
      sinceMs: before?.sinceMs ?? now,
      nextMs: wallMs(now + REFUSED_PAUSE_MS),
      tries: (before?.tries ?? 0) + 1,
    });
  }

  #forgetRefused(rooms: readonly FoundRoom[]): void {
    const living = new Set(rooms.map(({ sessionId }) => String(sessionId)));
    for (const key of this.#refused.keys()) if (!living.has(key.split(' ')[0]!)) this.#refused.delete(key);
  }
}

const keyOf = ({ sessionId, mode }: Pick<AutoStart, 'sessionId' | 'mode'>): string => `${sessionId} ${mode}`;

const fieldsOf = ({ room, mode, revision }: AutoStart): object => ({ room: roomKeyText(room), mode, rule: revision });
