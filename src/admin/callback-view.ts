import { z } from 'zod';
import type { Selectable } from 'kysely';
import type { CallbackAttemptTable } from '../store/tables.ts';
import type { FoundCallback } from './callback-search.ts';
import { app, ms } from './fields.ts';

/** States of an event in the outbox. */
export const callbackState = z
  .enum(['pending', 'delivered', 'dropped', 'skipped'])
  .describe('dropped: given up by the retry schedule; skipped: the app had no receiver for it.');

/** An attempt in an answer. */
export const attemptView = z
  .object({
    attempt: z.int().describe('From 1, of the event or of its replay.'),
    replayRequestedMs: ms.nullable().describe('When the replay was asked for that it belongs to; null otherwise.'),
    startedMs: ms,
    durationMs: z.int(),
    url: z.string().describe('Without user-info and values of the query.'),
    status: z.int().nullable().describe('HTTP status; null when there was no answer.'),
    error: z.string().nullable(),
    answer: z.string().describe('Beginning of the body that the receiver answered, at most 1 KB.'),
    outcome: z
      .enum(['delivered', 'failed', 'dropped', 'cut'])
      .describe('failed: another attempt follows; dropped: none does; cut: by the end of the server, and made anew.'),
  })
  .meta({ id: 'CallbackAttempt' });

const callbackFields = {
  id: z.string().describe('`webhook-id` of the message.'),
  app,
  group: z.int().describe('EventGroupId.'),
  type: z.int().describe('EventType.'),
  taskId: z.string().nullable(),
  stream: z.string().describe('Events of one stream are sent in the order of seq.'),
  seq: z.int(),
  atMs: ms.describe('EventMsTs.'),
  state: callbackState,
  failedAttempts: z.int(),
  attempts: z.int().describe('Attempts in the log, replays among them.'),
  nextAttemptMs: ms.nullable().describe('Of a pending one: not before then, and not before those in front of it.'),
  settledMs: ms.nullable(),
  error: z.string().nullable(),
  replay: z
    .object({ requestedMs: ms, failedAttempts: z.int(), nextAttemptMs: ms })
    .nullable()
    .describe('While it waits to be sent again.'),
};

/** A callback in a list. */
export const callbackView = z.object(callbackFields).meta({ id: 'Callback' });

/** A callback with what it says. */
export const callbackDetail = z
  .object({
    ...callbackFields,
    body: z.string().nullable().describe('Exact bytes of the message; null until the first attempt.'),
  })
  .meta({ id: 'CallbackDetail' });

/** A row as a list shows it. */
export const viewCallback = (row: FoundCallback): z.input<typeof callbackView> => ({
  id: row.message_id,
  app: row.sdk_app_id,
  group: row.event_group,
  type: row.type,
  taskId: row.task_id,
  stream: row.stream,
  seq: row.seq,
  atMs: row.event_ms,
  state: row.state,
  failedAttempts: row.attempts,
  attempts: Number(row.logged),
  nextAttemptMs: row.state === 'pending' ? row.next_attempt_ms : null,
  settledMs: row.settled_ms,
  error: row.error,
  replay: viewReplay(row),
});

function viewReplay(row: FoundCallback): z.input<typeof callbackView>['replay'] {
  const { requested_ms: requestedMs, replay_attempts: failedAttempts, replay_next_ms: nextAttemptMs } = row;
  if (requestedMs === null || failedAttempts === null || nextAttemptMs === null) return null;
  return { requestedMs, failedAttempts, nextAttemptMs };
}

/** A row with its body. */
export const detailCallback = (row: FoundCallback): z.input<typeof callbackDetail> => ({
  ...viewCallback(row),
  body: row.body,
});

/** An attempt as it is shown. */
export const viewAttempt = (row: Selectable<CallbackAttemptTable>): z.input<typeof attemptView> => ({
  attempt: row.attempt,
  replayRequestedMs: row.replay_ms,
  startedMs: row.started_ms,
  durationMs: row.duration_ms,
  url: row.url,
  status: row.status,
  error: row.error,
  answer: row.answer,
  outcome: row.outcome,
});

/** An attempt in an answer. */
export type AttemptView = z.input<typeof attemptView>;
/** A callback with its body in an answer. */
export type CallbackDetailView = z.input<typeof callbackDetail>;
