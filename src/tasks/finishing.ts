import { vodCommit, vodFailure, type FileFailure, type TaskEvent } from '../callbacks/payloads.ts';
import { fileName, type FileNameMode } from '../naming/file-name.ts';
import { videoUrl } from '../library/location.ts';
import type { RoomKey } from '../room-key.ts';
import type { StoreTransaction } from '../store/store.ts';
import type { FileRow, JobRow, NewFileRow, TaskRow } from '../store/tables.ts';
import { wallMs } from '../units.ts';
import type { JobReport, RecordedFile, ReportResponse } from '../worker-api/messages.ts';
import { backOffMs, isExhausted, isStuck } from './back-off.ts';
import { newFileId } from './ids.ts';
import { lockTask, recordTransition } from './record.ts';
import { allSettled } from './transitions.ts';

/** Rows of one insert, within every engine's limit of parameters. */
const rowsPerInsert = 500;

/** How files are named and found. */
export interface FinishingOptions {
  readonly fileNames: FileNameMode;
  /** Base of VideoUrl, without a slash at the end. */
  readonly publicUrl: () => string;
}

/** The room of a task. */
export const roomOf = (task: Pick<TaskRow, 'sdk_app_id' | 'room_kind' | 'room_id'>): RoomKey => ({
  sdkAppId: task.sdk_app_id,
  kind: task.room_kind,
  roomId: task.room_id,
});

function newFile(task: TaskRow, file: RecordedFile, mode: FileNameMode): NewFileRow {
  const { mediaId, userId } = file;
  const parts = {
    room: roomOf(task),
    anchor: mediaId === 'mix' ? undefined : { userId, mediaId },
    index: undefined,
    userDefineRecordId: task.user_define_record_id ?? undefined,
    extension: 'mp4' as const,
  };
  return {
    file_id: newFileId(),
    task_id: task.id,
    file_key: file.fileKey,
    user_id: userId,
    media_id: mediaId,
    track_type: file.trackType,
    name: fileName(parts, mode),
    sub_app_id: task.sub_app_id,
    state: 'finishing',
    start_ms: file.startMs,
    end_ms: file.endMs,
  };
}

/** Makes a file row and a finishing job for each file a bot left behind. */
export async function openJobs(
  tx: StoreTransaction,
  task: TaskRow,
  files: readonly RecordedFile[],
  mode: FileNameMode,
): Promise<void> {
  const job = { task_id: task.id, state: 'open' as const, epoch: 0, attempts: 0 };
  const times = { claimable_ms: tx.now, created_ms: tx.now };
  for (let from = 0; from < files.length; from += rowsPerInsert) {
    const rows = files.slice(from, from + rowsPerInsert).map((file) => newFile(task, file, mode));
    await tx.db.insertInto('file').values(rows).execute();
    const jobs = rows.map((row) => ({ ...job, ...times, file_id: row.file_id }));
    await tx.db.insertInto('job').values(jobs).execute();
  }
  tx.announce('work');
}

type DoneReport = Extract<JobReport, { kind: 'done' }>;
type FailedReport = Extract<JobReport, { kind: 'failed' }>;

/**
 * Puts a report of a finishing job into the store: 311 for its file, 312 when it was the task's last. A settled job
 * accepts its epoch's repeated report, so that a recorder may repeat it until it is answered; but never a `done` after
 * it failed, because an accepted `done` lets the segments go.
 */
export async function applyJobReport(
  tx: StoreTransaction,
  jobId: number,
  report: JobReport,
  options: FinishingOptions,
): Promise<ReportResponse> {
  const owner = await tx.db.selectFrom('job').select('task_id').where('id', '=', jobId).executeTakeFirst();
  const task = owner && (await lockTask(tx, owner.task_id));
  if (!task) return { accepted: false, reason: 'unknown' };
  const job = await tx.db.selectFrom('job').selectAll().where('id', '=', jobId).executeTakeFirstOrThrow();
  if (job.epoch !== report.epoch) return { accepted: false, reason: 'stale' };
  if (job.state === 'failed' && report.kind === 'done') return { accepted: false, reason: 'stale' };
  if (job.state !== 'open') return { accepted: true };
  if (report.kind === 'done') await settleDone(tx, task, job, report, options);
  else await applyFailure(tx, task, job, report);
  return { accepted: true };
}

