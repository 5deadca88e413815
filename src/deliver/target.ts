import type { FinishRequest } from '../finish/finish-request.ts';
import { DeliveryError, type Deliver } from './deliverer.ts';
import { toLibrary } from './library.ts';

/** The deliverer of a job, by where its parts go. */
export function openTarget({ target, fileId }: Pick<FinishRequest, 'target' | 'fileId'>): Deliver {
  if (target.kind === 'library') return toLibrary({ ...target, fileId });
  return () => Promise.reject(new DeliveryError('destination', `nothing can be delivered to a ${target.kind} yet`));
}
