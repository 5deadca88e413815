import type { Clock } from '../clock.ts';
import type { LeasedJob, ReportResponse, JobReport, UploadProgress } from '../worker-api/messages.ts';

const RETRY_MS = 500;

/** What keeping needs of the world. */
export interface UploadKeeperOptions {
  readonly report: (jobId: number, report: JobReport) => Promise<ReportResponse>;
  readonly clock: Clock;
}

/**
 * Puts into the store how far a job's upload in parts has come, and tries again while the server is away and the job is
 * held. Rejects when the lease is gone.
 */
export async function keepUpload(
  { jobId, epoch }: LeasedJob,
  upload: UploadProgress,
  signal: AbortSignal,
  { report, clock }: UploadKeeperOptions,
): Promise<void> {
  while (!signal.aborted) {
    const answer = await report(jobId, { kind: 'progress', epoch, upload }).catch(() => undefined);
    if (answer?.accepted) return;
    if (answer) break;
    await new Promise<void>((resume) => clock.after(RETRY_MS, resume));
  }
  throw new Error('the job is no longer held here');
}
