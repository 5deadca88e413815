import { setTimeout as sleep } from 'node:timers/promises';
import { startCallbackDelivery, type CallbackDelivery } from '../../src/callbacks/delivery.ts';
import { settle } from '../../test/callbacks/receiver.ts';
import { CallbackReceiver } from '../../test/kit/callback-receiver.ts';
import { Closers } from '../../test/kit/closers.ts';
import {
  bench as taskBench,
  claimJobs,
  doneReport,
  oneApp,
  recordedFile,
  recordTask,
  silentLog,
  type Bench as TaskBench,
} from '../../test/tasks/fixture.ts';
import { emptyRow, type Bench, type Row, type Scenario } from '../scenario.ts';
import { judgeCallbacks } from '../told.ts';

const KEY = 'chaos';
const RETRY_HOURS = 24;
const MINUTE_MS = 60_000;

/** The customer's receiver of callbacks is down for an hour of an injected clock. */
export const receiverDown: Scenario = {
  name: 'receiver-down',
  does: `a receiver of callbacks is down for an hour (injected clock, retry_hours ${RETRY_HOURS}), the server restarts in it`,
  async run(bench) {
    const closers = new Closers();
    try {
      return [await anHour(bench, closers)];
    } finally {
      await closers.close();
    }
  },
};

async function anHour({ effort, random, say }: Bench, closers: Closers): Promise<Row> {
  const tasks = effort.quick ? 10 : 50;
  let up = false;
  const answer = (): { status: number } => ({ status: up ? 200 : random.pick([0, 500, 503]) });
  const receiver = await CallbackReceiver.start({ key: KEY, answer });
  closers.after(() => receiver.close());
  const b = await taskBench(closers);
  const taskIds: string[] = [];
  const restartIn = Math.floor(random.between(10, 50));
  let delivery = deliver(b, receiver.url, closers);
  for (let minute = 0; minute < 60; minute += 1) {
    while (taskIds.length <= (tasks * minute) / 60) taskIds.push(await oneTask(b));
    if (minute === restartIn) {
      await delivery.close();
      delivery = deliver(b, receiver.url, closers);
    }
    await pass(b, MINUTE_MS);
  }
  const refused = receiver.received.length;
  up = true;
  await untilDelivered(b, taskIds.length * EVENTS);
  say(`receiver-down: ${refused} attempts refused, ${receiver.received.length - refused} taken afterwards`);
  return rowOf(receiver, taskIds, refused);
}

/** 301, 302, 311 and 312. */
const EVENTS = 4;

function deliver(b: TaskBench, url: string, closers: Closers): CallbackDelivery {
  const apps = oneApp({ url, key: KEY, giveUpMs: RETRY_HOURS * 60 * MINUTE_MS });
  const delivery = startCallbackDelivery({ store: b.store, apps, clock: b.clock, log: silentLog });
  closers.after(() => delivery.close());
  return delivery;
}

async function oneTask(b: TaskBench): Promise<string> {
  const taskId = await recordTask(b, [recordedFile('alice')]);
  for (const job of await claimJobs(b.tasks, 'r')) await b.tasks.reportJob(job.jobId, doneReport(job));
  return taskId;
}

/** Lets time go by with what happens in it. */
async function pass(b: TaskBench, ms: number): Promise<void> {
  await settle();
  b.clock.advance(ms);
  await settle();
}

async function untilDelivered(b: TaskBench, count: number): Promise<void> {
  const deadline = Date.now() + 120_000;
  const delivered = async (): Promise<number> =>
    (await b.store.db.selectFrom('event').select('seq').where('state', '!=', 'pending').execute()).length;
  while ((await delivered()) < count && Date.now() < deadline) {
    await pass(b, MINUTE_MS);
    await sleep(5);
  }
}

function rowOf(receiver: CallbackReceiver, taskIds: readonly string[], refused: number): Row {
  const told = taskIds.map((taskId) => ({ taskId, ...judgeCallbacks(receiver.received, taskId) }));
  const faults = told.flatMap(({ taskId, faults: own, types }) => [
    ...own.map((fault) => `task ${taskId}: ${fault}`),
    ...(types.join(' ') === '301 302 311 312' ? [] : [`task ${taskId}: ${types.join(' ')}`]),
  ]);
  return {
    ...emptyRow('receiver of callbacks down', '1 hour'),
    tasks: taskIds.length,
    duplicates: told.reduce((sum, { duplicates }) => sum + duplicates, 0),
    faults,
    notes: [
      `${refused} attempts were refused before ${told.reduce((sum, { types }) => sum + types.length, 0)} messages were taken`,
    ],
  };
}
