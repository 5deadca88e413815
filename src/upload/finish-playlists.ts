import { FinishError } from '../finish/finish-request.ts';
import type { FinishedPart } from '../worker-api/messages.ts';
import type { UploadedPlaylist } from './bucket-playlist.ts';
import { completeUpload, type CompleteUploadOptions } from './complete-upload.ts';

/**
 * Does a finishing job whose output is HLS in a bucket: {@link completeUpload}, and what is reported of it, one part for
 * each playlist. @throws FinishError `no-media`, DestinationError, or the error of the file system.
 */
export async function finishPlaylists(options: CompleteUploadOptions): Promise<FinishedPart[]> {
  const playlists = await completeUpload(options);
  if (playlists.length === 0) throw new FinishError('no-media', 'nothing was recorded');
  return playlists.map(finishedPart);
}

const finishedPart = (playlist: UploadedPlaylist, index: number): FinishedPart => ({
  part: index + 1,
  name: playlist.name,
  fileId: '',
  trackType: playlist.trackType,
  sizeBytes: playlist.sizeBytes,
  durationMs: playlist.endMs - playlist.startMs,
  sha256: playlist.sha256,
  streams: playlist.streams,
  width: playlist.width,
  height: playlist.height,
  startMs: playlist.startMs,
  endMs: playlist.endMs,
});
