import { backOffMs } from '../back-off.ts';
import type { PlayLinks } from '../library/play-links.ts';
import { extensionOf, partName, recordingStem, type FileNameMode } from '../naming/file-name.ts';
import type { StoreTransaction } from '../store/store.ts';
import type { FileRow, JobRow, NewFileRow, TaskRow } from '../store/tables.ts';
import type {
  Container,
  Destination,
  FinishedPart,
  JobReport,
  RecordedFile,
  ReportResponse,
} from '../worker-api/messages.ts';
import { keepChecks, keepDigests } from './evidence-records.ts';
import { defaultGiveUpMs, isExhausted, isStuck, isWorthTelling } from './giving-up.ts';
import { newFileId } from './ids.ts';
import { lockTask } from './record.ts';
import { settle, type FileFate } from './settling.ts';
import { destinationOf, namingOf, planOf, roomOf } from './stored-task.ts';

/** Rows of one insert, within every engine's limit of parameters. */
const rowsPerInsert = 500;

/** How files are named and found. */
export interface FinishingOptions {
  readonly fileNames: FileNameMode;
  readonly links: Pick<PlayLinks, 'urlOf'>;
  /** Age at which a file that cannot be finished or delivered counts as lost; {@link defaultGiveUpMs} by default. */
  readonly giveUpMs?: number | undefined;
  /** Longest time that a file stays in the library, in milliseconds; for ever by default. */
  readonly libraryKeepMs?: number | undefined;
}

/** What the names of a recorded file begin with. */
export function stemOf(
  task: TaskRow,
  { media_id: mediaId, user_id: userId }: Pick<FileRow, 'media_id' | 'user_id'>,
  mode: FileNameMode,
): string {
  return recordingStem(roomOf(task), { userId, mediaId }, namingOf(task, mode));
}

/** AAC has no place for a picture: a file without sound is not made into it. */
const isMadeOf = (container: Container, file: RecordedFile): boolean =>
  container !== 'aac' || file.trackType !== 'video';

function newFile(task: TaskRow, file: RecordedFile, container: Container, mode: FileNameMode): NewFileRow {
  const who = { user_id: file.userId, media_id: file.mediaId };
  const destination = destinationOf(task);
  return {
    file_id: newFileId(),
    task_id: task.id,
    file_key: file.fileKey,
    container,
    part: 1,
    ...who,
    track_type: container === 'aac' ? 'audio' : file.trackType,
    name: partName(stemOf(task, who, mode), undefined, extensionOf[container]),
    sub_app_id: destination.kind === 'vod' ? destination.subAppId : task.sdk_app_id,
    class_id: destination.kind === 'vod' ? destination.classId : null,
    state: 'finishing',
    start_ms: file.startMs,
    end_ms: file.endMs,
  };
}

/** The files of which something is made: one that has nothing of what was asked for is none. */
export const deliverable = (task: TaskRow, files: readonly RecordedFile[]): RecordedFile[] =>
  files.filter((file) => planOf(task).outputs.some((container) => isMadeOf(container, file)));

/**
 * Makes a file row and a finishing job for each form of each file a bot left behind. Playlists come first: their end
 * (305) is told before what is made of them (310, contract §4.3), and a bucket has nearly all of them already.
 */
export async function openJobs(
  tx: StoreTransaction,
  task: TaskRow,
  files: readonly RecordedFile[],
  mode: FileNameMode,
): Promise<void> {
  const job = { task_id: task.id, state: 'open' as const, epoch: 0, attempts: 0 };
  const times = { claimable_ms: tx.now, created_ms: tx.now };
  const outputs = planOf(task).outputs.flatMap((container) =>
    files.filter((file) => isMadeOf(container, file)).map((file) => newFile(task, file, container, mode)),
  );
  for (let from = 0; from < outputs.length; from += rowsPerInsert) {
    const rows = outputs.slice(from, from + rowsPerInsert);
    await tx.db.insertInto('file').values(rows).execute();
    const jobs = rows.map((row) => ({ ...job, ...times, file_id: row.file_id }));
    await tx.db.insertInto('job').values(jobs).execute();
  }
  tx.announce('work');
}

type DoneReport = Extract<JobReport, { kind: 'done' }>;
type FailedReport = Extract<JobReport, { kind: 'failed' }>;

