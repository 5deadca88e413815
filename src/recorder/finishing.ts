import { join } from 'node:path';
import { finishFile } from '../finish/finish-file.ts';
import { FinishError, type FinishRequest } from '../finish/finish-request.ts';
import { libraryPath } from '../library/location.ts';
import { readRecord } from '../segment/recording-folder.ts';
import type { JobReport, LeasedJob } from '../worker-api/messages.ts';
import type { FinishHandle } from './finish-runner.ts';
import type { Spool } from './spool.ts';

/** Begins to make the library file of a job from what all epochs left on the spool. */
export function beginFinishing(job: LeasedJob, spool: Spool, dataDir: string): FinishHandle {
  const cancelled = new AbortController();
  const outcome = finish(job, spool, dataDir, cancelled.signal);
  return { outcome, cancel: () => cancelled.abort() };
}

async function finish(job: LeasedJob, spool: Spool, dataDir: string, signal: AbortSignal): Promise<JobReport> {
  try {
    const file = await finishFile(finishRequest(job, spool, dataDir), { signal });
    return { kind: 'done', epoch: job.epoch, ...file };
  } catch (error) {
    const permanent = error instanceof FinishError && error.permanent;
    return {
      kind: 'failed',
      epoch: job.epoch,
      reason: error instanceof Error ? error.message : String(error),
      permanent,
    };
  }
}

function finishRequest(job: LeasedJob, spool: Spool, dataDir: string): FinishRequest {
  const library = join(dataDir, 'library');
  const dirs = spool.foldersOf(job.taskId, job.fileKey);
  const kinds = dirs.flatMap((dir) => readRecord(dir)?.trackType ?? []);
  return {
    dirs,
    outputPath: libraryPath(library, { subAppId: job.subAppId, fileId: job.fileId, name: job.fileName }),
    tempDir: join(library, 'unfinished'),
    startMs: job.startMs,
    endMs: job.endMs,
    expect: { audio: kinds.some((kind) => kind !== 'video'), video: kinds.some((kind) => kind !== 'audio') },
  };
}
