import { withBucket } from '../deliver/bucket-delivery.ts';
import { removeLeftovers } from '../finish/unfinished.ts';
import type { Logger } from '../process/log.ts';
import type { LeasedJob, UploadProgress } from '../worker-api/messages.ts';
import { unfinishedFolder } from './finishing.ts';

/** What is needed to clear up. */
export interface LeftoversOptions {
  readonly dataDir: string;
  readonly privateBuckets: boolean;
  readonly log: Logger;
}

/**
 * Clears up behind a job that is over: its finished parts and receipts here, and parts at the store of an upload that
 * nobody goes on with, which would be paid for. The segments are not touched. Never rejects; what remains here is swept.
 */
export async function clearLeftovers(
  job: LeasedJob,
  upload: UploadProgress | undefined,
  { dataDir, privateBuckets, log }: LeftoversOptions,
): Promise<void> {
  const { destination, taskId, fileId } = job;
  try {
    await removeLeftovers({ tempDir: unfinishedFolder(dataDir), fileId });
    if (!upload || destination.kind !== 'bucket') return;
    await withBucket({ bucket: destination, taskId, allowPrivate: privateBuckets }, (bucket) => bucket.giveUp(upload));
  } catch (error) {
    log.warn({ task: taskId, err: error }, 'leftovers of a job remain');
  }
}
