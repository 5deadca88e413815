import type { ExpressionBuilder, ExpressionWrapper, SqlBool } from 'kysely';
import type { Logger } from 'pino';
import type { CancelTimer, Clock } from '../clock.ts';
import type { Store, StoreTransaction } from '../store/store.ts';
import type { Tables } from '../store/tables.ts';

const EVERY_MS = 600_000;
const DAY_MS = 24 * 3_600_000;
/** Rows that one round removes: what waits for the store meanwhile must not wait long. */
const mostEvents = 5000;
const mostAttempts = 20_000;

/** What the retention works on, and for how many days it keeps attempts and settled events of ended tasks. */
export interface CallbackRetentionOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly log_days: number;
  readonly keep_days: number;
}

/** An event is not waiting to be sent again. */
export const isNotReplayed = (eb: ExpressionBuilder<Tables, 'event'>): ExpressionWrapper<Tables, 'event', SqlBool> =>
  eb.not(
    eb.exists(
      eb
        .selectFrom('callback_replay as r')
        .select('r.seq')
        .whereRef('r.stream', '=', 'event.stream')
        .whereRef('r.seq', '=', 'event.seq'),
    ),
  );

/** Removes what is too old of the log, and of the events of tasks that have ended. Events of rooms are not touched. */
export async function pruneCallbacks({ store, log_days, keep_days }: CallbackRetentionOptions): Promise<void> {
  await store.transaction(async (tx) => {
    await pruneAttempts(tx, tx.wall - log_days * DAY_MS);
    await pruneEvents(tx, tx.wall - keep_days * DAY_MS);
  });
}

async function pruneAttempts({ db }: StoreTransaction, beforeMs: number): Promise<void> {
  await db
    .deleteFrom('callback_attempt')
    .where('id', 'in', (eb) =>
      eb.selectFrom('callback_attempt').select('id').where('started_ms', '<', beforeMs).limit(mostAttempts),
    )
    .execute();
}

async function pruneEvents({ db }: StoreTransaction, beforeMs: number): Promise<void> {
  await db
    .deleteFrom('event')
    .where('message_id', 'in', (eb) =>
      eb
        .selectFrom('event')
        .innerJoin('task', 'task.id', 'event.task_id')
        .select('event.message_id')
        .where('event.task_id', 'is not', null)
        .where('event.settled_ms', '<', beforeMs)
        .where('task.state', '=', 'ended')
        .where((outer) => isNotReplayed(outer as unknown as ExpressionBuilder<Tables, 'event'>))
        .limit(mostEvents),
    )
    .execute();
}

/** Prunes at once and then every ten minutes; the result stops it and may be called twice. */
export function keepCallbacksPruned(options: CallbackRetentionOptions): CancelTimer {
  const { store, clock, log } = options;
  const prune = (): void => {
    pruneCallbacks(options).catch((error: unknown) => {
      if (!store.closed) log.error({ err: error }, 'old callbacks cannot be removed');
    });
  };
  prune();
  return clock.every(EVERY_MS, prune);
}
