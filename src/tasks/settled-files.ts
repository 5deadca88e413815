import type { Store } from '../store/store.ts';
import type { FileRow } from '../store/tables.ts';
import type { SpoolResponse } from '../worker-api/messages.ts';

/**
 * Files of these tasks that are in the library, and only those: what failed, is still being finished, or belongs to a
 * task that was given up keeps its segments (design §3.2). `all` needs a task that ended well with a file at least,
 * because nothing confirms what a task without files may have left.
 */
export async function settledFiles({ db }: Store, taskIds: readonly string[]): Promise<SpoolResponse> {
  if (taskIds.length === 0) return { settled: [] };
  const files = await db
    .selectFrom('file')
    .innerJoin('task', 'task.id', 'file.task_id')
    .select(['file.task_id', 'file.file_key', 'file.state', 'task.result'])
    .where('file.task_id', 'in', taskIds)
    .orderBy('file.file_key')
    .execute();
  const byTask = Map.groupBy(files, (file) => file.task_id);
  const settled = Array.from(byTask, ([taskId, own]) => ({
    taskId,
    fileKeys: own[0]?.result === 'ok' ? ('all' as const) : deliveredKeys(own),
  }));
  return { settled: settled.filter(({ fileKeys }) => fileKeys.length > 0) };
}

/** Keys of which every output is delivered. */
function deliveredKeys(files: readonly Pick<FileRow, 'file_key' | 'state'>[]): string[] {
  const open = new Set(
    files.filter(({ state }) => state !== 'done' && state !== 'removed').map((file) => file.file_key),
  );
  return [...new Set(files.map((file) => file.file_key))].filter((key) => !open.has(key));
}

/**
 * Those of these tasks that ended before `beforeMs` and of which no file is tried any more: what is left of them on the
 * spool was never delivered and never will be.
 */
export async function expiredTasks({ db }: Store, taskIds: readonly string[], beforeMs: number): Promise<string[]> {
  if (taskIds.length === 0) return [];
  const tasks = await db
    .selectFrom('task')
    .select('id')
    .where('id', 'in', taskIds)
    .where('state', '=', 'ended')
    .where('ended_ms', '<', beforeMs)
    .where((eb) => {
      const open = eb.selectFrom('job').select('job.id').whereRef('job.task_id', '=', 'task.id');
      return eb.not(eb.exists(open.where('job.state', '=', 'open')));
    })
    .execute();
  return tasks.map(({ id }) => id);
}
