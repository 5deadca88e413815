import { z } from 'zod';
import { chainsOf, timelineOf } from '../evidence/compile-manifest.ts';
import type { TimelineEntry } from '../evidence/timeline.ts';
import { timelinePicture, type TimelinePicture } from '../evidence/timeline-picture.ts';
import { momentText, ms, taskId } from './fields.ts';
import { pageOf, pageQuery, toPage } from './paging.ts';
import { AdminProblem } from './problem.ts';
import { defineRoute, type AdminRoute } from './route.ts';
import { requireTask } from './task-search.ts';

const byId = z.strictObject({ taskId });
const unknown = { 404: 'There is no such task.' } as const;
const span = { fromMs: ms, toMs: ms };
const mediaId = z.enum(['main', 'aux']);

const user = z
  .object({
    userId: z.string(),
    robot: z.boolean().describe('It relays a mix into the room.'),
    stays: z.array(z.object(span)).describe('When it was in the room as an anchor.'),
    tracks: z.array(
      z.object({
        mediaId,
        media: z.enum(['audio', 'video']),
        spans: z.array(
          z.object({
            state: z
              .enum(['sending', 'paused', 'changing'])
              .describe('paused: muted, or the way is cut; changing: between the two, too often to be told apart.'),
            recorded: z.boolean().describe('Whether the lists of the task and its places let it in.'),
            ...span,
          }),
        ),
      }),
    ),
    seen: z
      .array(
        z.object({
          mediaId,
          spans: z.array(
            z.object({
              video: z.boolean().describe('False while the camera is off.'),
              left: z.number(),
              top: z.number(),
              width: z.number(),
              height: z.number(),
              ...span,
            }),
          ),
        }),
      )
      .describe('Of a mix: when which picture was seen where, in pixels of the canvas.'),
  })
  .meta({ id: 'TimelineUser' });

const picture = z
  .object({
    ...span,
    live: z.boolean().describe('The task goes on.'),
    entries: z.int().describe('How many entries it is made of.'),
    recorders: z.array(
      z.object({
        ...span,
        epoch: z.int(),
        recorder: z.string(),
        how: z
          .enum(['running', 'stopped', 'drained', 'failed', 'lost'])
          .describe('How it ended; lost: it told no end of its own.'),
      }),
    ),
    gaps: z.array(
      z.object({
        ...span,
        reason: z.enum([
          'recorder-lost',
          'recorder-drained',
          'recorder-failed',
          'room-lost',
          'disk-refused',
          'overload',
        ]),
        epoch: z.int(),
        fileKey: z.string().optional().describe('The file that it concerns, where not all.'),
        open: z.boolean().describe('It goes on.'),
      }),
    ),
    marks: z.array(
      z.object({
        atMs: ms,
        epoch: z.int(),
        kind: z.enum(['takeover', 'plan-changed', 'entries-dropped']),
        revision: z.int().optional().describe('Of plan-changed.'),
      }),
    ),
    users: z.array(user).describe('By first entry.'),
    hiddenUsers: z.int().describe('Users beyond the two hundredth.'),
  })
  .meta({ id: 'Timeline' });

/** A timeline in an answer. */
export type TimelineView = z.input<typeof picture>;

const show = defineRoute({
  method: 'GET',
  path: '/tasks/{taskId}/timeline',
  summary: 'Shows who was in the room of a task, what they sent and where they were seen, and what was not recorded.',
  description:
    'Bounded, however long the task is: what changes more often than a five hundredth of the window is told as one. ' +
    'Gaps between recorders are exact when the files are finished; until then they last at least as long as told.',
  params: byId,
  query: z.strictObject({
    from: momentText.optional().describe('Begin of the window; the first entry by default.'),
    to: momentText.optional().describe('End of the window; now, or the end, by default.'),
    last: z.coerce.number().int().min(1).max(31_536_000).optional().describe('Its last seconds, in place of `from`.'),
  }),
  answer: { status: 200, description: 'The timeline.', schema: picture },
  problems: unknown,
  async handle({ params, query }, { store, clock }) {
    const task = await requireTask(store, params.taskId);
    if (query.from !== undefined && query.to !== undefined && query.to <= query.from) {
      throw new AdminProblem(400, 'The window ends before it begins.', {
        errors: [{ in: 'query', at: 'to', message: 'is not after from' }],
      });
    }
    const entries = await timelineOf(store.db, task.id);
    const live = task.state === 'active';
    const untilMs = live
      ? clock.wallMs()
      : Math.max(task.ended_ms ?? 0, ...entries.slice(-100).map(({ atMs }) => atMs));
    const source = { entries, chains: await chainsOf(store.db, task.id), live, untilMs };
    const fromMs = query.last === undefined ? query.from : (query.to ?? untilMs) - query.last * 1000;
    const shown = timelinePicture(source, { fromMs, toMs: query.to });
    return { ...plain(shown), live, entries: entries.length };
  },
});

/** As JSON has it: the schema knows lists that may change. */
const plain = (shown: TimelinePicture): Omit<TimelineView, 'live' | 'entries'> =>
  JSON.parse(JSON.stringify(shown)) as Omit<TimelineView, 'live' | 'entries'>;

const entry = z
  .looseObject({
    epoch: z.int(),
    seq: z.int().describe('From 1 within the epoch.'),
    atMs: ms,
    kind: z.string().describe('What happened; docs/guides/evidence.md says what there is.'),
  })
  .meta({ id: 'TimelineEntry' });

const entries = defineRoute({
  method: 'GET',
  path: '/tasks/{taskId}/timeline/entries',
  summary: 'Lists what recorders told of a task, in order, as it stands in its manifest.',
  params: byId,
  query: z.strictObject(pageQuery),
  answer: { status: 200, description: 'A page of entries.', schema: pageOf(entry) },
  problems: unknown,
  async handle({ params, query: { cursor, limit } }, { store }) {
    const task = await requireTask(store, params.taskId);
    let query = store.db.selectFrom('timeline_entry').selectAll().where('task_id', '=', task.id);
    if (cursor !== undefined) {
      query = query.where((eb) => eb(eb.refTuple('epoch', 'seq'), '>', eb.tuple(cursor[0], Number(cursor[1]))));
    }
    const rows = await query
      .orderBy('epoch')
      .orderBy('seq')
      .limit(limit + 1)
      .execute();
    return toPage(
      rows,
      limit,
      ({ epoch, seq }) => [epoch, String(seq)],
      ({ epoch, entry: text }) => ({ ...(JSON.parse(text) as TimelineEntry), epoch }),
    );
  },
});

/** What happened while a task was recorded. */
export const timelineRoutes: readonly AdminRoute[] = [show, entries];