/**
 * Puts a report of a finishing job into the store, and with it what is told of its file. A settled job accepts its
 * epoch's repeated report, so that a recorder may repeat it until it is answered; but never a `done` after it failed,
 * because an accepted `done` lets the segments go.
 */
export async function applyJobReport(
  tx: StoreTransaction,
  jobId: number,
  report: Exclude<JobReport, { kind: 'step' }>,
  options: FinishingOptions,
): Promise<ReportResponse> {
  const owner = await tx.db.selectFrom('job').select('task_id').where('id', '=', jobId).executeTakeFirst();
  const task = owner && (await lockTask(tx, owner.task_id));
  if (!task) return { accepted: false, reason: 'unknown' };
  const job = await tx.db.selectFrom('job').selectAll().where('id', '=', jobId).executeTakeFirstOrThrow();
  if (job.epoch !== report.epoch) return { accepted: false, reason: 'stale' };
  if (job.state === 'failed' && report.kind === 'done') return { accepted: false, reason: 'stale' };
  if (report.kind === 'progress') return applyProgress(tx, job, report);
  const file = await fileOf(tx, job);
  if (job.state === 'open' && report.kind === 'done') await settleDone(tx, { task, job, file }, report, options);
  // Postponed, it has no owner: a report that is told again is not counted again.
  else if (job.state === 'open' && job.owner !== null && report.kind === 'failed')
    await applyFailure(tx, { task, job, file }, report, options);
  if (report.kind === 'done') return { accepted: true, spoolFree: await isSpoolFree(tx, file) };
  return (await isOpen(tx, job)) ? { accepted: true } : { accepted: true, settled: true };
}

/** The lease's holder alone tells how far it is; what is told again replaces what was told. */
async function applyProgress(
  tx: StoreTransaction,
  job: JobRow,
  { upload }: Extract<JobReport, { kind: 'progress' }>,
): Promise<ReportResponse> {
  if (job.state !== 'open') return { accepted: false, reason: 'stale' };
  await tx.db
    .updateTable('job')
    .set({ upload: JSON.stringify(upload) })
    .where('id', '=', job.id)
    .execute();
  return { accepted: true };
}

async function isOpen({ db }: StoreTransaction, { id }: JobRow): Promise<boolean> {
  const { state } = await db.selectFrom('job').select('state').where('id', '=', id).executeTakeFirstOrThrow();
  return state === 'open';
}

/** A job with what it belongs to. */
export interface Open {
  readonly task: TaskRow;
  readonly job: JobRow;
  readonly file: FileRow;
}

async function applyFailure(
  tx: StoreTransaction,
  open: Open,
  report: FailedReport,
  options: FinishingOptions,
): Promise<void> {
  const { reason, permanent, fault, waitsForSpace = false } = report;
  const { job } = open;
  const counts = {
    content_faults: job.content_faults + (fault === 'content' ? 1 : 0),
    destination_faults: job.destination_faults + (fault === 'destination' ? 1 : 0),
    reported: job.reported + 1,
    waits_for_space: waitsForSpace ? 1 : 0,
  };
  const { giveUpMs = defaultGiveUpMs } = options;
  if (permanent || isExhausted({ ...job, ...counts }, tx.now, giveUpMs))
    return settleFailed(tx, open, { status: 2, reason }, options);
  if (isStuck(counts.content_faults)) return settleFailed(tx, open, { status: 1, reason }, options);
  await postpone(tx, job, reason, counts);
  await tellStuck(tx, { ...open, job: { ...job, ...counts } }, reason, options);
}

/** That a file does not arrive is told once; the job goes on (contract E13). */
export async function tellStuck(
  tx: StoreTransaction,
  { task, job, file }: Open,
  reason: string,
  options: FinishingOptions,
): Promise<void> {
  if (file.state !== 'finishing' || !isWorthTelling(job, tx.now)) return;
  await tx.db.updateTable('file').set({ state: 'stuck', error: reason }).where('file_id', '=', file.file_id).execute();
  await settle(tx, task, { kind: 'failed', file, failure: { status: 1, reason } }, options);
}

