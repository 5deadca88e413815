import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { SDK_APP_ID } from '../../test/kit/server.ts';
import { emptyRow, type Bench, type Row, type Scenario } from '../scenario.ts';
import { addResults, lostInFiles, now, Stage } from '../stage.ts';

/** Another process, such as a backup, holds the store's write lock. */
export const storeLocked: Scenario = {
  name: 'store-locked',
  does: "another process holds the store's write lock: calls are answered or refused in order, recordings go on",
  async run(bench) {
    const stage = await Stage.open({ rooms: 1 });
    try {
      const rows: Row[] = [];
      for (const seconds of bench.effort.quick ? [8] : [3, 5, 8]) rows.push(await lockOnce(stage, seconds, bench));
      return rows;
    } finally {
      await stage.close();
    }
  },
};

async function lockOnce(stage: Stage, seconds: number, bench: Bench): Promise<Row> {
  const recordings = await stage.begin();
  await sleep(bench.random.between(4, 6) * 1000);
  const calls = await whileLocked(stage, seconds, () => callOn(stage, recordings[0]!.taskId));
  const created = calls.flatMap(({ taskId }) => taskId ?? []);
  await sleep(4_000);
  const late = created.map((taskId) => ({ taskId, mode: 'single', userId: '', begunAt: now() }) as const);
  for (const { taskId } of late) await stage.server.untilStatus(taskId, 'InProgress', 30_000);
  const results = await stage.end([...recordings, ...late], bench);
  const row = { ...emptyRow(`store locked for ${seconds} s`, `${calls.length} calls`), allowed: 0 };
  const filled = addResults(row, results);
  const lost = results.filter(({ taskId }) => !created.includes(taskId)).flatMap(lostInFiles);
  const faults = calls.flatMap(({ fault }) => fault ?? []);
  bench.say(`store-locked ${seconds} s: ${calls.map(({ said }) => said).join(', ')}`);
  return { ...filled, lost, faults: [...filled.faults, ...faults], notes: [calls.map(({ said }) => said).join(', ')] };
}

interface Call {
  readonly said: string;
  /** What must not be: an answer that is none. */
  readonly fault?: string;
  readonly taskId?: string;
}

async function whileLocked(stage: Stage, seconds: number, call: () => Promise<Call[]>): Promise<Call[]> {
  const store = new DatabaseSync(join(stage.server.dataDir, 'store.sqlite'), { timeout: 5000 });
  store.exec('begin immediate');
  try {
    const calls = call();
    await sleep(seconds * 1000);
    store.exec('rollback');
    return await calls;
  } finally {
    store.close();
  }
}

/** What customers do in the meantime: one asks, one begins a recording. */
async function callOn(stage: Stage, TaskId: string): Promise<Call[]> {
  await sleep(500);
  const describe = stage.server.client.DescribeCloudRecording({ SdkAppId: SDK_APP_ID, TaskId }).then(() => undefined);
  return Promise.all([judged('Describe', describe), judged('Create', stage.create(0, 'single'))]);
}

async function judged(name: string, call: Promise<string | undefined>): Promise<Call> {
  const startedMs = Date.now();
  const took = (): string => `${((Date.now() - startedMs) / 1000).toFixed(1)} s`;
  try {
    const taskId = await call;
    const said = `${name} answered after ${took()}`;
    return taskId === undefined ? { said } : { said, taskId };
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    const said = `${name} refused after ${took()} with ${code ?? message}`;
    // Codes of the API are words with capitals; what Node says of a connection is in capitals alone.
    return code !== undefined && /^[A-Z][a-z]/.test(code)
      ? { said }
      : { said, fault: `${name} got no answer: ${message}` };
  }
}
