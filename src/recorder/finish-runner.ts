import type { Clock } from '../clock.ts';
import type { Logger } from '../process/log.ts';
import type { TaskLease } from './recorder.ts';
import type { JobReport, LeasedJob, ReportResponse, UploadProgress } from '../worker-api/messages.ts';

/** A finishing job in progress. */
export interface FinishHandle {
  /** Resolves with what to report; rejects never. */
  readonly outcome: Promise<JobReport>;
  /** Ends the work at once; nothing was promised yet. */
  cancel(): void;
  /** How far an upload in parts has come, where there is one. */
  upload?(): UploadProgress | undefined;
}

/** What finishing needs of the world. */
export interface FinishRunnerOptions {
  /** Starts turning the job's segments into its library file. */
  readonly begin: (job: LeasedJob, isHeld: () => boolean) => FinishHandle;
  readonly report: (jobId: number, report: JobReport) => Promise<ReportResponse>;
  /** The server has committed everything that is made of the job's segments: they may go. */
  readonly onConfirmed: (job: LeasedJob) => void;
  /** No attempt follows: what the attempts have left beside the segments may go. `upload` was given up in the middle. */
  readonly onOver?: (job: LeasedJob, upload: UploadProgress | undefined) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

const RETRY_MS = 500;

interface Ending {
  readonly isOurs: () => boolean;
  readonly upload: UploadProgress | undefined;
}

/** Runs leased finishing jobs, each on its own, and reports how they ended. */
export class FinishRunner {
  #options: FinishRunnerOptions;
  #running = new Map<number, { job: LeasedJob; handle: FinishHandle }>();

  constructor(options: FinishRunnerOptions) {
    this.#options = options;
  }

  /** Jobs in progress. */
  get size(): number {
    return this.#running.size;
  }

  /** Jobs in progress, with their epochs, for renewal. */
  held(): { jobId: number; epoch: number }[] {
    return [...this.#running.values()].map(({ job }) => ({ jobId: job.jobId, epoch: job.epoch }));
  }

  /** Begins a job under its lease. */
  start(job: LeasedJob, lease: TaskLease): void {
    const handle = this.#options.begin(job, () => lease.isHeld());
    this.#running.set(job.jobId, { job, handle });
    this.#options.log.info({ ...namesOf(job), attempt: job.attempt }, 'finishing');
    void handle.outcome.then(async (report) => {
      const isOurs = (): boolean => this.#running.get(job.jobId)?.handle === handle;
      if (!isOurs()) return;
      await this.#settle(job, report, { isOurs, upload: handle.upload?.() });
      // While the report was on its way the lease may have been lost and granted anew: that run is not ours to end.
      if (!isOurs()) return;
      this.#running.delete(job.jobId);
      lease.onEnded();
    });
  }

  /** Drops a job whose lease is gone. */
  abandon(jobId: number): void {
    this.#running.get(jobId)?.handle.cancel();
    this.#running.delete(jobId);
  }

  /** Drops every job; they are claimed again elsewhere or later. Idempotent. */
  close(): void {
    for (const jobId of this.#running.keys()) this.abandon(jobId);
  }

  async #settle(job: LeasedJob, report: JobReport, { isOurs, upload }: Ending): Promise<void> {
    const { log, onOver } = this.#options;
    const task = namesOf(job);
    if (report.kind === 'failed') log.error({ ...task, reason: report.reason }, 'finishing failed');
    const answer = await this.#reportUntilAnswered(job, report, isOurs);
    if (report.kind === 'failed' && answer?.settled) onOver?.(job, upload);
    if (report.kind !== 'done' || !answer?.accepted) return;
    onOver?.(job, undefined);
    for (const { name, sizeBytes, durationMs } of report.parts) {
      log.info({ ...task, name, sizeBytes, durationMs }, 'finished');
    }
    if (answer.spoolFree) this.#options.onConfirmed(job);
  }

  /** A report is idempotent for its epoch: it is repeated until the server answers or the lease is gone. */
  async #reportUntilAnswered(
    job: LeasedJob,
    report: JobReport,
    isOurs: () => boolean,
  ): Promise<ReportResponse | undefined> {
    const { log, clock } = this.#options;
    while (isOurs()) {
      try {
        return await this.#options.report(job.jobId, report);
      } catch (error) {
        log.warn({ ...namesOf(job), err: error }, 'server out of reach; the report waits');
        await new Promise<void>((resume) => clock.after(RETRY_MS, resume));
      }
    }
    return undefined;
  }
}

/** How a job is called in the log. */
const namesOf = ({ taskId, nameStem, container }: LeasedJob) => ({ task: taskId, file: nameStem, container });