/** Gives up a job: its file's failure is told, unless it was before. Segments stay on the spool. */
export async function settleFailed(
  tx: StoreTransaction,
  { task, job, file }: Open,
  failure: Extract<FileFate, { kind: 'failed' }>['failure'],
  options: FinishingOptions,
): Promise<void> {
  const { reason } = failure;
  await tx.db.updateTable('file').set({ state: 'failed', error: reason }).where('file_id', '=', file.file_id).execute();
  await closeJob(tx, job, 'failed', reason);
  if (file.state === 'finishing') await settle(tx, task, { kind: 'failed', file, failure }, options);
}

async function settleDone(
  tx: StoreTransaction,
  { task, job, file }: Open,
  report: DoneReport,
  options: FinishingOptions,
): Promise<void> {
  const destination = destinationOf(task);
  const rows = report.parts.map((part) => {
    const keptMs = keptFor(destination, part, options);
    const times = { done_ms: tx.wall, expires_ms: keptMs === undefined ? null : tx.wall + keptMs };
    return { ...file, ...partColumns(file, part), ...times };
  });
  await tx.db.updateTable('file').set(rows[0]!).where('file_id', '=', file.file_id).execute();
  for (let from = 1; from < rows.length; from += rowsPerInsert) {
    await tx.db
      .insertInto('file')
      .values(rows.slice(from, from + rowsPerInsert))
      .execute();
  }
  await keepDigests(tx, rows, report.parts);
  await keepChecks(tx, file, report.chains ?? []);
  await closeJob(tx, job, 'done', null);
  await settle(tx, task, { kind: 'done', files: rows, recovered: file.state === 'stuck' }, options);
}

/** How long a file stays; the bound is that of the library here and not of what is elsewhere. */
function keptFor(
  destination: Destination,
  { url }: FinishedPart,
  { libraryKeepMs }: FinishingOptions,
): number | undefined {
  if (destination.kind !== 'vod') return undefined;
  const asked = destination.expireSeconds > 0 ? destination.expireSeconds * 1000 : undefined;
  const bound = url === undefined ? libraryKeepMs : undefined;
  return asked === undefined ? bound : Math.min(asked, bound ?? asked);
}

/** The first part is the file that was promised; the others are known by the ids that the recorder derived. */
function partColumns(file: FileRow, part: FinishedPart) {
  const isOurs = /^\d{19}$/.test(part.fileId) && part.url === undefined;
  return {
    file_id: part.part === 1 ? file.file_id : isOurs ? part.fileId : newFileId(),
    part: part.part,
    name: part.name,
    track_type: part.trackType,
    state: 'done' as const,
    error: null,
    size_bytes: part.sizeBytes,
    duration_ms: part.durationMs,
    sha256: part.sha256,
    streams: JSON.stringify(part.streams),
    width: part.width,
    height: part.height,
    facts: part.facts ? JSON.stringify(part.facts) : null,
    remote_id: part.url === undefined ? null : part.fileId,
    url: part.url ?? null,
    start_ms: part.startMs,
    end_ms: part.endMs,
  };
}

const fileOf = (tx: StoreTransaction, job: JobRow): Promise<FileRow> =>
  tx.db.selectFrom('file').selectAll().where('file_id', '=', job.file_id).executeTakeFirstOrThrow();

/** Whether every form of what was recorded under this key is at its destination. */
async function isSpoolFree({ db }: StoreTransaction, { task_id: taskId, file_key: key }: FileRow): Promise<boolean> {
  const open = await db
    .selectFrom('file')
    .select('file_id')
    .where('task_id', '=', taskId)
    .where('file_key', '=', key)
    .where('state', 'not in', ['done', 'removed'])
    .limit(1)
    .executeTakeFirst();
  return open === undefined;
}

async function closeJob(
  tx: StoreTransaction,
  job: JobRow,
  state: 'done' | 'failed',
  error: string | null,
): Promise<void> {
  await tx.db
    .updateTable('job')
    .set({ state, error, owner: null, upload: null, waits_for_space: 0 })
    .where('id', '=', job.id)
    .execute();
}

async function postpone(
  tx: StoreTransaction,
  job: JobRow,
  reason: string,
  counts: Pick<JobRow, 'content_faults' | 'destination_faults' | 'reported' | 'waits_for_space'>,
): Promise<void> {
  await tx.db
    .updateTable('job')
    .set({ owner: null, error: reason, ...counts, claimable_ms: tx.now + backOffMs(job.attempts) })
    .where('id', '=', job.id)
    .execute();
}
