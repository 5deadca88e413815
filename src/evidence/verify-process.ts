import { setPriority } from 'node:os';
import { CannotCheck, type Verdict } from './verify/finding.ts';
import { verifyTask, type VerifyProgress } from './verify/task.ts';

/** What the verifying process is asked. */
export interface VerifyRequest {
  readonly dataDir: string;
  readonly taskId: string;
  /** One file of it; all of them, and what is on the spool, where there is none. */
  readonly fileId: string | undefined;
}

/** What it says: how far it is, and at last what it came to. */
export type VerifySaid =
  | { readonly kind: 'progress'; readonly progress: VerifyProgress }
  | { readonly kind: 'done'; readonly verdict: Verdict }
  | { readonly kind: 'failed'; readonly message: string };

const below = 15;
const tellEveryMs = 300;
let toldMs = -tellEveryMs;

function tell(progress: VerifyProgress): void {
  if (performance.now() - toldMs < tellEveryMs) return;
  toldMs = performance.now();
  process.send?.({ kind: 'progress', progress } satisfies VerifySaid);
}

async function answer({ dataDir, taskId, fileId }: VerifyRequest): Promise<VerifySaid> {
  try {
    const verdict = await verifyTask(dataDir, taskId, undefined, { onlyFileId: fileId, onProgress: tell });
    return { kind: 'done', verdict };
  } catch (error) {
    const { message } = error as Error;
    if (!(error instanceof CannotCheck)) return { kind: 'failed', message };
    return { kind: 'done', verdict: { result: 'unknown', checked: [], faults: [], notes: [message] } };
  }
}

// Recordings and callbacks come first.
setPriority(below);
process.once('disconnect', () => process.exit(1));
process.once('message', (request: VerifyRequest) => {
  void answer(request).then((said) => process.send?.(said, () => process.disconnect()));
});
