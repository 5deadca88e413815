import { systemClock } from '../clock.ts';
import type { FinishRequest } from '../finish/finish-request.ts';
import { finishPlaylists } from '../upload/finish-playlists.ts';
import type { UploadEvents } from '../upload/upload-events.ts';
import { playlistShape } from '../upload/upload-target.ts';
import { taskTurns } from '../upload/upload-turns.ts';
import type { FinishedPart } from '../worker-api/messages.ts';
import { withBucket, type BucketTarget } from './bucket-delivery.ts';

/** The server tells what a finished job's playlists mean from its report. */
const untold: UploadEvents = { onBegan: () => {}, onFile: () => {}, onIndex: () => {} };

/**
 * Does a job whose output is HLS in a bucket: nothing is assembled, the bucket is made to agree with the spool. Rejects
 * with a FinishError `no-media`, a DeliveryError, or the error of the file system.
 */
export const deliverPlaylists = (
  request: FinishRequest,
  target: BucketTarget,
  signal: AbortSignal,
): Promise<FinishedPart[]> =>
  withBucket(target, (store) =>
    finishPlaylists({
      dirs: request.dirs,
      stem: request.nameStem,
      shape: playlistShape(request.mediaId, request.separateMedia),
      target: { store, prefix: target.bucket.prefix, taskId: target.taskId },
      events: untold,
      turns: taskTurns(),
      clock: systemClock(),
      signal,
      endMs: request.endMs,
    }),
  );
