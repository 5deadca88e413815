import { failover, recorderStart, recorderStop, uploadStop, vodStop, type TaskEvent } from '../callbacks/payloads.ts';
import type { TaskRow } from '../store/tables.ts';
import { wallMs, type WallMs } from '../units.ts';
import type { RecordedFile, TaskReport } from '../worker-api/messages.ts';
import type { TimelineReport } from './evidence-records.ts';
import type { UploadReport } from './playlists.ts';
import type { TaskStatus } from './service.ts';
import { destinationOf } from './stored-task.ts';

/** Columns a transition may change; the sequence of events is kept by who writes them. */
export type TaskPatch = Partial<
  Pick<
    TaskRow,
    | 'state'
    | 'status'
    | 'stop_code'
    | 'owner'
    | 'epoch'
    | 'claimable_ms'
    | 'started_ms'
    | 'started_epoch'
    | 'progress_epoch'
    | 'leave_code'
    | 'ended_ms'
    | 'result'
    | 'plan'
    | 'revision'
    | 'upload_began'
    | 'upload_stop'
  >
>;

/** What a step of a task's life changes and tells. Applied in one transaction (design §3.3). */
export interface Transition {
  readonly patch: TaskPatch;
  readonly events: readonly TaskEvent[];
  /** Files whose finishing begins with this step. */
  readonly files: readonly RecordedFile[];
}

/** LeaveCode of a bot that was lost for good, and its client should start a new task (contract §4.3). */
const leaveCodeLost = 100;

const nothing: Transition = { patch: {}, events: [], files: [] };

const goesToLibrary = (task: TaskRow): boolean => destinationOf(task).kind === 'vod';

/** Where a task's files go decides which event is its last: 312 for a library, 305 for a bucket (contract §4.3). */
const lastEvent = (task: TaskRow, atMs: WallMs, status: 0 | 1): TaskEvent =>
  goesToLibrary(task) ? vodStop(atMs, status) : uploadStop(atMs, status);

const ended = (now: WallMs, result: TaskRow['result'], events: readonly TaskEvent[]): Transition => ({
  patch: { state: 'ended', owner: null, ended_ms: now, result },
  events,
  files: [],
});

/** Describe's answer for a task whose API window is open; undefined once it ended (contract §2.7). */
export function statusOf(task: Pick<TaskRow, 'state' | 'status' | 'stop_code'>): TaskStatus | undefined {
  if (task.state === 'ended') return undefined;
  return task.state === 'finishing' || task.stop_code !== null ? 'Exited' : task.status;
}

/**
 * Somebody asks a running task to stop. Who holds the lease leaves with this code; a task that nobody holds and that
 * never started ends here, truthfully as one that could not start (301 Status 1), and its epoch moves on so that a
 * recorder that was late to renew is refused.
 */
export function requestStop(task: TaskRow, leaveCode: number, wall: WallMs, storeNow: WallMs): Transition {
  const held = task.owner !== null && task.claimable_ms > storeNow;
  if (held || task.started_ms !== null) return { ...nothing, patch: { stop_code: leaveCode } };
  const end = ended(wall, 'not-started', [recorderStart(wall, 1)]);
  return { ...end, patch: { ...end.patch, stop_code: leaveCode, epoch: task.epoch + 1 } };
}

/** The bot is in the room: 301 the first time, 306 for each later epoch (contract §4.3), silence for a repeated report. */
function started(task: TaskRow, epoch: number, startedMs: WallMs, wall: WallMs): Transition {
  if (task.started_ms === null) {
    return {
      ...nothing,
      patch: { started_ms: startedMs, started_epoch: epoch },
      events: [recorderStart(startedMs, 0)],
    };
  }
  if (task.started_epoch === epoch) return nothing;
  return { ...nothing, patch: { started_epoch: epoch }, events: [failover(wall)] };
}

/**
 * The bot left: 302, and 312 at once when it brought nothing. Also right without `started` in this epoch: a stop that was
 * pending at the claim keeps the bot out of the room, so there is no 306, only the end of what earlier epochs recorded.
 * A task that no epoch started and that left nothing ends as one that could not start (301 Status 1), even when Delete
 * asked for it: there is no 302 without a 301 Status 0, and the bot truly never was in the room. Files prove that it was.
 */
function stopped(task: TaskRow, leaveCode: number, atMs: WallMs, files: readonly RecordedFile[]): Transition {
  if (task.started_ms === null && files.length === 0) return ended(atMs, 'not-started', [recorderStart(atMs, 1)]);
  const first = wallMs(Math.min(atMs, ...files.map((file) => file.startMs)));
  const start = task.started_ms === null ? [recorderStart(first, 0)] : [];
  const startedMs = task.started_ms ?? first;
  const leave = [...start, recorderStop(atMs, leaveCode)];
  const patch: TaskPatch = { leave_code: leaveCode, started_ms: startedMs, status: 'Idle' };
  if (files.length > 0) return { patch: { ...patch, state: 'finishing', owner: null }, events: leave, files };
  const end = ended(atMs, 'ok', [...leave, lastEvent(task, atMs, 0)]);
  return { ...end, patch: { ...patch, ...end.patch } };
}

/**
 * No recorder can bring the bot into the room, or keep it there. Never started: 301 Status 1 and nothing more. After an
 * earlier start that is the loss of the bot: 302, and 312 Status 1 because files stay on the spool unannounced.
 */
export function lostForGood(task: TaskRow, wall: WallMs): Transition {
  if (task.started_ms === null) return ended(wall, 'not-started', [recorderStart(wall, 1)]);
  const end = ended(wall, 'failed', [recorderStop(wall, leaveCodeLost), lastEvent(task, wall, 1)]);
  return { ...end, patch: { ...end.patch, leave_code: leaveCodeLost } };
}

/** Media in this epoch shows that the task can be recorded. */
const statusPatch = (status: TaskRow['status'], epoch: number): TaskPatch =>
  status === 'InProgress' ? { status, progress_epoch: epoch } : { status };

/** Reports about the bot itself; those about its upload change more than the task (playlists.ts). */
export type BotReport = Exclude<TaskReport, UploadReport | TimelineReport>;

/** Applies a report of the epoch in force to an active task; a task that already left stays as it is. */
export function applyReport(task: TaskRow, report: BotReport, wall: WallMs): Transition {
  if (task.state !== 'active') return nothing;
  switch (report.kind) {
    case 'started':
      return started(task, report.epoch, report.startedMs, wall);
    case 'start-failed':
      return lostForGood(task, wall);
    case 'status':
      return { ...nothing, patch: statusPatch(report.status, report.epoch) };
    default:
      return stopped(task, report.leaveCode, report.atMs, report.files);
  }
}

/**
 * No file of the task is open any more: 312, Status 1 when any failed; a bucket's 305 was told before. What arrives
 * after its failure was told makes the task's result good and has no event of its own.
 */
export function allSettled(task: TaskRow, anyFailed: boolean, wall: WallMs): Transition {
  const result = anyFailed ? ('failed' as const) : ('ok' as const);
  if (task.state === 'ended') return { ...nothing, patch: { result } };
  if (task.state !== 'finishing') return nothing;
  return ended(wall, result, goesToLibrary(task) ? [vodStop(wall, anyFailed ? 1 : 0)] : []);
}
