import type { Store } from '../store/store.ts';
import type { TaskRow } from '../store/tables.ts';
import type { PageMark } from './paging.ts';
import { AdminProblem } from './problem.ts';

/** Which tasks are looked for; times are wall milliseconds of their creation, `toMs` excluded. */
export interface TaskSearch {
  readonly app?: number | undefined;
  readonly state?: TaskRow['state'] | undefined;
  readonly room?: string | undefined;
  readonly roomKind?: TaskRow['room_kind'] | undefined;
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
}

/** How many files a task has, and how many of them are in each of these states. */
export interface FileCounts {
  readonly total: number;
  readonly done: number;
  readonly failed: number;
}

/** The task of that id. @throws AdminProblem 404 */
export async function requireTask({ db }: Pick<Store, 'db'>, id: string): Promise<TaskRow> {
  const task = await db.selectFrom('task').selectAll().where('id', '=', id).executeTakeFirst();
  if (!task) throw new AdminProblem(404, 'There is no such task.');
  return task;
}

/** The newest first, from behind the mark on; one row more than `limit` when there are more. */
export function findTasks(
  { db }: Store,
  search: TaskSearch,
  limit: number,
  after: PageMark | undefined,
): Promise<TaskRow[]> {
  const { app, state, room, roomKind, fromMs, toMs } = search;
  let query = db.selectFrom('task').selectAll();
  if (app !== undefined) query = query.where('sdk_app_id', '=', app);
  if (state !== undefined) query = query.where('state', '=', state);
  if (room !== undefined) query = query.where('room_id', '=', room);
  if (roomKind !== undefined) query = query.where('room_kind', '=', roomKind);
  if (fromMs !== undefined) query = query.where('created_ms', '>=', fromMs);
  if (toMs !== undefined) query = query.where('created_ms', '<', toMs);
  if (after !== undefined) {
    query = query.where((eb) => eb(eb.refTuple('created_ms', 'id'), '<', eb.tuple(...after)));
  }
  return query
    .orderBy('created_ms', 'desc')
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute();
}

/** Counts of the files of these tasks, by TaskId; a task without files has none. */
export async function countFiles({ db }: Store, taskIds: readonly string[]): Promise<Map<string, FileCounts>> {
  if (taskIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('file')
    .select(['task_id', 'state', (eb) => eb.fn.countAll<number | string>().as('n')])
    .where('task_id', 'in', taskIds)
    .groupBy(['task_id', 'state'])
    .execute();
  const byTask = Map.groupBy(rows, (row) => row.task_id);
  return new Map(Array.from(byTask, ([taskId, own]) => [taskId, sums(own)]));
}

function sums(rows: readonly { state: string; n: number | string }[]): FileCounts {
  const of = (states: readonly string[]): number =>
    rows.reduce((sum, { state, n }) => (states.includes(state) ? sum + Number(n) : sum), 0);
  return { total: of(rows.map(({ state }) => state)), done: of(['done', 'removed']), failed: of(['failed', 'stuck']) };
}
