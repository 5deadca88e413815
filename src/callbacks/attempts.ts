import type { Insertable } from 'kysely';
import { shownUrl } from '../shown-url.ts';
import type { StoreTransaction } from '../store/store.ts';
import type { CallbackAttemptTable } from '../store/tables.ts';
import type { DueEvent } from './queue.ts';
import type { SendResult } from './sender.ts';

/** An attempt that was made, for the log. Times are wall milliseconds. */
export interface MadeAttempt {
  /** As it is configured; what is kept of it says no secret. */
  readonly url: string;
  readonly startedMs: number;
  readonly endedMs: number;
  readonly result: SendResult;
}

/** Adds an attempt to the log, in the transaction that keeps what follows from it. */
export async function logAttempt(
  { db }: Pick<StoreTransaction, 'db'>,
  event: DueEvent,
  made: MadeAttempt,
  outcome: CallbackAttemptTable['outcome'],
): Promise<void> {
  const { startedMs, endedMs, result } = made;
  const row: Insertable<CallbackAttemptTable> = {
    stream: event.stream,
    seq: event.seq,
    attempt: event.attempts + 1,
    replay_ms: event.replay_ms,
    started_ms: startedMs,
    duration_ms: Math.max(endedMs - startedMs, 0),
    url: shownUrl(made.url),
    status: result.status ?? null,
    error: result.error ?? null,
    answer: result.answer,
    outcome,
  };
  await db.insertInto('callback_attempt').values(row).execute();
}
