import { systemClock } from '../clock.ts';
import { objectKey } from '../naming/hls-name.ts';
import { mediaTypes } from '../naming/media-type.ts';
import type { BucketDestination } from '../worker-api/messages.ts';
import { openBucket, type Bucket } from './bucket.ts';
import { DeliveryError, type Deliver } from './deliverer.ts';
import { DestinationError, type Resumption } from './object-store.ts';

/** A customer's bucket and the task whose files go there. */
export interface BucketTarget {
  readonly bucket: BucketDestination;
  readonly taskId: string;
  /** Whether it may be in a private network (configuration). */
  readonly allowPrivate: boolean;
}

/** Where an earlier attempt's upload in parts goes on, and how this one's is kept. */
export type UploadMemory = Pick<Resumption, 'from' | 'tell'>;

/** Puts MP4 and AAC into a customer's bucket, at `<prefix…>/<TaskId>/<name>` (contract §5); there they have no id. */
export const toBucket =
  (target: BucketTarget, memory: UploadMemory): Deliver =>
  ({ path, name, container, sha256 }, signal) =>
    withBucket(target, async (bucket) => {
      if (container === 'hls') throw new DeliveryError('environment', 'playlists go into a bucket from the spool');
      const key = objectKey(target.bucket.prefix, target.taskId, name);
      await bucket.putFile(key, path, mediaTypes[container], { signal, resumption: { ...memory, sha256 } });
      return { fileId: '' };
    });

/** Opens the bucket for as long as `use` lasts. Rejects with a {@link DeliveryError} for what the bucket is at fault. */
export async function withBucket<T>(target: BucketTarget, use: (bucket: Bucket) => Promise<T>): Promise<T> {
  const { bucket: destination, allowPrivate } = target;
  let bucket: Bucket | undefined;
  try {
    bucket = await openBucket({ destination, allowPrivate, clock: systemClock() });
    return await use(bucket);
  } catch (error) {
    // Keys can be given rights and buckets can be made: nothing is for ever.
    throw error instanceof DestinationError ? new DeliveryError('destination', error.message) : error;
  } finally {
    bucket?.close();
  }
}
