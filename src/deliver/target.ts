import { receiptsPath } from '../finish/unfinished.ts';
import type { FinishRequest } from '../finish/finish-request.ts';
import { toBucket, type UploadMemory } from './bucket-delivery.ts';
import type { Deliver } from './deliverer.ts';
import { toLibrary } from './library.ts';
import { deliverOnce } from './receipts.ts';
import { toTencentVod } from './tencent-vod-delivery.ts';

/** The deliverer of a job, by where its parts go. */
export function openTarget(
  request: Pick<FinishRequest, 'target' | 'fileId' | 'tempDir' | 'upload'>,
  { tell, onSent }: { readonly tell: UploadMemory['tell']; readonly onSent?: (bytes: number) => void },
): Deliver {
  const { target, fileId, upload: from } = request;
  if (target.kind === 'library') return toLibrary({ ...target, fileId });
  const deliver = target.kind === 'bucket' ? toBucket(target, { from, tell }) : toTencentVod(target, onSent);
  return deliverOnce(deliver, receiptsPath(request));
}
