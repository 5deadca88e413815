import { setPriority } from 'node:os';
import { checkChains } from './check-chains.ts';
import type { ChainCheck } from '../segment/check-chain.ts';
import type { JobFault, FinishedPart } from '../worker-api/messages.ts';
import { deliverPlaylists } from '../deliver/bucket-playlists.ts';
import { DeliveryError } from '../deliver/deliverer.ts';
import { openTarget } from '../deliver/target.ts';
import { finishHere } from './finish-here.ts';
import { FinishError, type FinishErrorCode, type FinishRequest } from './finish-request.ts';

/** What the finishing process answers. */
export type FinishAnswer =
  | { readonly kind: 'done'; readonly parts: readonly FinishedPart[]; readonly chains: readonly ChainCheck[] }
  | {
      readonly kind: 'failed';
      readonly code: FinishErrorCode;
      readonly fault: JobFault;
      readonly permanent: boolean;
      readonly message: string;
    };

const below = 10;

/** The recorder kills this process to end its work: nothing in it is told to stop. */
const { signal } = new AbortController();

function work(request: FinishRequest): Promise<FinishedPart[]> {
  const { target, container } = request;
  if (target.kind === 'bucket' && container === 'hls') return deliverPlaylists(request, target, signal);
  return finishHere(request, openTarget(request), signal);
}

async function answer(request: FinishRequest): Promise<FinishAnswer> {
  try {
    const chains = await checkChains(request);
    return { kind: 'done', parts: await work(request), chains };
  } catch (error) {
    const { code, fault, permanent, message } = finishError(error as Error);
    return { kind: 'failed', code, fault, permanent, message };
  }
}

function finishError(error: Error): FinishError {
  if (error instanceof FinishError) return error;
  return error instanceof DeliveryError
    ? new FinishError('not-delivered', error.message, error)
    : new FinishError('failed', error.message);
}

// Recordings that run beside it come first.
setPriority(below);
// A recorder that is gone has lost its lease, or soon will.
process.once('disconnect', () => process.exit(1));
process.once('message', (request: FinishRequest) => {
  void answer(request).then((result) => process.send?.(result, () => process.disconnect()));
});
