import type { Store } from '../store/store.ts';
import type { TaskRow } from '../store/tables.ts';

/** Tasks that are not over. */
export async function countRecording({ db }: Store) {
  const rows = await db
    .selectFrom('task')
    .select(['state', 'status', (eb) => eb.fn.countAll<number | string>().as('n')])
    .where('state', '<>', 'ended')
    .groupBy(['state', 'status'])
    .execute();
  const sum = (fits: (row: (typeof rows)[number]) => boolean): number =>
    rows.filter(fits).reduce((total, { n }) => total + Number(n), 0);
  return {
    active: sum(({ state }) => state === 'active'),
    receiving: sum(({ state, status }) => state === 'active' && status === 'InProgress'),
    finishing: sum(({ state }) => state === 'finishing'),
  };
}

/** Tasks that ended since then and not well, the latest first. */
export const unwellTasks = ({ db }: Store, sinceMs: number, most: number): Promise<TaskRow[]> =>
  db
    .selectFrom('task')
    .selectAll()
    .where('result', '<>', 'ok')
    .where('ended_ms', '>=', sinceMs)
    .orderBy('ended_ms', 'desc')
    .limit(most)
    .execute();

/** Files of since then that failed, or are still being tried after their failure was told; the latest first. */
export async function unwellFiles({ db }: Store, sinceMs: number, most: number) {
  const rows = await db
    .selectFrom('file')
    .select(['task_id', 'file_id', 'name', 'state', 'end_ms', 'error'])
    .where('state', 'in', ['failed', 'stuck'])
    .where('end_ms', '>=', sinceMs)
    .orderBy('end_ms', 'desc')
    .limit(most)
    .execute();
  return rows.map(({ task_id: taskId, file_id: fileId, name, state, end_ms: endMs, error }) => {
    return { taskId, fileId, name, state: state === 'stuck' ? ('stuck' as const) : ('failed' as const), endMs, error };
  });
}

/** How deliveries went since then. */
export async function callbackHealth({ db }: Store, sinceMs: number) {
  const attempts = await db
    .selectFrom('callback_attempt')
    .select(['outcome', (eb) => eb.fn.countAll<number | string>().as('n')])
    .where('started_ms', '>=', sinceMs)
    .groupBy('outcome')
    .execute();
  const { dropped } = await db
    .selectFrom('event')
    .select((eb) => eb.fn.countAll<number | string>().as('dropped'))
    .where('state', '=', 'dropped')
    .where('event_ms', '>=', sinceMs)
    .executeTakeFirstOrThrow();
  const sum = (outcomes: readonly string[]): number =>
    attempts.filter(({ outcome }) => outcomes.includes(outcome)).reduce((total, { n }) => total + Number(n), 0);
  return { delivered: sum(['delivered']), failedAttempts: sum(['failed', 'dropped']), dropped: Number(dropped) };
}
