import type { Updateable } from 'kysely';
import { defaultCompat } from '../config/compat.ts';
import type { Store, StoreTransaction } from '../store/store.ts';
import type { EventTable } from '../store/tables.ts';
import { evidenceIsDueWhenAllTold } from '../tasks/evidence-records.ts';
import { logAttempt, type MadeAttempt } from './attempts.ts';
import { eventGroup } from './groups.ts';
import { messageBody, roomMessageBody, type MessageCompat } from './message.ts';
import type { Busy, CallbackQueue, DueEvent, NextAttempt, Settlement } from './queue.ts';
import { giveUpAfterMs, longestEarlyWaitMs, longestWaitMs } from './schedule.ts';

/** The events that were not settled yet, in order per stream. */
export class Outbox implements CallbackQueue {
  readonly #store: Store;
  readonly #compat: MessageCompat;

  /** `compat` shapes bodies that are not fixed yet. */
  constructor(store: Store, compat: MessageCompat = defaultCompat) {
    this.#store = store;
    this.#compat = compat;
  }

  async due(nowMs: number, busy: Busy, limit: number): Promise<DueEvent[]> {
    const rows = await this.#heads()
      .leftJoin('task as t', 't.id', 'e.task_id')
      .selectAll('e')
      .select(['t.room_kind', 't.room_id', 't.bot_user_id', 't.callback'])
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
          busy.lanes.map(({ app, group, own }) =>
            eb.or([
              eb('e.sdk_app_id', '!=', app),
              eb('e.event_group', '!=', group),
              eb('t.callback', own ? 'is' : 'is not', null),
            ]),
          ),
        ),
      )
      .orderBy('e.next_attempt_ms')
      .orderBy('e.event_ms')
      .limit(limit)
      .execute();
    return rows.map((row) => ({ ...row, replay_ms: null }));
  }

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
    await this.#store.transaction(async ({ db }) =>
      db
        .updateTable('event')
        .set({ body, first_attempt_ms: nowMs })
        .where('stream', '=', event.stream)
        .where('seq', '=', event.seq)
        .where('body', 'is', null)
        .execute(),
    );
    return body;
  }

  async settle(event: DueEvent, state: Settlement, nowMs: number, made?: MadeAttempt): Promise<void> {
    const error = made?.result.error;
    await this.#store.transaction(async (tx) => {
      await update(tx, event, { state, settled_ms: nowMs, ...(error === undefined ? {} : { error }) });
      if (made) await logAttempt(tx, event, made, state === 'delivered' ? 'delivered' : 'dropped');
      await evidenceIsDueWhenAllTold(tx.db, event.stream);
    });
  }

  async postpone(event: DueEvent, { attempts, nextMs }: NextAttempt, made: MadeAttempt): Promise<void> {
    await this.#store.transaction(async (tx) => {
      await update(tx, event, { attempts, next_attempt_ms: nextMs, error: made.result.error ?? null });
      await logAttempt(tx, event, made, 'failed');
    });
  }

  /** An attempt was cut by the end of this server; whether it arrived is not known. */
  async noteCut(event: DueEvent, made: MadeAttempt): Promise<void> {
    await this.#store.transaction((tx) => logAttempt(tx, event, made, 'cut'));
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
}

async function update({ db }: StoreTransaction, event: DueEvent, set: Updateable<EventTable>): Promise<void> {
  await db
    .updateTable('event')
    .set(set)
    .where('stream', '=', event.stream)
    .where('seq', '=', event.seq)
    .where('state', '=', 'pending')
    .execute();
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
