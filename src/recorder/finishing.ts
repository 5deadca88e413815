import { join } from 'node:path';
import { finishFile } from '../finish/finish-file.ts';
import { FinishError, type FinishedFile, type FinishRequest } from '../finish/finish-request.ts';
import { libraryPath } from '../library/location.ts';
import { readRecord } from '../segment/recording-folder.ts';
import { partName } from '../naming/file-name.ts';
import type { FinishedPart, JobReport, LeasedJob } from '../worker-api/messages.ts';
import type { FinishHandle } from './finish-runner.ts';
import type { Spool } from './spool.ts';

/** Begins to make the library file of a job from what all epochs left on the spool. */
export function beginFinishing(job: LeasedJob, spool: Spool, dataDir: string): FinishHandle {
  const cancelled = new AbortController();
  const outcome = finish(job, spool, dataDir, cancelled.signal);
  return { outcome, cancel: () => cancelled.abort() };
}

async function finish(job: LeasedJob, spool: Spool, dataDir: string, signal: AbortSignal): Promise<JobReport> {
  const failed = (reason: string, permanent: boolean): JobReport => ({
    kind: 'failed',
    epoch: job.epoch,
    reason,
    permanent,
  });
  try {
    const request = finishRequest(job, spool, dataDir);
    // Another recorder may have them, or a disk that is not mounted: that is no verdict on the recording.
    if (!request.dirs.some(readRecord)) return failed('the segments are not on this recorder’s spool', false);
    const file = await finishFile(request, { signal });
    return { kind: 'done', epoch: job.epoch, parts: [partOf(job, file)] };
  } catch (error) {
    return failed(
      error instanceof Error ? error.message : String(error),
      error instanceof FinishError && error.permanent,
    );
  }
}

function partOf(job: LeasedJob, file: FinishedFile): FinishedPart {
  const name = partName(job.nameStem, undefined, 'mp4');
  return { part: 1, name, fileId: job.fileId, trackType: job.trackType, ...file };
}

function finishRequest(job: LeasedJob, spool: Spool, dataDir: string): FinishRequest {
  const library = join(dataDir, 'library');
  return {
    dirs: spool.foldersOf(job.taskId, job.fileKey),
    outputPath: libraryPath(library, {
      subAppId: job.destination.kind === 'vod' ? job.destination.subAppId : job.sdkAppId,
      fileId: job.fileId,
    }),
    tempDir: join(library, 'unfinished'),
    attempt: `e${job.epoch}-${job.attempt}`,
    startMs: job.startMs,
    endMs: job.endMs,
  };
}
