import { z } from 'zod';
import { eventsOfTask } from './callback-search.ts';
import { callbackDetail, detailCallback } from './callback-view.ts';
import { appText, momentText, taskId } from './fields.ts';
import { progressOf } from './file-progress.ts';
import { pageOf, pageQuery, toPage } from './paging.ts';
import { AdminProblem } from './problem.ts';
import { defineRoute, type AdminRoute } from './route.ts';
import { countFiles, findTasks, requireTask } from './task-search.ts';
import { detailTask, roomKind, taskDetail, taskState, taskView, viewTask } from './task-view.ts';

const byId = z.strictObject({ taskId });
const unknown = { 404: 'There is no such task.' } as const;

const list = defineRoute({
  method: 'GET',
  path: '/tasks',
  summary: 'Lists recording tasks, the newest first.',
  query: z.strictObject({
    app: appText.optional().describe('SdkAppId.'),
    state: taskState.optional(),
    room: z.string().min(1).max(256).optional().describe('RoomId.'),
    roomKind: roomKind.optional(),
    from: momentText.optional().describe('Tasks created from then on.'),
    to: momentText.optional().describe('Tasks created before then.'),
    ...pageQuery,
  }),
  answer: { status: 200, description: 'A page of tasks.', schema: pageOf(taskView) },
  async handle({ query }, { store }) {
    const { cursor, limit, from: fromMs, to: toMs, ...rest } = query;
    const rows = await findTasks(store, { ...rest, fromMs, toMs }, limit, cursor);
    const counts = await countFiles(
      store,
      rows.map(({ id }) => id),
    );
    return toPage(
      rows,
      limit,
      (task) => [task.created_ms, task.id],
      (task) => viewTask(task, counts.get(task.id)),
    );
  },
});

const show = defineRoute({
  method: 'GET',
  path: '/tasks/{taskId}',
  summary: 'Shows one task with its parameters and files.',
  description: 'Keys are left out, and so are user-info and values of the query in addresses of images.',
  params: byId,
  answer: { status: 200, description: 'The task.', schema: taskDetail },
  problems: unknown,
  async handle({ params }, services) {
    const task = await requireTask(services.store, params.taskId);
    const parts = (await services.queries.taskDetail(task.id)) ?? { files: [], events: [] };
    const counts = await countFiles(services.store, [task.id]);
    const nowMs = services.clock.wallMs();
    const progress = await progressOf(services.store, task.id, { steps: services.steps, nowMs });
    return detailTask(task, parts, counts.get(task.id), progress);
  },
});

const events = defineRoute({
  method: 'GET',
  path: '/tasks/{taskId}/events',
  summary: 'Lists the events of a task in order, with their bodies and what became of them.',
  description: 'Events of a task that has ended are kept for `callbacks.keep_days` after they were settled.',
  params: byId,
  query: z.strictObject(pageQuery),
  answer: { status: 200, description: 'A page of events.', schema: pageOf(callbackDetail) },
  problems: unknown,
  async handle({ params, query: { cursor, limit } }, services) {
    const task = await requireTask(services.store, params.taskId);
    const rows = await eventsOfTask(services.store, task.id, limit, cursor?.[0] ?? 0);
    return toPage(rows, limit, ({ seq }) => [seq, ''], detailCallback);
  },
});

const stop = defineRoute({
  method: 'POST',
  path: '/tasks/{taskId}/stop',
  summary: 'Stops a recording.',
  params: byId,
  answer: { status: 202, description: 'It was asked to stop; its files are finished then.' },
  problems: { ...unknown, 409: 'It is stopping, or has ended.' },
  async handle({ params }, services) {
    const task = await requireTask(services.store, params.taskId);
    if (await services.tasks.stop(task.sdk_app_id, task.id)) return;
    throw new AdminProblem(409, 'The recording is stopping already, or has ended.');
  },
});

/** Recording tasks: their parameters, files and events. */
export const taskRoutes: readonly AdminRoute[] = [list, show, events, stop];
