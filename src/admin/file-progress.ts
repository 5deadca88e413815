import type { Selectable } from 'kysely';
import { z } from 'zod';
import type { Store } from '../store/store.ts';
import type { JobTable } from '../store/tables.ts';
import type { JobSteps } from '../tasks/job-steps.ts';
import type { UploadProgress } from '../worker-api/messages.ts';
import { ms } from './fields.ts';

type OpenJob = Pick<
  Selectable<JobTable>,
  'id' | 'file_id' | 'owner' | 'epoch' | 'claimable_ms' | 'attempts' | 'waits_for_space' | 'error' | 'upload'
>;

/** How far a file is on its way, in an answer. */
export const fileProgress = z
  .object({
    state: z
      .enum(['running', 'queued', 'retrying', 'no-space'])
      .describe(
        'queued: no recorder has it yet; retrying: it failed and waits; no-space: the disk has no room for it.',
      ),
    step: z
      .enum(['checking', 'making', 'sending'])
      .nullable()
      .describe('What is done to it at this moment; null while that is not known.'),
    doneBytes: z.int().describe('Of the step; of a file that waits: what its destination has of it already.'),
    totalBytes: z.int().describe('0 while that is not known.'),
    bytesPerSecond: z.int().nullable().describe('Over the last seconds.'),
    attempts: z.int().describe('Attempts so far, the present one included.'),
    nextTryMs: ms.nullable(),
    lastError: z.string().nullable().describe('Why the last attempt failed.'),
  })
  .meta({ id: 'FileProgress' });

type FileProgress = z.input<typeof fileProgress>;

/** How far the files of a task are that are not settled, by FileId. */
export async function progressOf(
  { db }: Pick<Store, 'db'>,
  taskId: string,
  { steps, nowMs }: { readonly steps: Pick<JobSteps, 'of'>; readonly nowMs: number },
): Promise<Map<string, FileProgress>> {
  const jobs = await db
    .selectFrom('job')
    .select(['id', 'file_id', 'owner', 'epoch', 'claimable_ms', 'attempts', 'waits_for_space', 'error', 'upload'])
    .where('task_id', '=', taskId)
    .where('state', '=', 'open')
    .execute();
  return new Map(jobs.map((job) => [job.file_id, viewJob(job, steps, nowMs)]));
}

function viewJob(job: OpenJob, steps: Pick<JobSteps, 'of'>, nowMs: number): FileProgress {
  const isRunning = job.owner !== null;
  const told = isRunning ? steps.of(job.id, job.epoch) : undefined;
  const kept = keptBytes(job.upload);
  return {
    state: isRunning ? 'running' : stateOf(job),
    step: told?.step ?? null,
    doneBytes: told?.doneBytes ?? kept.done,
    totalBytes: told?.totalBytes ?? kept.total,
    bytesPerSecond: told?.bytesPerSecond ?? null,
    attempts: job.attempts,
    nextTryMs: !isRunning && job.claimable_ms > nowMs ? job.claimable_ms : null,
    lastError: job.error,
  };
}

function stateOf({ waits_for_space: waits, error }: OpenJob): FileProgress['state'] {
  if (waits === 1) return 'no-space';
  return error === null ? 'queued' : 'retrying';
}

/** Parts that a bucket has confirmed are there for the next attempt. */
function keptBytes(upload: string | null): { done: number; total: number } {
  if (upload === null) return { done: 0, total: 0 };
  const { parts, partBytes, sizeBytes } = JSON.parse(upload) as UploadProgress;
  return { done: Math.min(parts.length * partBytes, sizeBytes), total: sizeBytes };
}
