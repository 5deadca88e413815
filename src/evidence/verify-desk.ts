import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../clock.ts';
import type { WallMs } from '../units.ts';
import type { Verdict } from './verify/finding.ts';
import type { VerifyProgress } from './verify/task.ts';
import type { VerifyRequest, VerifySaid } from './verify-process.ts';

/** What is verified: a task, or one file of it. */
export interface VerifySubject {
  readonly taskId: string;
  readonly fileId: string | undefined;
}

/** How a verification is. */
export interface Verification {
  readonly state: 'waiting' | 'running' | 'done' | 'failed';
  readonly progress: VerifyProgress | undefined;
  readonly verdict: Verdict | undefined;
  /** Why it failed: it could not be carried through, which says nothing of the files. */
  readonly error: string | undefined;
  readonly askedMs: WallMs;
  readonly endedMs: WallMs | undefined;
}

interface Job {
  readonly subject: VerifySubject;
  verification: Verification;
}

/** What the desk needs. */
export interface VerifyDeskOptions {
  readonly dataDir: string;
  readonly clock: Clock;
}

const processFile = fileURLToPath(new URL('./verify-process.ts', import.meta.url));
/** More do not wait. */
const mostWaiting = 20;
/** Results of so many are kept, in this process alone. */
const mostKept = 200;

const keyOf = ({ taskId, fileId }: VerifySubject): string => JSON.stringify([taskId, fileId]);

/**
 * Verifies tasks as `roomtape verify` does, each in a process of its own below all other work, one at a time: gigabytes
 * are read without holding up the server.
 */
export class VerifyDesk {
  readonly #options: VerifyDeskOptions;
  /** In the order in which they were asked for. */
  readonly #jobs = new Map<string, Job>();
  #child: ChildProcess | undefined;
  #closed = false;

  constructor(options: VerifyDeskOptions) {
    this.#options = options;
  }

  /** How a verification is, or how the last one ended; undefined where none was asked for. */
  of(subject: VerifySubject): Verification | undefined {
    return this.#jobs.get(keyOf(subject))?.verification;
  }

  /** Begins a verification or joins the one under way; undefined when too many wait. */
  begin(subject: VerifySubject): Verification | undefined {
    const known = this.of(subject);
    if (known && isOpen(known)) return known;
    const open = [...this.#jobs.values()].filter(({ verification }) => isOpen(verification));
    if (open.length >= mostWaiting || this.#closed) return undefined;
    const verification: Verification = { ...asked, askedMs: this.#options.clock.wallMs() };
    this.#jobs.delete(keyOf(subject));
    this.#jobs.set(keyOf(subject), { subject, verification });
    this.#forgetOldest();
    this.#next();
    return this.of(subject);
  }

  /** Ends the one under way. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#child?.kill('SIGKILL');
  }

  #forgetOldest(): void {
    for (const [key, { verification }] of this.#jobs) {
      if (this.#jobs.size <= mostKept) return;
      if (!isOpen(verification)) this.#jobs.delete(key);
    }
  }

  #next(): void {
    if (this.#child || this.#closed) return;
    const job = [...this.#jobs.values()].find(({ verification }) => verification.state === 'waiting');
    if (job) this.#run(job);
  }

  #run(job: Job): void {
    job.verification = { ...job.verification, state: 'running' };
    const child = fork(processFile, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    this.#child = child;
    child.on('message', (said: VerifySaid) => this.#hear(job, said));
    child.on('error', ({ message }) => this.#hear(job, { kind: 'failed', message }));
    child.once('close', (code, signal) => {
      this.#child = undefined;
      const message = `the verifying process ended (${signal ?? code})`;
      if (isOpen(job.verification)) this.#hear(job, { kind: 'failed', message });
      this.#next();
    });
    child.send({ ...job.subject, dataDir: this.#options.dataDir } satisfies VerifyRequest, () => undefined);
  }

  #hear(job: Job, said: VerifySaid): void {
    if (said.kind === 'progress') {
      job.verification = { ...job.verification, progress: said.progress };
      return;
    }
    const endedMs = this.#options.clock.wallMs();
    const result = said.kind === 'done' ? { verdict: said.verdict } : { error: said.message };
    job.verification = { ...job.verification, ...result, state: said.kind, endedMs };
  }
}

const asked = {
  state: 'waiting',
  progress: undefined,
  verdict: undefined,
  error: undefined,
  endedMs: undefined,
} as const;

const isOpen = ({ state }: Verification): boolean => state === 'waiting' || state === 'running';
