import type { Kysely, Selectable } from 'kysely';
import { defaultCompat } from '../config/compat.ts';
import type { Store } from '../store/store.ts';
import type { EventTable, Tables, TaskTable } from '../store/tables.ts';
import { evidenceIsDue } from '../tasks/evidence-records.ts';
import { eventGroup } from './groups.ts';
import { giveUpAfterMs, longestEarlyWaitMs, longestWaitMs } from './schedule.ts';
import { messageBody, roomMessageBody, type MessageCompat } from './message.ts';

/** An event that may be sent now, with what its message needs of its task; null for an event of a room. */
export type DueEvent = Selectable<EventTable> & {
  readonly [Name in 'room_kind' | 'room_id' | 'bot_user_id']: TaskTable[Name] | null;
};

/** Names one event. */
export interface EventKey {
  readonly stream: string;
  readonly seq: number;
}

type Change = Partial<Omit<Selectable<EventTable>, keyof EventKey>>;

/** One app's events of one group: they go to one receiver, which must not hold up others. */
export interface Lane {
  readonly app: number;
  /** EventGroupId. */
  readonly group: number;
}

/** The outbox's rows; each method is one statement or one transaction. */
export class Outbox {
  readonly #store: Store;
  readonly #compat: MessageCompat;

  /** `compat` shapes bodies that are not fixed yet. */
  constructor(store: Store, compat: MessageCompat = defaultCompat) {
    this.#store = store;
    this.#compat = compat;
  }

  /** Earliest unsettled event of each stream that is due, oldest first, leaving out the streams and lanes that are busy. */
  due(nowMs: number, busy: { streams: readonly string[]; lanes: readonly Lane[] }, limit: number): Promise<DueEvent[]> {
    return (
      this.#heads()
        .leftJoin('task as t', 't.id', 'e.task_id')
        .selectAll('e')
        .select(['t.room_kind', 't.room_id', 't.bot_user_id'])
        // No retry waits longer: a later time means that the wall clock was set back.
        .where((eb) =>
          eb.or([
            eb('e.next_attempt_ms', '<=', nowMs),
            eb('e.next_attempt_ms', '>', nowMs + longestWaitMs),
            eb.and([
              eb('e.next_attempt_ms', '>', nowMs + longestEarlyWaitMs),
              eb('e.first_attempt_ms', '>', nowMs - giveUpAfterMs),
            ]),
          ]),
        )
        .$if(busy.streams.length > 0, (q) => q.where('e.stream', 'not in', busy.streams))
        .where((eb) =>
          eb.and(
            busy.lanes.map(({ app, group }) =>
              eb.or([eb('e.sdk_app_id', '!=', app), eb('e.event_group', '!=', group)]),
            ),
          ),
        )
        .orderBy('e.next_attempt_ms')
        .orderBy('e.event_ms')
        .limit(limit)
        .execute()
    );
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
    const body = bodyOf(event, nowMs, this.#compat);
    await this.#update(event, { body, first_attempt_ms: nowMs });
    return body;
  }

  /** Nothing more will be sent of this event. */
  async settle(
    event: EventKey,
    state: 'delivered' | 'dropped' | 'skipped',
    nowMs: number,
    error?: string,
  ): Promise<void> {
    const set = { state, settled_ms: nowMs, ...(error === undefined ? {} : { error }) };
    await this.#store.transaction(async ({ db }) => {
      await this.#write(db, event, set);
      if (await this.#isAllTold(db, event.stream)) await evidenceIsDue(db, [event.stream]);
    });
  }

  /** Whether that was the last event of a task that has ended: its manifest says what became of them all. */
  async #isAllTold(db: Kysely<Tables>, stream: string): Promise<boolean> {
    const ended = db.selectFrom('task').select('id').where('id', '=', stream).where('state', '=', 'ended');
    const waiting = db.selectFrom('event').select('seq').where('stream', '=', stream).where('state', '=', 'pending');
    return (await ended.executeTakeFirst()) !== undefined && (await waiting.executeTakeFirst()) === undefined;
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
              .whereRef('earlier.stream', '=', 'e.stream')
              .whereRef('earlier.seq', '<', 'e.seq')
              .where('earlier.state', '=', 'pending'),
          ),
        ),
      );
  }

  async #update(event: EventKey, set: Change): Promise<void> {
    await this.#store.transaction(({ db }) => this.#write(db, event, set));
  }

  async #write(db: Kysely<Tables>, event: EventKey, set: Change): Promise<void> {
    await db
      .updateTable('event')
      .set(set)
      .where('stream', '=', event.stream)
      .where('seq', '=', event.seq)
      .where('state', '=', 'pending')
      .execute();
  }
}

function bodyOf(event: DueEvent, callbackMs: number, compat: MessageCompat): string {
  const { type, event_ms: eventMs, event_group: group, room_kind, room_id, bot_user_id, task_id } = event;
  const payload = JSON.parse(event.payload) as Readonly<Record<string, unknown>>;
  if (group !== eventGroup.recording) return roomMessageBody({ group, type, eventMs, info: payload, callbackMs });
  // A task's rows outlive its events, so the join found them.
  const room = { roomKind: room_kind ?? 'string', roomId: room_id ?? '' };
  const names = { botUserId: bot_user_id ?? '', taskId: task_id ?? '' };
  return messageBody({ type, eventMs, ...room, ...names, payload, callbackMs }, compat);
}
