import { systemClock } from '../clock.ts';
import type { FinishRequest } from '../finish/finish-request.ts';
import { finishPlaylists } from '../upload/finish-playlists.ts';
import type { UploadEvents } from '../upload/upload-events.ts';
import { playlistShape } from '../upload/upload-target.ts';
import { taskTurns } from '../upload/upload-turns.ts';
import type { FinishedPart } from '../worker-api/messages.ts';
import { withBucket, type BucketTarget } from './bucket-delivery.ts';

/** The server tells what a finished job's playlists mean from its report. */
const untold = { onBegan: () => {}, onFile: () => {}, onIndex: () => {} } as const satisfies UploadEvents;

/** Adds up what is in the bucket. */
function counting(onSent: (bytes: number) => void): UploadEvents {
  let sum = 0;
  return { ...untold, onSegment: (bytes) => onSent((sum += bytes)) };
}

/**
 * Does a job whose output is HLS in a bucket: nothing is assembled, the bucket is made to agree with the spool. Rejects
 * with a FinishError `no-media`, a DeliveryError, or the error of the file system.
 */
export const deliverPlaylists = (
  request: FinishRequest,
  target: BucketTarget,
  signal: AbortSignal,
  onSent: (bytes: number) => void = () => {},
): Promise<FinishedPart[]> =>
  withBucket(target, (store) =>
    finishPlaylists({
      dirs: request.dirs,
      stem: request.nameStem,
      shape: playlistShape(request.mediaId, request.separateMedia),
      target: { store, prefix: target.bucket.prefix, taskId: target.taskId },
      events: counting(onSent),
      turns: taskTurns(),
      clock: systemClock(),
      signal,
      endMs: request.endMs,
    }),
  );
