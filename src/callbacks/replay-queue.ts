import type { Store, StoreTransaction } from '../store/store.ts';
import { logAttempt, type MadeAttempt } from './attempts.ts';
import type { Busy, CallbackQueue, DueEvent, NextAttempt, Settlement } from './queue.ts';
import { longestWaitMs } from './schedule.ts';

/**
 * The settled events that are sent again, in order per stream. A stream that has something new to tell tells that first:
 * a replay neither delays an event nor is told between two that belong together.
 */
export class ReplayQueue implements CallbackQueue {
  readonly #store: Store;

  /** Works on the store's `callback_replay`. */
  constructor(store: Store) {
    this.#store = store;
  }

  async due(nowMs: number, busy: Busy, limit: number): Promise<DueEvent[]> {
    return (
      this.#heads()
        .innerJoin('event as e', (join) => join.onRef('e.stream', '=', 'r.stream').onRef('e.seq', '=', 'r.seq'))
        .leftJoin('task as t', 't.id', 'e.task_id')
        .selectAll('e')
        .select(['t.room_kind', 't.room_id', 't.bot_user_id', 't.callback'])
        .select(['r.attempts', 'r.first_attempt_ms', 'r.next_attempt_ms', 'r.requested_ms as replay_ms'])
        // No retry waits longer: a later time means that the wall clock was set back.
        .where((eb) =>
          eb.or([eb('r.next_attempt_ms', '<=', nowMs), eb('r.next_attempt_ms', '>', nowMs + longestWaitMs)]),
        )
        .$if(busy.streams.length > 0, (q) => q.where('r.stream', 'not in', busy.streams))
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
        // The order of an index: thousands may wait, and a look must not sort them.
        .orderBy('r.next_attempt_ms')
        .orderBy('r.stream')
        .orderBy('r.seq')
        .limit(limit)
        .execute()
    );
  }

  async nextDueMs(nowMs: number): Promise<number | undefined> {
    const row = await this.#heads()
      .select('r.next_attempt_ms')
      .where('r.next_attempt_ms', '>', nowMs)
      .orderBy('r.next_attempt_ms')
      .limit(1)
      .executeTakeFirst();
    return row?.next_attempt_ms;
  }

  /** What was taken counts as delivered from now on; what was not stays what it was. */
  async settle(event: DueEvent, settlement: Settlement, nowMs: number, made?: MadeAttempt): Promise<void> {
    await this.#store.transaction(async (tx) => {
      await tx.db
        .deleteFrom('callback_replay')
        .where('stream', '=', event.stream)
        .where('seq', '=', event.seq)
        .execute();
      if (settlement === 'delivered') await markDelivered(tx, event, nowMs);
      if (made) await logAttempt(tx, event, made, settlement === 'delivered' ? 'delivered' : 'dropped');
    });
  }

  async postpone(event: DueEvent, next: NextAttempt, made: MadeAttempt): Promise<void> {
    const { attempts, firstAttemptMs, nextMs } = next;
    await this.#store.transaction(async (tx) => {
      await tx.db
        .updateTable('callback_replay')
        .set({ attempts, first_attempt_ms: firstAttemptMs, next_attempt_ms: nextMs })
        .where('stream', '=', event.stream)
        .where('seq', '=', event.seq)
        .execute();
      await logAttempt(tx, event, made, 'failed');
    });
  }

  #heads() {
    return this.#store.db
      .selectFrom('callback_replay as r')
      .where((eb) =>
        eb.not(
          eb.exists(
            eb
              .selectFrom('callback_replay as earlier')
              .select('earlier.seq')
              .whereRef('earlier.stream', '=', 'r.stream')
              .whereRef('earlier.seq', '<', 'r.seq'),
          ),
        ),
      )
      .where((eb) =>
        eb.not(
          eb.exists(
            eb
              .selectFrom('event as live')
              .select('live.seq')
              .whereRef('live.stream', '=', 'r.stream')
              .where('live.state', '=', 'pending'),
          ),
        ),
      );
  }
}

async function markDelivered({ db }: StoreTransaction, event: DueEvent, nowMs: number): Promise<void> {
  await db
    .updateTable('event')
    .set({ state: 'delivered', settled_ms: nowMs, error: null })
    .where('stream', '=', event.stream)
    .where('seq', '=', event.seq)
    .where('state', '!=', 'delivered')
    .execute();
}
