import type { Kysely } from 'kysely';
import type { ChainCheck, EpochHead } from '../segment/check-chain.ts';
import type { StoreTransaction } from '../store/store.ts';
import type { FileRow, Tables, TaskRow } from '../store/tables.ts';
import type { FinishedPart, TaskReport } from '../worker-api/messages.ts';

/** Rows of one insert, within every engine's limit of parameters. */
const rowsPerInsert = 100;

/** Notes that a task's manifest has to be written, or written anew. */
export async function evidenceIsDue(db: Kysely<Tables>, taskIds: readonly string[]): Promise<void> {
  for (let from = 0; from < taskIds.length; from += rowsPerInsert) {
    const rows = taskIds.slice(from, from + rowsPerInsert).map((id) => ({ task_id: id, marks: 1 }));
    await db
      .insertInto('evidence_due')
      .values(rows)
      .onConflict((conflict) =>
        conflict.column('task_id').doUpdateSet((eb) => ({ marks: eb('evidence_due.marks', '+', 1) })),
      )
      .execute();
  }
}

/** Notes it when the last event of a task that has ended is settled: the manifest says what became of them all. */
export async function evidenceIsDueWhenAllTold(db: Kysely<Tables>, stream: string): Promise<void> {
  const ended = db.selectFrom('task').select('id').where('id', '=', stream).where('state', '=', 'ended');
  if (!(await ended.executeTakeFirst())) return;
  const waiting = db.selectFrom('event').select('seq').where('stream', '=', stream).where('state', '=', 'pending');
  if (!(await waiting.executeTakeFirst())) await evidenceIsDue(db, [stream]);
}

/** Keeps the parameters that hold from now on. */
export async function keepPlan(
  tx: StoreTransaction,
  { id, revision, plan }: Pick<TaskRow, 'id' | 'revision' | 'plan'>,
): Promise<void> {
  await tx.db.insertInto('plan_revision').values({ task_id: id, revision, plan, at_ms: tx.wall }).execute();
}

/** A recorder's report of what happened. */
export type TimelineReport = Extract<TaskReport, { kind: 'timeline' }>;

/** Keeps what a recorder tells, each entry once. */
export async function keepTimeline(tx: StoreTransaction, taskId: string, report: TimelineReport): Promise<void> {
  const { epoch, entries, heads } = report;
  const rows = entries.map((entry) => ({
    task_id: taskId,
    epoch,
    seq: entry.seq,
    at_ms: entry.atMs,
    kind: entry.kind,
    entry: JSON.stringify(entry),
  }));
  for (let from = 0; from < rows.length; from += rowsPerInsert) {
    const some = rows.slice(from, from + rowsPerInsert);
    await tx.db
      .insertInto('timeline_entry')
      .values(some)
      .onConflict((one) => one.doNothing())
      .execute();
  }
  for (const { fileKey, segments, chain } of heads) {
    const head = { segments, chain, told_ms: tx.wall };
    await tx.db
      .insertInto('chain_head')
      .values({ task_id: taskId, file_key: fileKey, epoch, ...head })
      .onConflict((one) => one.columns(['task_id', 'file_key', 'epoch']).doUpdateSet(head))
      .execute();
  }
}

/** Keeps by what it is told where finished files were changed; `files` are the rows of the parts in their order. */
export async function keepDigests(
  tx: StoreTransaction,
  files: readonly Pick<FileRow, 'file_id'>[],
  parts: readonly FinishedPart[],
): Promise<void> {
  for (const [index, { digests }] of parts.entries()) {
    if (!digests) continue;
    const row = { file_id: files[index]!.file_id, digests: JSON.stringify(digests) };
    await tx.db
      .insertInto('file_digests')
      .values(row)
      .onConflict((one) => one.column('file_id').doUpdateSet({ digests: row.digests }))
      .execute();
  }
}

/** Keeps what a job found of the segments that it was made of. */
export async function keepChecks(
  tx: StoreTransaction,
  { task_id, file_key, container }: Pick<FileRow, 'task_id' | 'file_key' | 'container'>,
  checks: readonly ChainCheck[],
): Promise<void> {
  for (const check of checks) {
    const found = { checked_ms: tx.wall, result: JSON.stringify(check) };
    await tx.db
      .insertInto('chain_check')
      .values({ task_id, file_key, container, epoch: check.epoch, ...found })
      .onConflict((one) => one.columns(['task_id', 'file_key', 'container', 'epoch']).doUpdateSet(found))
      .execute();
  }
}

/** How far the chains of a recorded file went when that was last told. */
export const toldHeads = (
  db: Kysely<Tables>,
  { task_id, file_key }: Pick<FileRow, 'task_id' | 'file_key'>,
): Promise<EpochHead[]> =>
  db
    .selectFrom('chain_head')
    .select(['epoch', 'segments', 'chain'])
    .where('task_id', '=', task_id)
    .where('file_key', '=', file_key)
    .orderBy('epoch')
    .execute();
