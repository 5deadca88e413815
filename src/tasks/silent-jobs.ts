import type { StoreTransaction } from '../store/store.ts';
import { settleFailed, tellStuck, type FinishingOptions, type Open } from './finishing.ts';
import { lockTask } from './record.ts';

const neverFinished = 'the recorder never finished it';

/** Gives up a job that ends its recorders. */
export async function giveUpJob(tx: StoreTransaction, jobId: number, options: FinishingOptions): Promise<void> {
  const open = await openJob(tx, jobId);
  const reason = open?.job.error ?? neverFinished;
  if (open) await settleFailed(tx, open, { status: 2, reason }, options);
}

/** Tells of a job that ends its recorders; it goes on being tried. */
export async function tellSilentJob(tx: StoreTransaction, jobId: number, options: FinishingOptions): Promise<void> {
  const open = await openJob(tx, jobId);
  if (open) await tellStuck(tx, open, open.job.error ?? neverFinished, options);
}

async function openJob(tx: StoreTransaction, jobId: number): Promise<Open | undefined> {
  const job = await tx.db.selectFrom('job').selectAll().where('id', '=', jobId).executeTakeFirstOrThrow();
  const task = await lockTask(tx, job.task_id);
  const file = await tx.db.selectFrom('file').selectAll().where('file_id', '=', job.file_id).executeTakeFirstOrThrow();
  return task && { task, job, file };
}
