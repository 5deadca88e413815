import type { Store } from '../store/store.ts';

/** What waits in the outbox, and what was given up, for gauges. */
export interface CallbackBacklog {
  /** How long the oldest event waits that is not settled, in seconds; 0 when none waits. */
  readonly oldestPendingSeconds: number;
  /** Given-up events that the store still has: what a replay of dropped ones would send. */
  readonly droppedKept: number;
  /** Events that wait to be sent again. */
  readonly replaysWaiting: number;
}

/** Reads the gauges; `nowMs` is wall time. */
export async function callbackBacklog({ db }: Store, nowMs: number): Promise<CallbackBacklog> {
  const { oldest, dropped, replays } = await db
    .selectNoFrom((eb) => [
      eb
        .selectFrom('event')
        .select((e) => e.fn.min('event_ms').as('ms'))
        .where('state', '=', 'pending')
        .as('oldest'),
      eb
        .selectFrom('event')
        .select((e) => e.fn.countAll<number | string>().as('n'))
        .where('state', '=', 'dropped')
        .as('dropped'),
      eb
        .selectFrom('callback_replay')
        .select((e) => e.fn.countAll<number | string>().as('n'))
        .as('replays'),
    ])
    .executeTakeFirstOrThrow();
  return {
    oldestPendingSeconds: oldest === null ? 0 : Math.max(0, Math.floor((nowMs - oldest) / 1000)),
    droppedKept: Number(dropped),
    replaysWaiting: Number(replays),
  };
}
