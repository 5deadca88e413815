import { setPriority } from 'node:os';
import type { JobFault, FinishedPart } from '../worker-api/messages.ts';
import { openTarget } from '../deliver/target.ts';
import { finishHere } from './finish-here.ts';
import { FinishError, type FinishErrorCode, type FinishRequest } from './finish-request.ts';

/** What the finishing process answers. */
export type FinishAnswer =
  | { readonly kind: 'done'; readonly parts: readonly FinishedPart[] }
  | {
      readonly kind: 'failed';
      readonly code: FinishErrorCode;
      readonly fault: JobFault;
      readonly permanent: boolean;
      readonly message: string;
    };

const below = 10;

async function answer(request: FinishRequest): Promise<FinishAnswer> {
  try {
    // The recorder kills this process to end its work: nothing in it is told to stop.
    return { kind: 'done', parts: await finishHere(request, openTarget(request), new AbortController().signal) };
  } catch (error) {
    const told = error instanceof FinishError ? error : new FinishError('failed', (error as Error).message);
    const { code, fault, permanent, message } = told;
    return { kind: 'failed', code, fault, permanent, message };
  }
}

// Recordings that run beside it come first.
setPriority(below);
// A recorder that is gone has lost its lease, or soon will.
process.once('disconnect', () => process.exit(1));
process.once('message', (request: FinishRequest) => {
  void answer(request).then((result) => process.send?.(result, () => process.disconnect()));
});
