import { z } from 'zod';
import { TooManyReplaysError, type ReplayRange } from '../callbacks/replay-desk.ts';
import { attemptsOf, findCallback, findCallbacks } from './callback-search.ts';
import {
  attemptView,
  callbackDetail,
  callbackState,
  callbackView,
  detailCallback,
  viewAttempt,
  viewCallback,
} from './callback-view.ts';
import { app, appText, moment, momentText, taskId } from './fields.ts';
import { pageOf, pageQuery, toPage } from './paging.ts';
import { AdminProblem } from './problem.ts';
import { defineRoute, type AdminRoute } from './route.ts';
import type { AdminServices } from './services.ts';

const byId = z.strictObject({ id: z.string().max(64).describe('`webhook-id` of the message.') });
const unknown = { 404: 'There is no such callback, or no more.' } as const;

async function requireCallback({ store }: AdminServices, id: string) {
  const found = await findCallback(store, id);
  if (!found) throw new AdminProblem(404, unknown[404]);
  return found;
}

const list = defineRoute({
  method: 'GET',
  path: '/callbacks',
  summary: 'Lists callbacks, the newest first.',
  query: z.strictObject({
    app: appText.optional().describe('SdkAppId.'),
    taskId: taskId.optional(),
    type: z.coerce.number().int().min(1).optional().describe('EventType.'),
    state: callbackState.optional(),
    from: momentText.optional().describe('Events from then on.'),
    to: momentText.optional().describe('Events before then.'),
    ...pageQuery,
  }),
  answer: { status: 200, description: 'A page of callbacks.', schema: pageOf(callbackView) },
  async handle({ query }, { store }) {
    const { cursor, limit, from: fromMs, to: toMs, ...rest } = query;
    const rows = await findCallbacks(store, { ...rest, fromMs, toMs }, limit, cursor);
    return toPage(rows, limit, (row) => [row.event_ms, row.message_id], viewCallback);
  },
});

const show = defineRoute({
  method: 'GET',
  path: '/callbacks/{id}',
  summary: 'Shows one callback with its body.',
  params: byId,
  answer: { status: 200, description: 'The callback.', schema: callbackDetail },
  problems: unknown,
  handle: async ({ params }, services) => detailCallback(await requireCallback(services, params.id)),
});

const attempts = defineRoute({
  method: 'GET',
  path: '/callbacks/{id}/attempts',
  summary: 'Lists every attempt to deliver a callback, the oldest first.',
  description: 'Attempts are kept for `callbacks.log_days`, and no longer than their event.',
  params: byId,
  query: z.strictObject(pageQuery),
  answer: { status: 200, description: 'A page of attempts.', schema: pageOf(attemptView) },
  problems: unknown,
  async handle({ params, query: { cursor, limit } }, services) {
    const callback = await requireCallback(services, params.id);
    const rows = await attemptsOf(services.store, callback, limit, cursor?.[0] ?? 0);
    return toPage(rows, limit, ({ id }) => [id, ''], viewAttempt);
  },
});

const accepted = z.object({
  accepted: z.int().describe('How many will be sent again. What waits to be sent again already is not among them.'),
});

const order =
  'The same bytes with the same `webhook-id`, in order within a task. A task with something new to tell tells that first. What was dropped or skipped is delivered when the receiver takes it; what it does not take stays what it was.';

const replay = defineRoute({
  method: 'POST',
  path: '/callbacks/{id}/replay',
  summary: 'Sends a callback again.',
  description: order,
  params: byId,
  answer: { status: 202, description: 'It is on the disk and will be sent.', schema: accepted },
  problems: { ...unknown, 409: 'It is still being tried.' },
  async handle({ params }, { replays }) {
    const outcome = await replays.replay(params.id);
    if (outcome === 'unknown') throw new AdminProblem(404, unknown[404]);
    if (outcome === 'pending') throw new AdminProblem(409, 'The callback is still being tried for the first time.');
    return { accepted: outcome };
  },
});

const replayRange = defineRoute({
  method: 'POST',
  path: '/callbacks/replay',
  summary: 'Sends every callback of a range again.',
  description: `${order} A restart in the middle goes on with the rest.`,
  body: z.strictObject({
    app,
    taskId: taskId.optional(),
    from: moment.optional().describe('Events from then on.'),
    to: moment.optional().describe('Events before then.'),
    states: z
      .array(callbackState.exclude(['pending']))
      .min(1)
      .max(3)
      .default(['dropped']),
  }),
  answer: { status: 202, description: 'They are on the disk and will be sent.', schema: accepted },
  problems: { 422: 'These are too many for one request; name a shorter span.' },
  async handle({ body: { app: sdkAppId, from: fromMs, to: toMs, ...rest } }, { replays }) {
    return { accepted: await acceptRange({ ...rest, sdkAppId, fromMs, toMs }, replays) };
  },
});

async function acceptRange(range: ReplayRange, replays: AdminServices['replays']): Promise<number> {
  try {
    return await replays.replayRange(range);
  } catch (error) {
    if (!(error instanceof TooManyReplaysError)) throw error;
    throw new AdminProblem(422, `These are more than ${error.most} callbacks; name a shorter span.`);
  }
}

/** Callbacks: what was told, every attempt, and telling it again. */
export const callbackRoutes: readonly AdminRoute[] = [list, show, attempts, replay, replayRange];
