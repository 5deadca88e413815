import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ChainCheck } from '../segment/check-chain.ts';
import type { FinishedPart, JobStep, UploadProgress } from '../worker-api/messages.ts';
import { rm } from 'node:fs/promises';
import { FinishError, type FinishRequest } from './finish-request.ts';
import { workFolder } from './unfinished.ts';
import type { FinishAnswer, FinishKept, FinishProgress, FinishQuestion, FinishStep } from './finish-process.ts';

/** How the caller follows and ends a job. */
export interface FinishOptions {
  readonly signal?: AbortSignal;
  /** Keeps how far an upload has come, for another attempt. What it rejects with is tried again with the next. */
  readonly keep?: (upload: UploadProgress) => Promise<void>;
  /** Whether the job is still the caller's, asked before anything goes to its destination; always by default. */
  readonly mayDeliver?: () => boolean;
  /** Told now and then how far the work is. */
  readonly onStep?: (step: JobStep) => void;
  /** Told once, when the parts are there: whether the segments are those that were written. */
  readonly onChains?: (chains: readonly ChainCheck[]) => void;
}

const processFile = fileURLToPath(new URL('./finish-process.ts', import.meta.url));

function settle(answer: FinishAnswer, onChains: FinishOptions['onChains']): readonly FinishedPart[] {
  if (answer.kind === 'done') {
    onChains?.(answer.chains);
    return answer.parts;
  }
  throw new FinishError(answer.code, answer.message, answer);
}

/** One is kept at a time, always the latest: what came meanwhile is contained in it. */
function progressKeeper(child: ChildProcess, keep: FinishOptions['keep']): (said: FinishProgress) => void {
  let latest: FinishProgress | undefined;
  let busy = false;
  const run = async (): Promise<void> => {
    busy = true;
    for (let said = latest; said; said = latest) {
      latest = undefined;
      await keep?.(said.upload);
      if (child.connected) child.send({ kept: said.number } satisfies FinishKept);
    }
    busy = false;
  };
  return (said) => {
    latest = said;
    if (!busy) run().catch(() => (busy = false));
  };
}

/** Without an answer the process waits, until it is ended. */
function grant(child: ChildProcess, { number }: FinishQuestion, { mayDeliver }: FinishOptions): void {
  if (mayDeliver?.() !== false && child.connected) child.send({ granted: number } satisfies FinishKept);
}

function awaitAnswer(child: ChildProcess, options: FinishOptions): Promise<FinishAnswer> {
  const onProgress = progressKeeper(child, options.keep);
  return new Promise((resolve, reject) => {
    child.on('message', (said: FinishAnswer | FinishProgress | FinishQuestion | FinishStep) => {
      if (said.kind === 'progress') onProgress(said);
      else if (said.kind === 'step') options.onStep?.(said.step);
      else if (said.kind === 'may-deliver') grant(child, said, options);
      else resolve(said);
    });
    child.once('error', (error) => reject(new FinishError('failed', error.message)));
    child.once('exit', (code, signal) =>
      reject(new FinishError('failed', `the finishing process ended (${signal ?? code})`)),
    );
  });
}

/**
 * Does a finishing job in a process of its own: native code that fails or works for minutes does not touch running
 * recordings. What the request says, secrets included, goes to it by its channel alone. The job may be redone at any time
 * with the same result. Aborting `signal` kills the process; nothing is put in place after that.
 * @throws FinishError
 */
export async function finishFile(
  request: FinishRequest,
  options: FinishOptions = {},
): Promise<readonly FinishedPart[]> {
  if (options.signal?.aborted) throw new FinishError('cancelled', 'finishing was cancelled');
  const child = fork(processFile, ['finish'], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: [] });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()).once('error', () => resolve()));
  const kill = (): void => void child.kill('SIGKILL');
  options.signal?.addEventListener('abort', kill, { once: true });
  try {
    const answer = awaitAnswer(child, options);
    child.send(request);
    return settle(await answer, options.onChains);
  } catch (error) {
    if (options.signal?.aborted) throw new FinishError('cancelled', 'finishing was cancelled');
    throw error;
  } finally {
    options.signal?.removeEventListener('abort', kill);
    kill();
    await gone;
    // A process that was killed could not do it itself.
    await rm(workFolder(request), { recursive: true, force: true });
  }
}
