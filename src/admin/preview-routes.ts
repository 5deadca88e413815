import { z } from 'zod';
import type { Store } from '../store/store.ts';
import type { TaskRow } from '../store/tables.ts';
import { planOf } from '../tasks/stored-task.ts';
import type { RecordingPlan } from '../worker-api/messages.ts';
import { ms, taskId } from './fields.ts';
import { AdminProblem } from './problem.ts';
import { defineRoute, type AdminRoute } from './route.ts';
import type { AdminServices } from './services.ts';
import { shownPlan } from './shown-plan.ts';
import { requireTask } from './task-search.ts';

const byId = { taskId };
const inStream = {
  ...byId,
  stream: z.string().min(1).max(220),
  epoch: z.string().regex(/^e\d{1,9}$/),
};
const epochOf = (text: string): number => Number(text.slice(1));
const unknown = { 404: 'There is no such task, it is not running, or nothing of that is on this machine.' } as const;

/** Latest layouts that a preview is given: nobody goes back further than its playlist. */
const mostLayouts = 20;
/** Media that came so long ago must have left a segment's beginning on the spool. */
const soonMs = 15_000;

const preview = z
  .object({
    state: z
      .enum(['playable', 'waiting', 'elsewhere', 'over'])
      .describe(
        'waiting: its first segment, of about ten seconds, is not written yet; elsewhere: its recorder has its spool ' +
          'on another machine; over: the task has ended.',
      ),
    streams: z.array(
      z.object({
        stream: z.string().describe('Its name in the paths of the preview.'),
        epoch: z.int().describe('A takeover begins another, and another playlist.'),
        userId: z.string().describe('Empty for the mix.'),
        mediaId: z.enum(['main', 'aux', 'mix']),
        trackType: z.enum(['audio', 'video', 'audio_video']),
        playable: z.boolean().describe('Whether a segment is there.'),
        playlist: z.string().describe('Path of its HLS playlist.'),
      }),
    ),
    canvas: z.object({ width: z.int(), height: z.int() }).nullable().describe('Of a mix with pictures.'),
    media: z.array(z.enum(['main', 'aux'])).describe('Whose pictures the task records: of cameras, of screens.'),
    layouts: z
      .array(z.object({ fromMs: ms, layout: z.record(z.string(), z.unknown()) }))
      .describe('Of a mix: the latest layouts, each from when on it holds.'),
  })
  .meta({ id: 'Preview' });

/** What of a running task can be seen, in an answer. */
export type PreviewView = z.input<typeof preview>;

const show = defineRoute({
  method: 'GET',
  path: '/tasks/{taskId}/preview',
  summary: 'Tells what of a running recording can be played already.',
  params: z.strictObject(byId),
  answer: { status: 200, description: 'Its streams, and how a mix is laid out.', schema: preview },
  problems: { 404: 'There is no such task.' },
  async handle({ params }, services) {
    const task = await requireTask(services.store, params.taskId);
    const plan = planOf(task);
    const isOver = task.state !== 'active';
    const streams = isOver ? [] : await services.preview.streams(task.id);
    return {
      state: isOver ? 'over' : await stateOf(task, streams, services),
      streams: streams.map(({ fileKey: stream, ...one }) => ({
        ...one,
        stream,
        playlist: playlistPath(task.id, stream, one.epoch),
      })),
      canvas: canvasOf(plan),
      media: [...plan.media],
      layouts: plan.mode === 'mixed' ? await layoutsOf(services.store, task) : [],
    };
  },
});

const playlistPath = (id: string, stream: string, epoch: number): string =>
  `/admin/v1/tasks/${encodeURIComponent(id)}/preview/${encodeURIComponent(stream)}/e${epoch}/index.m3u8`;

/** The mix takes an odd width or height down to even. */
function canvasOf({ mode, streams, video: { width, height } }: RecordingPlan): PreviewView['canvas'] {
  if (mode !== 'mixed' || streams === 'audio') return null;
  return { width: width - (width % 2), height: height - (height % 2) };
}

async function stateOf(
  task: TaskRow,
  streams: readonly { readonly playable: boolean }[],
  { store, clock }: Pick<AdminServices, 'store' | 'clock'>,
): Promise<PreviewView['state']> {
  if (streams.some(({ playable }) => playable)) return 'playable';
  if (streams.length > 0) return 'waiting';
  const recorded = await store.db
    .selectFrom('timeline_entry')
    .select('seq')
    .where('task_id', '=', task.id)
    .where('kind', '=', 'recorded-from')
    .where('at_ms', '<', clock.wallMs() - soonMs)
    .limit(1)
    .executeTakeFirst();
  return recorded && task.status === 'InProgress' ? 'elsewhere' : 'waiting';
}

/** By the recorder's time, where it told that it goes by them; they are never in force before they were asked for. */
async function layoutsOf({ db }: Pick<Store, 'db'>, task: TaskRow): Promise<PreviewView['layouts']> {
  const rows = await db
    .selectFrom('plan_revision')
    .selectAll()
    .where('task_id', '=', task.id)
    .orderBy('revision', 'desc')
    .limit(mostLayouts)
    .execute();
  const shown = (plan: RecordingPlan) => shownPlan(plan)['layout'] as Record<string, unknown>;
  if (rows.length === 0) return [{ fromMs: task.created_ms, layout: shown(planOf(task)) }];
  return rows.toReversed().map((row) => ({ fromMs: row.at_ms, layout: shown(planOf(row)) }));
}

async function requireRunning(services: AdminServices, id: string): Promise<TaskRow> {
  const task = await requireTask(services.store, id);
  if (task.state === 'active') return task;
  throw new AdminProblem(404, 'The recording is not running any more; its files have what there is.');
}

const playlist = defineRoute({
  method: 'GET',
  path: '/tasks/{taskId}/preview/{stream}/{epoch}/index.m3u8',
  summary: 'Gives the latest minutes of a running recording as HLS.',
  params: z.strictObject(inStream),
  answer: {
    status: 200,
    description: 'A playlist that goes on until another recorder takes over.',
    file: 'application/vnd.apple.mpegurl',
  },
  problems: unknown,
  async handle({ params }, services) {
    const task = await requireRunning(services, params.taskId);
    const text = await services.preview.playlist(task.id, params.stream, epochOf(params.epoch));
    if (text === undefined) throw new AdminProblem(404, 'There is no segment of that stream here yet.');
    return text;
  },
});

const segment = defineRoute({
  method: 'GET',
  path: '/tasks/{taskId}/preview/{stream}/{epoch}/{segment}',
  summary: 'Gives a segment of a running recording.',
  params: z.strictObject({ ...inStream, segment: z.string().min(1).max(100) }),
  answer: { status: 200, description: 'A piece of a transport stream.', file: 'video/mp2t' },
  problems: unknown,
  async handle({ params }, services) {
    const task = await requireRunning(services, params.taskId);
    const { stream, epoch, segment: name } = params;
    const bytes = await services.preview.segment(task.id, stream, epochOf(epoch), name);
    if (!bytes) throw new AdminProblem(404, 'There is no such segment here.');
    return bytes;
  },
});

/** Running recordings, as far as they are on this machine. */
export const previewRoutes: readonly AdminRoute[] = [show, playlist, segment];
