import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { AppStorage } from '../config/apps.ts';
import { finishFile, type FinishOptions } from '../finish/finish-file.ts';
import { FinishError, type FinishRequest, type PartsTarget } from '../finish/finish-request.ts';
import { madeFolder } from '../finish/unfinished.ts';
import { libraryRoot } from '../library/location.ts';
import type { ChainCheck } from '../segment/check-chain.ts';
import { readRecord } from '../segment/recording-folder.ts';
import type { JobFault, JobReport, JobStep, LeasedJob, UploadProgress } from '../worker-api/messages.ts';
import type { FinishHandle } from './finish-runner.ts';
import type { FinishSpace } from './finish-space.ts';
import type { Spool } from './spool.ts';

/** What finishing needs beside the job. */
export interface FinishingOptions {
  readonly spool: Spool;
  readonly dataDir: string;
  /** Where the files of an app's VOD tasks go, where the server does not say it. */
  readonly storageOf: (sdkAppId: number) => AppStorage;
  /** Whether buckets may be in private networks. */
  readonly privateBuckets: boolean;
  /** Age at which jobs are given up, in milliseconds; a week by default. */
  readonly giveUpMs?: number;
  /** With less free space, in MiB, finished parts are not kept for another attempt. */
  readonly leastFreeMb?: number;
  /** Room on the disk for files that are being finished; without it nothing waits for room. */
  readonly space?: FinishSpace;
  /** Keeps how far a job's upload in parts has come; resolves when it is in the store. */
  readonly keepUpload?: (job: LeasedJob, upload: UploadProgress, signal: AbortSignal) => Promise<void>;
  /** Opens what is told how far a job is, for whoever looks. */
  readonly openSteps?: (job: LeasedJob) => { tell(step: JobStep): void; close(): void };
}

/** Largest MP4 or AAC file, by which reading of "2 GB" ever (contract §5). */
const largestBytes = 2_000_000_000;
/** Longest one, whatever the task says (contract §5). */
const longestMs = 24 * 3_600_000;

/** Begins to make the files of a job from what all epochs left on the spool, and to bring them to their destination. */
export function beginFinishing(
  job: LeasedJob,
  options: FinishingOptions,
  isHeld: () => boolean = () => true,
): FinishHandle {
  const cancelled = new AbortController();
  let upload = job.upload;
  const keep = (latest: UploadProgress): Promise<void> => {
    upload = latest;
    return options.keepUpload?.(job, latest, cancelled.signal) ?? Promise.resolve();
  };
  const steps = options.openSteps?.(job);
  const onStep = (step: JobStep): void => steps?.tell(step);
  const outcome = finish(job, options, { signal: cancelled.signal, mayDeliver: isHeld, keep, onStep });
  void outcome.finally(() => steps?.close());
  return { outcome, cancel: () => cancelled.abort(), upload: () => upload };
}

/** Folder of unfinished files. */
export const unfinishedFolder = (dataDir: string): string => join(libraryRoot(dataDir), 'unfinished');

async function finish(job: LeasedJob, options: FinishingOptions, rim: FinishOptions): Promise<JobReport> {
  const { epoch } = job;
  try {
    const request = finishRequest(job, options);
    // Another recorder may have them, or a disk that is not mounted: that is no verdict on the recording.
    if (!request.dirs.some(readRecord)) throw new Error('the segments are not on this recorder’s spool');
    const room = options.space?.claim(await spaceNeeded(job, request, options.spool));
    if (typeof room === 'string') {
      return { kind: 'failed', epoch, reason: room, permanent: false, fault: 'environment', waitsForSpace: true };
    }
    let chains: readonly ChainCheck[] = [];
    try {
      const parts = await finishFile(request, { ...rim, onChains: (checks) => (chains = checks) });
      return { kind: 'done', epoch, parts, chains };
    } finally {
      room?.release();
    }
  } catch (error) {
    return { kind: 'failed', epoch, ...failureOf(error) };
  }
}

/**
 * What a job writes beside the segments: about as much as they are. HLS is linked, or read from the spool; parts that an
 * earlier attempt has made are there already.
 */
async function spaceNeeded(
  { taskId, fileKey, container }: LeasedJob,
  request: FinishRequest,
  spool: Spool,
): Promise<number> {
  if (container === 'hls' || existsSync(madeFolder(request))) return 0;
  return spool.bytesOf(taskId, fileKey);
}

function failureOf(error: unknown): { reason: string; permanent: boolean; fault: JobFault } {
  if (error instanceof FinishError) {
    return { reason: error.message, permanent: error.permanent, fault: error.fault };
  }
  return { reason: error instanceof Error ? error.message : String(error), permanent: false, fault: 'environment' };
}

function finishRequest(job: LeasedJob, options: FinishingOptions): FinishRequest {
  return {
    dirs: options.spool.foldersOf(job.taskId, job.fileKey),
    container: job.container,
    nameStem: job.nameStem,
    fileId: job.fileId,
    limits: { durationMs: Math.min(longestMs, job.maxFileMinutes * 60_000), bytes: largestBytes },
    startMs: job.startMs,
    endMs: job.endMs,
    tempDir: unfinishedFolder(options.dataDir),
    attempt: `e${job.epoch}-${job.attempt}`,
    mediaId: job.mediaId,
    separateMedia: job.separateMedia,
    heads: job.heads,
    target: targetOf(job, options),
    giveUpMs: options.giveUpMs,
    leastFreeMb: options.leastFreeMb,
    ...(job.upload && { upload: job.upload }),
  };
}

function targetOf(job: LeasedJob, options: FinishingOptions): PartsTarget {
  const { destination, sdkAppId, taskId } = job;
  if (destination.kind === 'bucket') {
    return { kind: 'bucket', taskId, bucket: destination, allowPrivate: options.privateBuckets };
  }
  const storage = job.storage ?? options.storageOf(sdkAppId);
  return storage.kind === 'tencent-vod'
    ? { kind: 'tencent-vod', account: storage, options: destination }
    : { kind: 'library', root: libraryRoot(options.dataDir), subAppId: destination.subAppId };
}
