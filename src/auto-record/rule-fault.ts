import type { AppStorage } from '../config/apps.ts';
import { addressFault } from '../deliver/bucket-address.ts';
import { bucketOf, type RuleBucket } from './new-auto-task.ts';
import type { AutoRecordRule } from './rule.ts';

/** What is wrong with a rule: the path of a key in it, and why. */
export interface RuleFault {
  readonly path: string;
  readonly reason: string;
}

const BUCKET_FAULTS = {
  name: ['bucket', 'must be the name of a bucket'],
  endpoint: ['endpoint', 'must be a host with an optional port, before which http:// or https:// may stand'],
  region: ['region', 'must be a region as ap-guangzhou'],
} as const;

/** What a rule asks for that would come to nothing where the app's files go to `storage`, or undefined. */
export function ruleFault(
  { storage: { vod, bucket } }: AutoRecordRule,
  storage: AppStorage['kind'],
): RuleFault | undefined {
  if (vod?.procedure !== undefined && storage === 'library')
    return { path: 'storage.vod.procedure', reason: 'the embedded library has no task flows' };
  const fault = bucket && bucketFault(bucket);
  return fault && { ...fault, path: `storage.bucket.${fault.path}` };
}

/** What of a bucket's place cannot lead anywhere, or undefined. */
export function bucketFault(bucket: RuleBucket): RuleFault | undefined {
  const fault = addressFault(bucketOf(bucket));
  if (!fault) return undefined;
  const [path, reason] = BUCKET_FAULTS[fault];
  return { path, reason };
}
