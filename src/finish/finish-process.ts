import { setPriority } from 'node:os';
import type { ChainCheck } from '../segment/check-chain.ts';
import type { JobFault, FinishedPart, JobStep, UploadProgress } from '../worker-api/messages.ts';
import { checkChains } from './check-chains.ts';
import { deliverPlaylists } from '../deliver/bucket-playlists.ts';
import { DeliveryError } from '../deliver/deliverer.ts';
import { openTarget } from '../deliver/target.ts';
import { finishHere, spooledBytes } from './finish-here.ts';
import { FinishMeter } from './finish-meter.ts';
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

/** How far the finishing process is. */
export interface FinishStep {
  readonly kind: 'step';
  readonly step: JobStep;
}

/** The finishing process asks before anything goes to the destination. */
export interface FinishQuestion {
  readonly kind: 'may-deliver';
  /** Rises with each. */
  readonly number: number;
}

/** What the finishing process hears: what was said up to that number is kept; what was asked for is granted. */
export type FinishKept = { readonly kept: number } | { readonly granted: number };

const below = 10;
const kept = new KeptNumbers();
const granted = new KeptNumbers();
const meter = new FinishMeter(
  (step) => void process.send?.({ kind: 'step', step } satisfies FinishStep),
  () => performance.now(),
);

/** The recorder kills this process to end its work: nothing in it is told to stop. */
const { signal } = new AbortController();

async function work(request: FinishRequest): Promise<FinishedPart[]> {
  const { target, container } = request;
  if (target.kind === 'bucket' && container === 'hls') {
    await permission();
    meter.begin('sending', await spooledBytes(request));
    return deliverPlaylists(request, target, signal, (bytes) => meter.reach(bytes));
  }
  const deliver = openTarget(request, { tell, onSent: (bytes) => meter.reach(bytes) });
  return finishHere(request, deliver, signal, { permission, meter });
}

/**
 * A recorder that hangs loses the job while this process works on, and who has it then may be done: what is made of
 * segments that are gone meanwhile must not take the place of the file. Who hangs does not answer.
 */
function permission(): Promise<void> {
  const number = granted.next();
  process.send?.({ kind: 'may-deliver', number } satisfies FinishQuestion);
  return granted.when(number);
}

function tell(upload: UploadProgress): Promise<void> {
  meter.reach(upload.parts.length * upload.partBytes);
  const number = kept.next();
  process.send?.({ kind: 'progress', number, upload } satisfies FinishProgress);
  return kept.when(number);
}

async function answer(request: FinishRequest): Promise<FinishAnswer> {
  try {
    meter.begin('checking', await spooledBytes(request));
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
  process.on('message', (message: FinishKept) => {
    if ('kept' in message) kept.reached(message.kept);
    else granted.reached(message.granted);
  });
  void answer(request).then((result) => process.send?.(result, () => process.disconnect()));
});
