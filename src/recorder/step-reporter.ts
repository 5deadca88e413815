import type { CancelTimer, Clock } from '../clock.ts';
import type { JobReport, JobStep, LeasedJob, ReportResponse } from '../worker-api/messages.ts';

/** How often a job tells how far it is, at most. */
const tellEveryMs = 2_000;

/** What telling needs of the world. */
export interface StepReporterOptions {
  readonly report: (jobId: number, report: JobReport) => Promise<ReportResponse>;
  readonly clock: Clock;
}

/** Tells the server how far a job is: the latest, every two seconds. What does not arrive is not told again. */
export class StepReporter {
  readonly #job: Pick<LeasedJob, 'jobId' | 'epoch'>;
  readonly #options: StepReporterOptions;
  #latest: JobStep | undefined;
  #waiting: CancelTimer | undefined;
  #isClosed = false;

  constructor(job: Pick<LeasedJob, 'jobId' | 'epoch'>, options: StepReporterOptions) {
    this.#job = job;
    this.#options = options;
  }

  /** The job has come so far. */
  tell(step: JobStep): void {
    this.#latest = step;
    if (!this.#waiting) this.#send();
  }

  /** Tells nothing more. Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.#waiting?.();
  }

  #send(): void {
    const step = this.#latest;
    this.#latest = undefined;
    this.#waiting = undefined;
    if (!step || this.#isClosed) return;
    const { report, clock } = this.#options;
    const { jobId, epoch } = this.#job;
    this.#waiting = clock.after(tellEveryMs, () => this.#send());
    report(jobId, { kind: 'step', epoch, ...step }).catch(() => undefined);
  }
}
