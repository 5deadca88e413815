import type { SelectQueryBuilder } from 'kysely';
import type { Store, StoreTransaction } from '../store/store.ts';
import type { Tables } from '../store/tables.ts';
import type { Settlement } from './queue.ts';

/** Which settled events are sent again. */
export interface ReplayRange {
  readonly sdkAppId: number;
  readonly taskId?: string | undefined;
  /** Wall milliseconds of the events: from this one on, and before that one. */
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
  readonly states: readonly Settlement[];
}

/** One request asks for more than is taken at once; nothing of it was. */
export class TooManyReplaysError extends Error {
  override name = 'TooManyReplaysError';
  readonly most: number;

  /** `most` is what one request may ask for. */
  constructor(most: number) {
    super(`more than ${most} events`);
    this.most = most;
  }
}

/** Rows of one request are written in one transaction, in which nothing else is. */
const mostAtOnce = 50_000;

/** Takes requests to send events again. What was accepted is on the disk, and a restart goes on with it. */
export class ReplayDesk {
  readonly #store: Store;

  /** Delivery must run on the same store. */
  constructor(store: Store) {
    this.#store = store;
  }

  /** One event by the name of its message: how many were accepted (0 when it waits already), or why it is not. */
  replay(messageId: string): Promise<number | 'unknown' | 'pending'> {
    return this.#store.transaction(async (tx) => {
      const event = await tx.db
        .selectFrom('event')
        .select('state')
        .where('message_id', '=', messageId)
        .executeTakeFirst();
      if (!event) return 'unknown';
      if (event.state === 'pending') return 'pending';
      return enqueue(tx, tx.db.selectFrom('event').where('message_id', '=', messageId));
    });
  }

  /** Everything of a range: how many were accepted; what waits to be sent again already is not among them. */
  replayRange(range: ReplayRange): Promise<number> {
    const { sdkAppId, taskId, fromMs, toMs, states } = range;
    return this.#store.transaction(async (tx) => {
      let events = tx.db.selectFrom('event').where('sdk_app_id', '=', sdkAppId).where('state', 'in', states);
      if (taskId !== undefined) events = events.where('task_id', '=', taskId);
      if (fromMs !== undefined) events = events.where('event_ms', '>=', fromMs);
      if (toMs !== undefined) events = events.where('event_ms', '<', toMs);
      return enqueue(tx, events);
    });
  }
}

type Events = SelectQueryBuilder<Tables, 'event', object>;

async function enqueue(tx: StoreTransaction, events: Events): Promise<number> {
  const found = await events
    .select('seq')
    .limit(mostAtOnce + 1)
    .execute();
  if (found.length > mostAtOnce) throw new TooManyReplaysError(mostAtOnce);
  const { numInsertedOrUpdatedRows: accepted = 0n } = await tx.db
    .insertInto('callback_replay')
    .columns(['stream', 'seq', 'requested_ms', 'attempts', 'next_attempt_ms'])
    .expression(
      events.select((eb) => [
        'stream',
        'seq',
        eb.val(tx.wall).as('requested_ms'),
        eb.val(0).as('attempts'),
        eb.val(tx.wall).as('next_attempt_ms'),
      ]),
    )
    .onConflict((conflict) => conflict.columns(['stream', 'seq']).doNothing())
    .executeTakeFirstOrThrow();
  tx.announce('events');
  return Number(accepted);
}
