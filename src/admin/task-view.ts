import { z } from 'zod';
import type { TaskRow } from '../store/tables.ts';
import type { FileView, TaskView } from '../tasks/queries.ts';
import { destinationOf, planOf } from '../tasks/stored-task.ts';
import { app, ms } from './fields.ts';
import { fileProgress } from './file-progress.ts';
import { shownDestination, shownPlan } from './shown-plan.ts';
import type { FileCounts } from './task-search.ts';

/** States of a task. */
export const taskState = z
  .enum(['active', 'finishing', 'ended'])
  .describe('active until the bot has left the room, finishing until the last file is settled.');

/** Kinds of rooms. */
export const roomKind = z.enum(['number', 'string']);

const fileView = z
  .object({
    fileId: z.string(),
    userId: z.string().describe('Empty for a mix.'),
    mediaId: z.enum(['main', 'aux', 'mix']),
    trackType: z.enum(['audio', 'video', 'audio_video']),
    name: z.string(),
    container: z.enum(['mp4', 'hls', 'aac']),
    part: z.int(),
    state: z
      .enum(['finishing', 'stuck', 'done', 'failed', 'removed'])
      .describe('stuck: its failure was told, and it is still being tried.'),
    startMs: ms,
    endMs: ms,
    sizeBytes: z.int().nullable(),
    durationMs: z.int().nullable(),
    sha256: z.string().nullable(),
    streams: z.array(z.string()).describe('Codecs.'),
    width: z.int().nullable(),
    height: z.int().nullable(),
    videoUrl: z.string().nullable().describe('Where it plays, when the server knows.'),
    error: z.string().nullable(),
    progress: fileProgress.nullable().describe('While it is being finished.'),
  })
  .meta({ id: 'TaskFile' });

const taskFields = {
  taskId: z.string(),
  app,
  room: z.object({ kind: roomKind, id: z.string() }),
  botUserId: z.string(),
  mode: z.enum(['single', 'mixed']),
  state: taskState,
  status: z.enum(['Idle', 'InProgress']).describe('Whether media arrives.'),
  stopping: z.boolean().describe('Its end was asked for.'),
  recorder: z.string().nullable().describe('The recorder that holds its lease.'),
  epoch: z.int().describe('Number of its leases so far; a takeover begins a new one.'),
  createdMs: ms,
  startedMs: ms.nullable(),
  endedMs: ms.nullable(),
  leaveCode: z.int().nullable(),
  result: z.enum(['ok', 'failed', 'not-started']).nullable(),
  ruleRevision: z.int().nullable().describe('Revision of the rule that began it; null for a task of the API.'),
  fileCounts: z.object({
    total: z.int(),
    done: z.int(),
    failed: z.int().describe('Those that are still being tried after a failure was told among them.'),
  }),
};

/** A task in a list. */
export const taskView = z.object(taskFields).meta({ id: 'Task' });

/** A task in an answer. */
export type TaskListItem = z.input<typeof taskView>;

/** A task with its parameters and files. */
export const taskDetail = z
  .object({
    ...taskFields,
    parameters: z.record(z.string(), z.unknown()).describe('As they are now, after validation and defaults.'),
    revision: z.int().describe('How often they were changed.'),
    destination: z.record(z.string(), z.unknown()).describe('Where its files go, without keys.'),
    userDefineRecordId: z.string().nullable(),
    apiUntilMs: ms.describe('Until then the recording API finds it.'),
    takeovers: z.array(z.object({ atMs: ms })).describe('When another recorder went on with it (event 306).'),
    files: z.array(fileView),
  })
  .meta({ id: 'TaskDetail' });

/** A task with its parameters and files in an answer. */
export type TaskDetailView = z.input<typeof taskDetail>;

const noFiles: FileCounts = { total: 0, done: 0, failed: 0 };

/** A row as a list shows it. */
export const viewTask = (task: TaskRow, counts: FileCounts = noFiles): z.input<typeof taskView> => ({
  taskId: task.id,
  app: task.sdk_app_id,
  room: { kind: task.room_kind, id: task.room_id },
  botUserId: task.bot_user_id,
  mode: planOf(task).mode,
  state: task.state,
  status: task.status,
  stopping: task.stop_code !== null || task.state === 'finishing',
  recorder: task.owner,
  epoch: task.epoch,
  createdMs: task.created_ms,
  startedMs: task.started_ms,
  endedMs: task.ended_ms,
  leaveCode: task.leave_code,
  result: task.result,
  ruleRevision: task.auto_revision,
  fileCounts: counts,
});

/** A task with all that may be shown of it. */
export const detailTask = (
  task: TaskRow,
  { files, events }: Pick<TaskView, 'files' | 'events'>,
  counts: FileCounts | undefined,
  progress: ReadonlyMap<string, z.input<typeof fileProgress>>,
): z.input<typeof taskDetail> => ({
  ...viewTask(task, counts),
  parameters: shownPlan(planOf(task)),
  revision: task.revision,
  destination: shownDestination(destinationOf(task)),
  userDefineRecordId: task.user_define_record_id,
  apiUntilMs: task.api_until_ms,
  takeovers: events.filter(({ type }) => type === 306).map(({ atMs }) => ({ atMs })),
  files: files.map((file) => ({ ...viewFile(file), progress: progress.get(file.fileId) ?? null })),
});

const viewFile = (file: FileView): Omit<z.input<typeof fileView>, 'progress'> => ({
  fileId: file.fileId,
  userId: file.userId,
  mediaId: file.mediaId,
  trackType: file.trackType,
  name: file.name,
  container: file.container,
  part: file.part,
  state: file.state,
  startMs: file.startMs,
  endMs: file.endMs,
  sizeBytes: file.sizeBytes ?? null,
  durationMs: file.durationMs ?? null,
  sha256: file.sha256 ?? null,
  streams: [...file.streams],
  width: file.width ?? null,
  height: file.height ?? null,
  videoUrl: file.videoUrl ?? null,
  error: file.error ?? null,
});
