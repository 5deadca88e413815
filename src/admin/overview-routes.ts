import { z } from 'zod';
import { ms } from './fields.ts';
import { callbackHealth, countRecording, unwellFiles, unwellTasks } from './overview.ts';
import { defineRoute, type AdminRoute } from './route.ts';
import { taskView, viewTask } from './task-view.ts';

/** What counts as the day. */
const dayMs = 86_400_000;
/** Failures that are shown; there is a list for the rest. */
const mostFailures = 20;

const recorderView = z.object({
  recorder: z.string(),
  tasks: z.int(),
  jobs: z.int().describe('Files it is finishing.'),
  busyPermille: z.int(),
  lagMs: z.number().describe('How far its writing is behind.'),
  effort: z.int().describe('Step of what it leaves out to keep up, 0 for nothing.'),
  freeMb: z.number().describe('Free space of its spool, in MiB.'),
  spoolFull: z.boolean(),
  takes: z.object({ single: z.boolean(), mixed: z.boolean() }).describe('Whether it would take one more of the kind.'),
});

const failedFile = z.object({
  taskId: z.string(),
  fileId: z.string(),
  name: z.string(),
  state: z.enum(['failed', 'stuck']),
  endMs: ms,
  error: z.string().nullable(),
});

const overview = z
  .object({
    nowMs: ms,
    recording: z.object({
      active: z.int(),
      receiving: z.int().describe('Those to which media arrives.'),
      finishing: z.int(),
      waiting: z.int().describe('Active ones that no recorder has yet.'),
    }),
    recorders: z.array(recorderView),
    failures: z.object({
      tasks: z.array(taskView).describe('Tasks of the last 24 hours that did not end well, the latest first.'),
      files: z.array(failedFile),
    }),
    callbacks: z.object({
      pending: z.int(),
      oldestPendingSeconds: z.int(),
      delivered: z.int().describe('Of the last 24 hours.'),
      failedAttempts: z.int().describe('Of the last 24 hours.'),
      dropped: z.int().describe('Given up among the events of the last 24 hours.'),
    }),
  })
  .meta({ id: 'Overview' });

/** The overview in an answer. */
export type Overview = z.input<typeof overview>;

const show = defineRoute({
  method: 'GET',
  path: '/overview',
  summary: 'Shows what is recording, what the recorders can still take, failures of the day and health of callbacks.',
  answer: { status: 200, description: 'As it is now.', schema: overview },
  async handle(_input, { store, queries, callbacks, recorders, clock }) {
    const nowMs = clock.wallMs();
    const sinceMs = nowMs - dayMs;
    const { pendingEvents, unclaimedTasks } = await queries.backlog();
    const { oldestPendingSeconds } = await callbacks.backlog();
    const tasks = await unwellTasks(store, sinceMs, mostFailures);
    return {
      nowMs,
      recording: { ...(await countRecording(store)), waiting: unclaimedTasks },
      recorders: recorders.capacity().map(({ busy, ...rest }) => ({ ...rest, busyPermille: Math.round(busy) })),
      failures: {
        tasks: tasks.map((task) => viewTask(task)),
        files: await unwellFiles(store, sinceMs, mostFailures),
      },
      callbacks: { pending: pendingEvents, oldestPendingSeconds, ...(await callbackHealth(store, sinceMs)) },
    };
  },
});

/** What an operator sees first. */
export const overviewRoutes: readonly AdminRoute[] = [show];
