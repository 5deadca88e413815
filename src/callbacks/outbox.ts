import type { Selectable } from 'kysely';
import type { Store } from '../store/store.ts';
import type { EventTable, TaskTable } from '../store/tables.ts';
import { messageBody } from './message.ts';

/** No retry waits longer; a later time means that the wall clock was set back, and the event is due. */
const longestWaitMs = 30_000;

/** An event that may be sent now, with what its message needs of its task. */
export type DueEvent = Selectable<EventTable> & Pick<Selectable<TaskTable>, 'room_id' | 'bot_user_id'>;

/** Names one event. */
export interface EventKey {
  readonly task_id: string;
  readonly seq: number;
}

/** The outbox's rows; each method is one statement or one transaction. */
export class Outbox {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Earliest unsettled event of each task that is due, oldest first, leaving out the tasks and apps that are busy. */
  due(nowMs: number, busy: { tasks: readonly string[]; apps: readonly number[] }, limit: number): Promise<DueEvent[]> {
    return this.#heads()
      .innerJoin('task as t', 't.id', 'e.task_id')
      .selectAll('e')
      .select(['t.room_id', 't.bot_user_id'])
      .where((eb) => eb.or([eb('e.next_attempt_ms', '<=', nowMs), eb('e.next_attempt_ms', '>', nowMs + longestWaitMs)]))
      .$if(busy.tasks.length > 0, (q) => q.where('e.task_id', 'not in', busy.tasks))
      .$if(busy.apps.length > 0, (q) => q.where('e.sdk_app_id', 'not in', busy.apps))
      .orderBy('e.next_attempt_ms')
      .orderBy('e.event_ms')
      .limit(limit)
      .execute();
  }

  /** Wall time at which the next waiting event falls due, or undefined when none waits. */
  async nextDueMs(nowMs: number): Promise<number | undefined> {
    const row = await this.#heads()
      .select('e.next_attempt_ms')
      .where('e.next_attempt_ms', '>', nowMs)
      .orderBy('e.next_attempt_ms')
      .limit(1)
      .executeTakeFirst();
    return row?.next_attempt_ms;
  }

  /** Fixes the bytes of the message before its first attempt, so that a retry after a crash repeats them. */
  async fixBody(event: DueEvent, nowMs: number): Promise<string> {
    const body = messageBody({
      type: event.type,
      roomId: event.room_id,
      eventMs: event.event_ms,
      botUserId: event.bot_user_id,
      taskId: event.task_id,
      payload: JSON.parse(event.payload) as unknown,
      callbackMs: nowMs,
    });
    await this.#update(event, { body, first_attempt_ms: nowMs });
    return body;
  }

  /** Nothing more will be sent of this event. */
  settle(event: EventKey, state: 'delivered' | 'dropped' | 'skipped', nowMs: number, error?: string): Promise<void> {
    return this.#update(event, { state, settled_ms: nowMs, ...(error === undefined ? {} : { error }) });
  }

  /** Keeps the event for another attempt. */
  postpone(event: EventKey, attempts: number, nextMs: number, error: string): Promise<void> {
    return this.#update(event, { attempts, next_attempt_ms: nextMs, error });
  }

  #heads() {
    return this.#store.db
      .selectFrom('event as e')
      .where('e.state', '=', 'pending')
      .where((eb) =>
        eb.not(
          eb.exists(
            eb
              .selectFrom('event as earlier')
              .select('earlier.seq')
              .whereRef('earlier.task_id', '=', 'e.task_id')
              .whereRef('earlier.seq', '<', 'e.seq')
              .where('earlier.state', '=', 'pending'),
          ),
        ),
      );
  }

  async #update(event: EventKey, set: Partial<Omit<Selectable<EventTable>, keyof EventKey>>): Promise<void> {
    await this.#store.transaction(async ({ db }) =>
      db
        .updateTable('event')
        .set(set)
        .where('task_id', '=', event.task_id)
        .where('seq', '=', event.seq)
        .where('state', '=', 'pending')
        .execute(),
    );
  }
}