async function applyFailure(tx: StoreTransaction, task: TaskRow, job: JobRow, report: FailedReport): Promise<void> {
  const { reason, permanent, fault } = report;
  const contentFaults = job.content_faults + (fault === 'content' ? 1 : 0);
  if (permanent || isExhausted(job, tx.now)) await settleFailed(tx, task, job, { status: 2, reason });
  else if (isStuck(contentFaults)) await settleFailed(tx, task, job, { status: 1, reason });
  else await postpone(tx, job, reason, contentFaults);
}

/** Gives up a job: 311 with the failure for its file, 312 when it was the task's last. Segments stay on the spool. */
export async function settleFailed(
  tx: StoreTransaction,
  task: TaskRow,
  job: JobRow,
  failure: FileFailure,
): Promise<void> {
  const { reason } = failure;
  const file = await fileOf(tx, job);
  await tx.db.updateTable('file').set({ state: 'failed', error: reason }).where('file_id', '=', file.file_id).execute();
  await closeJob(tx, job, 'failed', reason);
  const names = { userId: file.user_id, trackType: file.track_type, cacheFile: file.name };
  await settle(tx, task, vodFailure(tx.wall, names, failure));
}

async function settleDone(
  tx: StoreTransaction,
  task: TaskRow,
  job: JobRow,
  report: DoneReport,
  options: FinishingOptions,
): Promise<void> {
  const file = await fileOf(tx, job);
  await tx.db
    .updateTable('file')
    .set({
      state: 'done',
      size_bytes: report.sizeBytes,
      duration_ms: report.durationMs,
      sha256: report.sha256,
      streams: JSON.stringify(report.streams),
      width: report.width,
      height: report.height,
      start_ms: report.startMs,
      end_ms: report.endMs,
      done_ms: tx.wall,
      expires_ms: task.expire_seconds > 0 ? tx.wall + task.expire_seconds * 1000 : null,
    })
    .where('file_id', '=', file.file_id)
    .execute();
  await closeJob(tx, job, 'done', null);
  await settle(tx, task, commitEvent(tx, file, report, options));
}

function commitEvent(tx: StoreTransaction, file: FileRow, report: DoneReport, options: FinishingOptions): TaskEvent {
  // D-1: receivers of the documented form know `main` and `aux` only.
  const mixed = options.fileNames === 'wire' ? ('mix' as const) : ('main' as const);
  return vodCommit(tx.wall, {
    userId: file.user_id,
    trackType: file.track_type,
    mediaId: file.media_id === 'mix' ? mixed : file.media_id,
    fileId: file.file_id,
    videoUrl: videoUrl(options.publicUrl(), { subAppId: file.sub_app_id, fileId: file.file_id, name: file.name }),
    cacheFile: file.name,
    startMs: wallMs(report.startMs),
    endMs: wallMs(report.endMs),
  });
}

const fileOf = (tx: StoreTransaction, job: JobRow): Promise<FileRow> =>
  tx.db.selectFrom('file').selectAll().where('file_id', '=', job.file_id).executeTakeFirstOrThrow();

async function closeJob(
  tx: StoreTransaction,
  job: JobRow,
  state: 'done' | 'failed',
  error: string | null,
): Promise<void> {
  await tx.db.updateTable('job').set({ state, error, owner: null }).where('id', '=', job.id).execute();
}

async function postpone(tx: StoreTransaction, job: JobRow, reason: string, contentFaults: number): Promise<void> {
  await tx.db
    .updateTable('job')
    .set({ owner: null, error: reason, content_faults: contentFaults, claimable_ms: tx.now + backOffMs(job.attempts) })
    .where('id', '=', job.id)
    .execute();
}

/** Tells a file's fate and, when it was the last one, the task's. */
async function settle(tx: StoreTransaction, task: TaskRow, event: TaskEvent): Promise<void> {
  const told = await recordTransition(tx, task, { patch: {}, events: [event], files: [] });
  if (await hasFile(tx, task, 'finishing')) return;
  await recordTransition(tx, told, allSettled(told, await hasFile(tx, task, 'failed'), tx.wall));
}

async function hasFile({ db }: StoreTransaction, task: TaskRow, state: FileRow['state']): Promise<boolean> {
  const files = db.selectFrom('file').select('file_id').where('task_id', '=', task.id).where('state', '=', state);
  return (await files.limit(1).executeTakeFirst()) !== undefined;
}
