import { setPriority } from 'node:os';
import type { ChainCheck } from '../segment/check-chain.ts';
import type { JobFault, FinishedPart, UploadProgress } from '../worker-api/messages.ts';
import { checkChains } from './check-chains.ts';
import { deliverPlaylists } from '../deliver/bucket-playlists.ts';
import { DeliveryError } from '../deliver/deliverer.ts';
import { openTarget } from '../deliver/target.ts';
import { finishHere } from './finish-here.ts';
import { FinishError, type FinishErrorCode, type FinishRequest } from './finish-request.ts';
import { KeptNumbers } from './kept-numbers.ts';

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

/** What the finishing process says before it answers, and what it hears when that is kept. */
export interface FinishProgress {
  readonly kind: 'progress';
  /** Rises with each. */
  readonly number: number;
  readonly upload: UploadProgress;
}

/** All that was said up to this number is kept. */
export interface FinishKept {
  readonly kept: number;
}

const below = 10;
const kept = new KeptNumbers();

/** The recorder kills this process to end its work: nothing in it is told to stop. */
const { signal } = new AbortController();

function work(request: FinishRequest): Promise<FinishedPart[]> {
  const { target, container } = request;
  if (target.kind === 'bucket' && container === 'hls') return deliverPlaylists(request, target, signal);
  return finishHere(request, openTarget(request, tell), signal);
}

function tell(upload: UploadProgress): Promise<void> {
  const number = kept.next();
  process.send?.({ kind: 'progress', number, upload } satisfies FinishProgress);
  return kept.when(number);
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
  process.on('message', (message: FinishKept) => kept.reached(message.kept));
  void answer(request).then((result) => process.send?.(result, () => process.disconnect()));
});
