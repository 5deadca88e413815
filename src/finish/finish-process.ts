import { setPriority } from 'node:os';
import { finishHere } from './finish-here.ts';
import { FinishError, type FinishedFile, type FinishErrorCode, type FinishRequest } from './finish-request.ts';

/** What the finishing process answers. */
export type FinishAnswer =
  | { readonly kind: 'done'; readonly file: FinishedFile }
  | { readonly kind: 'failed'; readonly code: FinishErrorCode; readonly message: string };

const below = 10;

async function answer(request: FinishRequest): Promise<FinishAnswer> {
  try {
    return { kind: 'done', file: await finishHere(request) };
  } catch (error) {
    const code = error instanceof FinishError ? error.code : 'failed';
    return { kind: 'failed', code, message: (error as Error).message };
  }
}

// Recordings that run beside it come first.
setPriority(below);
// A recorder that is gone has lost its lease, or soon will.
process.once('disconnect', () => process.exit(1));
process.once('message', (request: FinishRequest) => {
  void answer(request).then((result) => process.send?.(result, () => process.disconnect()));
});
