import { join } from 'node:path';
import { DestinationError, type StoredObject } from '../deliver/object-store.ts';
import { playlistName } from '../naming/hls-name.ts';
import { parsePlaylist } from '../segment/playlist.ts';
import { readPlaylist, type RecordingRecord } from '../segment/recording-folder.ts';
import { recoverFolder } from '../segment/recover.ts';
import type { UploadedPlaylist } from './bucket-playlist.ts';
import { toWallUs, type WallMs } from '../units.ts';
import { FolderUpload, type FolderUploadOptions } from './folder-upload.ts';
import { recordedFacts } from './recorded-facts.ts';
import { keyOf, type UploadTarget } from './upload-target.ts';

/** What {@link completeUpload} is given. */
export interface CompleteUploadOptions extends Omit<FolderUploadOptions, 'dir' | 'record'> {
  /** Folders of one file on the spool, one for each epoch, in order. Nobody may be writing to them. */
  readonly dirs: readonly string[];
  /** End of the recording: what begins behind it (an empty room goes on being written for a while) is not listed. */
  readonly endMs: WallMs;
}

/**
 * Makes the bucket agree with all that the spool has of one file: recovers every epoch's folder, uploads what is missing
 * or is not as it was sent, and ends the playlists. It may be called again at any time, by any recorder that has the
 * spool, and then does what is left. When it resolves, the store has confirmed every object, so the spool may go.
 * Empty when there is no media. @throws DestinationError, or the error of the file system.
 */
export async function completeUpload({ dirs, ...options }: CompleteUploadOptions): Promise<UploadedPlaylist[]> {
  const uploaded: UploadedPlaylist[] = [];
  for (const dir of dirs) {
    const record = recoverFolder(dir)?.record;
    if (record) uploaded.push(...(await completeFolder(dir, record, options)));
  }
  return uploaded;
}

async function completeFolder(
  dir: string,
  record: RecordingRecord,
  options: Omit<CompleteUploadOptions, 'dirs'>,
): Promise<UploadedPlaylist[]> {
  // As the playlist tells them, to the millisecond: what was recovered just now has finer times, which the next try would not have.
  const { segments } = parsePlaylist(readPlaylist(dir), record.zeroUs);
  const listed = segments.filter(({ start }) => record.zeroUs + start < toWallUs(options.endMs));
  if (listed.length === 0) return [];
  const upload = new FolderUpload({ ...options, dir, record });
  const begin = playlistName(options.stem, 'mixed', record.epoch).slice(0, -'.m3u8'.length);
  const stored = await storedObjects(options.target, begin, options.signal);
  if (stored) await upload.compare(stored);
  await upload.bring(listed, true);
  const paths = listed.map(({ name }) => join(dir, name));
  const facts = await recordedFacts(paths, record.trackType);
  return upload.playlists.map((playlist) => playlist.uploaded(facts));
}

/**
 * The task's objects whose names begin so, by their keys. Undefined when the keys do not allow to look: many may only
 * write. What was confirmed when it was written counts then.
 */
async function storedObjects(
  target: UploadTarget,
  begin: string,
  signal: AbortSignal,
): Promise<Map<string, StoredObject> | undefined> {
  try {
    const objects = await target.store.list(keyOf(target, begin), { signal });
    return new Map(objects.map((object) => [object.key, object]));
  } catch (error) {
    if (error instanceof DestinationError && error.fault === 'denied') return undefined;
    throw error;
  }
}
