import type { Selectable } from 'kysely';
import type { Store } from '../store/store.ts';
import type { CallbackAttemptTable, EventRow } from '../store/tables.ts';
import type { PageMark } from './paging.ts';

/** Which callbacks are looked for; times are wall milliseconds of the events, `toMs` excluded. */
export interface CallbackFilter {
  readonly app?: number | undefined;
  readonly taskId?: string | undefined;
  readonly type?: number | undefined;
  readonly state?: EventRow['state'] | undefined;
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
}

/** An event with what the log and the queue of replays know of it. */
export type FoundCallback = EventRow & {
  readonly logged: number | string | null;
  readonly requested_ms: number | null;
  readonly replay_attempts: number | null;
  readonly replay_next_ms: number | null;
};

const callbacks = ({ db }: Store) =>
  db
    .selectFrom('event')
    .leftJoin('callback_replay as r', (join) =>
      join.onRef('r.stream', '=', 'event.stream').onRef('r.seq', '=', 'event.seq'),
    )
    .selectAll('event')
    .select(['r.requested_ms', 'r.attempts as replay_attempts', 'r.next_attempt_ms as replay_next_ms'])
    .select((eb) =>
      eb
        .selectFrom('callback_attempt as a')
        .select((inner) => inner.fn.countAll<number | string>().as('n'))
        .whereRef('a.stream', '=', 'event.stream')
        .whereRef('a.seq', '=', 'event.seq')
        .as('logged'),
    );

/** The newest first, from behind the mark on; one row more than `limit` when there are more. */
export function findCallbacks(
  store: Store,
  filter: CallbackFilter,
  limit: number,
  after: PageMark | undefined,
): Promise<FoundCallback[]> {
  const { app, taskId, type, state, fromMs, toMs } = filter;
  let query = callbacks(store);
  if (app !== undefined) query = query.where('event.sdk_app_id', '=', app);
  if (taskId !== undefined) query = query.where('event.task_id', '=', taskId);
  if (type !== undefined) query = query.where('event.type', '=', type);
  if (state !== undefined) query = query.where('event.state', '=', state);
  if (fromMs !== undefined) query = query.where('event.event_ms', '>=', fromMs);
  if (toMs !== undefined) query = query.where('event.event_ms', '<', toMs);
  if (after !== undefined) {
    query = query.where((eb) => eb(eb.refTuple('event.event_ms', 'event.message_id'), '<', eb.tuple(...after)));
  }
  return query
    .orderBy('event.event_ms', 'desc')
    .orderBy('event.message_id', 'desc')
    .limit(limit + 1)
    .execute();
}

/** A task's events in order, behind that sequence number; one row more than `limit` when there are more. */
export const eventsOfTask = (store: Store, taskId: string, limit: number, after: number): Promise<FoundCallback[]> =>
  callbacks(store)
    .where('event.stream', '=', taskId)
    .where('event.task_id', '=', taskId)
    .where('event.seq', '>', after)
    .orderBy('event.seq')
    .limit(limit + 1)
    .execute();

/** One callback by the name of its message. */
export const findCallback = (store: Store, messageId: string): Promise<FoundCallback | undefined> =>
  callbacks(store).where('event.message_id', '=', messageId).executeTakeFirst();

/** Attempts of an event in order, behind that number of the log; one more than `limit` when there are more. */
export const attemptsOf = (
  { db }: Store,
  { stream, seq }: Pick<EventRow, 'stream' | 'seq'>,
  limit: number,
  after: number,
): Promise<Selectable<CallbackAttemptTable>[]> =>
  db
    .selectFrom('callback_attempt')
    .selectAll()
    .where('stream', '=', stream)
    .where('seq', '=', seq)
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit + 1)
    .execute();
