import {
  mp4Stop,
  uploadStart,
  uploadStop,
  vodCommit,
  vodFailure,
  type FileFailure,
  type TaskEvent,
} from '../callbacks/payloads.ts';
import type { PlayLinks } from '../library/play-links.ts';
import type { FileNameMode } from '../naming/file-name.ts';
import type { StoreTransaction } from '../store/store.ts';
import type { FileRow, TaskRow } from '../store/tables.ts';
import { wallMs } from '../units.ts';
import { playlistEvents } from './playlists.ts';
import { recordTransition } from './record.ts';
import { destinationOf, namingOf } from './stored-task.ts';
import { allSettled, type TaskPatch } from './transitions.ts';

/** What became of one output of a recorded file. */
export type FileFate =
  /** Its parts are at the destination; `recovered` when a failure was told before. */
  | { readonly kind: 'done'; readonly files: readonly FileRow[]; readonly recovered: boolean }
  | { readonly kind: 'failed'; readonly file: FileRow; readonly failure: FileFailure };

/** What telling depends on. */
export interface SettlingOptions {
  readonly fileNames: FileNameMode;
  readonly links: Pick<PlayLinks, 'urlOf'>;
}

interface Step {
  readonly patch: TaskPatch;
  readonly events: readonly TaskEvent[];
}

/**
 * Tells what became of an output, and of the task when it was the last one: 311 and 312 for a library, 310 and 305 for a
 * bucket (contract §4.3). The rows of the files have their new states already.
 */
export async function settle(
  tx: StoreTransaction,
  task: TaskRow,
  fate: FileFate,
  options: SettlingOptions,
): Promise<void> {
  const counts = await countFiles(tx, task);
  const step =
    destinationOf(task).kind === 'vod'
      ? libraryStep(tx, task, fate, options)
      : await bucketStep(tx, task, fate, counts, options);
  const told = await recordTransition(tx, task, { ...step, files: [] });
  const failed = counts.other.bad + counts.hls.bad > 0;
  if (counts.other.open + counts.hls.open === 0) {
    await recordTransition(tx, told, allSettled(told, failed, tx.wall));
  }
}

interface Counts {
  all: number;
  open: number;
  bad: number;
}

/** Outputs of the task by their state, playlists apart. */
async function countFiles({ db }: StoreTransaction, task: TaskRow): Promise<{ hls: Counts; other: Counts }> {
  const rows = await db
    .selectFrom('file')
    .select(['container', 'state', (eb) => eb.fn.countAll<number | string>().as('n')])
    .where('task_id', '=', task.id)
    .groupBy(['container', 'state'])
    .execute();
  const counts = { hls: { all: 0, open: 0, bad: 0 }, other: { all: 0, open: 0, bad: 0 } };
  for (const { container, state, n } of rows) {
    const group = container === 'hls' ? counts.hls : counts.other;
    group.all += Number(n);
    if (state === 'finishing') group.open += Number(n);
    if (state === 'failed' || state === 'stuck') group.bad += Number(n);
  }
  return counts;
}

function libraryStep(tx: StoreTransaction, task: TaskRow, fate: FileFate, options: SettlingOptions): Step {
  if (fate.kind === 'done') {
    return { patch: {}, events: fate.files.map((file) => commitEvent(tx, task, file, options)) };
  }
  const { file, failure } = fate;
  const names = { userId: file.user_id, trackType: file.track_type, cacheFile: file.name };
  return { patch: {}, events: [vodFailure(tx.wall, names, failure)] };
}

/** D-1: receivers of the documented form know `main` and `aux` only. */
const mediaIdFor = (file: FileRow, task: TaskRow, { fileNames }: SettlingOptions): FileRow['media_id'] =>
  file.media_id === 'mix' && namingOf(task, fileNames).mode !== 'wire' ? 'main' : file.media_id;

function commitEvent(tx: StoreTransaction, task: TaskRow, file: FileRow, options: SettlingOptions): TaskEvent {
  const own = { subAppId: file.sub_app_id, fileId: file.file_id, name: file.name };
  return vodCommit(tx.wall, {
    userId: file.user_id,
    trackType: file.track_type,
    mediaId: mediaIdFor(file, task, options),
    fileId: file.remote_id ?? file.file_id,
    videoUrl: file.url ?? options.links.urlOf(task.sdk_app_id, own),
    cacheFile: file.name,
    startMs: wallMs(file.start_ms),
    endMs: wallMs(file.end_ms),
  });
}

async function bucketStep(
  tx: StoreTransaction,
  task: TaskRow,
  fate: FileFate,
  counts: { hls: Counts; other: Counts },
  options: SettlingOptions,
): Promise<Step> {
  const files = fate.kind === 'done' ? fate.files : [fate.file];
  const isPlaylist = files[0]!.container === 'hls';
  const lists = isPlaylist && fate.kind === 'done' ? await playlistEvents(tx, task, files) : [];
  const began = task.upload_began === null ? [uploadStart(tx.wall, fate.kind === 'done' ? 0 : 1)] : [];
  const stop = uploadStopOf(task, counts);
  const events = [
    ...began,
    ...lists,
    ...(stop === undefined ? [] : [uploadStop(tx.wall, stop)]),
    ...(isPlaylist ? [] : [stoppedEvent(tx, task, files, fate, options)]),
  ];
  return { patch: { upload_began: task.upload_began ?? (fate.kind === 'done' ? 0 : 1), ...stopPatch(stop) }, events };
}

const stopPatch = (stop: 0 | 1 | 2 | undefined): TaskPatch => (stop === undefined ? {} : { upload_stop: stop });

/**
 * Status of a 305 that is due: playlists decide where there are any, since MP4 and AAC have their own event. Told once,
 * and once more when what was stuck has arrived.
 */
function uploadStopOf(task: TaskRow, { hls, other }: { hls: Counts; other: Counts }): 0 | 1 | 2 | undefined {
  const { open, bad } = hls.all > 0 ? hls : other;
  if (open > 0) return undefined;
  if (task.upload_stop === null) return bad > 0 ? 1 : 0;
  return task.upload_stop === 1 && bad === 0 ? 2 : undefined;
}

function stoppedEvent(
  tx: StoreTransaction,
  task: TaskRow,
  files: readonly FileRow[],
  fate: FileFate,
  options: SettlingOptions,
): TaskEvent {
  const recovered = fate.kind === 'done' && fate.recovered ? 2 : 0;
  const stopped = files.map((file) => ({
    name: file.name,
    userId: file.user_id,
    trackType: file.track_type,
    mediaId: mediaIdFor(file, task, options),
    startMs: wallMs(file.start_ms),
    endMs: wallMs(file.end_ms),
  }));
  return mp4Stop(tx.wall, fate.kind === 'failed' ? 1 : recovered, stopped);
}
