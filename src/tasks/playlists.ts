import { hash } from 'node:crypto';
import { fileInfo, fileSlice, uploadStart, downloadImageError, type TaskEvent } from '../callbacks/payloads.ts';
import type { Store, StoreTransaction } from '../store/store.ts';
import type { FileRow, PlaylistRow, TaskRow } from '../store/tables.ts';
import { wallMs } from '../units.ts';
import type { TaskReport } from '../worker-api/messages.ts';
import type { StorageFile } from './service.ts';
import type { Transition } from './transitions.ts';

/** What a recorder tells of a running task's upload and images. */
export type UploadReport = Extract<
  TaskReport,
  { kind: 'upload-began' | 'playlist-began' | 'playlist-listed' | 'image-failed' }
>;

/** Whether a report is about the upload or the images of a running task. */
export const isUploadReport = (report: TaskReport): report is UploadReport =>
  report.kind === 'upload-began' ||
  report.kind === 'playlist-began' ||
  report.kind === 'playlist-listed' ||
  report.kind === 'image-failed';

/**
 * What a report of the upload changes and tells; each thing once, however often it is reported, and nothing after the
 * task's last event.
 */
export async function applyUploadReport(
  tx: StoreTransaction,
  task: TaskRow,
  report: UploadReport,
): Promise<Transition> {
  if (task.state === 'ended') return told([]);
  if (report.kind === 'image-failed') return told(await imageFailed(tx, task, report.url));
  if (report.kind === 'playlist-began') return told(await begin(tx, task, report));
  if (report.kind === 'playlist-listed') return told(await list(tx, task, report.name));
  if (task.upload_began !== null) return told([]);
  const { status } = report;
  return { patch: { upload_began: status }, events: [uploadStart(tx.wall, status)], files: [] };
}

const told = (events: readonly TaskEvent[]): Transition => ({ patch: {}, events, files: [] });

// A recorder repeats a report until it is answered, and so does the next owner of the task.
async function imageFailed(tx: StoreTransaction, task: TaskRow, url: string): Promise<TaskEvent[]> {
  const added = await tx.db
    .insertInto('image_failure')
    .values({ task_id: task.id, revision: task.revision, url_sha256: hash('sha256', url) })
    .onConflict((conflict) => conflict.doNothing())
    .returning('revision')
    .execute();
  return added.length > 0 ? [downloadImageError(tx.wall, url)] : [];
}

type Begun = Omit<Extract<UploadReport, { kind: 'playlist-began' }>, 'kind' | 'epoch'>;

async function begin(tx: StoreTransaction, task: TaskRow, begun: Begun): Promise<TaskEvent[]> {
  const { name, userId, mediaId, trackType, beginMs } = begun;
  const added = await tx.db
    .insertInto('playlist')
    .values({
      task_id: task.id,
      name,
      user_id: userId,
      media_id: mediaId,
      track_type: trackType,
      begin_ms: beginMs,
      listed: 0,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning('name')
    .execute();
  return added.length > 0 ? [fileSlice(tx.wall, begun)] : [];
}

async function list(tx: StoreTransaction, task: TaskRow, name: string): Promise<TaskEvent[]> {
  const changed = await tx.db
    .updateTable('playlist')
    .set({ listed: 1 })
    .where('task_id', '=', task.id)
    .where('name', '=', name)
    .where('listed', '=', 0)
    .returning('name')
    .execute();
  return changed.length > 0 ? [fileInfo(tx.wall, name)] : [];
}

/** 307 and 304 of finished playlists that the running recording could not tell of. */
export async function playlistEvents(
  tx: StoreTransaction,
  task: TaskRow,
  files: readonly FileRow[],
): Promise<TaskEvent[]> {
  const events: TaskEvent[] = [];
  for (const file of files) {
    const begun = {
      name: file.name,
      userId: file.user_id,
      mediaId: file.media_id,
      trackType: file.track_type,
      beginMs: wallMs(file.start_ms),
    };
    events.push(...(await begin(tx, task, begun)), ...(await list(tx, task, file.name)));
  }
  return events;
}

/** A task's playlists in order of their beginning, as Describe lists them. */
export async function storageFiles({ db }: Pick<Store, 'db'>, taskId: string): Promise<StorageFile[]> {
  const rows = await db
    .selectFrom('playlist')
    .selectAll()
    .where('task_id', '=', taskId)
    .orderBy('begin_ms')
    .orderBy('name')
    .execute();
  return rows.map(storageFile);
}

const storageFile = (row: PlaylistRow): StorageFile => ({
  userId: row.user_id,
  name: row.name,
  trackType: row.track_type,
  beginMs: wallMs(row.begin_ms),
});
