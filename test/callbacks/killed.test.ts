import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { ReplayDesk } from '../../src/callbacks/replay-desk.ts';
import { systemClock } from '../../src/clock.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { claimTask, create, newTask, sdkAppId, serviceOn, tempFolder } from '../tasks/fixture.ts';
import { receiver, until, type Received } from './receiver.ts';

const clock = systemClock({ unref: true });
const tasks = 20;
/** Attempts that one process has under way at most: of new events and of replays. */
const mostUnderWay = 8 + 2;

async function withStore<T>(path: string, use: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore({ path, clock });
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

async function makeTasks(store: Store): Promise<void> {
  const service = await serviceOn(store, clock);
  for (let n = 0; n < tasks; n += 1) {
    const taskId = await create(service, newTask({ botUserId: `bot${n}` }));
    const { epoch } = await claimTask(service, 'r');
    await service.reportTask(taskId, { kind: 'started', epoch, startedMs: clock.wallMs() });
    await service.reportTask(taskId, { kind: 'stopped', epoch, leaveCode: 0, atMs: clock.wallMs(), files: [] });
  }
}

/** A receiver that answers so many messages and lets all others wait, so that a kill is in the middle of attempts. */
async function limitedReceiver(t: TestContext) {
  let left = 0;
  const { url, got } = await receiver(t, (_message, response) => {
    left -= 1;
    if (left >= 0) response.end();
  });
  return { url, got, answer: (count: number) => (left = count) };
}

/** Runs deliveries on the store, one after another, each killed with SIGKILL while a message waits for its answer. */
async function killOften(path: string, { url, got, answer }: Awaited<ReturnType<typeof limitedReceiver>>) {
  for (const answers of [0, 5, 11]) {
    const before = got.length;
    answer(answers);
    const child = spawn(process.execPath, [join(import.meta.dirname, 'delivery-child.ts'), path, url]);
    const exited = once(child, 'exit');
    await until('an attempt without answer', () => got.length > before + answers);
    child.kill('SIGKILL');
    await exited;
  }
}

async function deliverRest(
  path: string,
  { url, got, answer }: Awaited<ReturnType<typeof limitedReceiver>>,
  names: number,
) {
  answer(Infinity);
  const child = spawn(process.execPath, [join(import.meta.dirname, 'delivery-child.ts'), path, url]);
  const exited = once(child, 'exit');
  const waits = (store: Store) =>
    store.db
      .selectFrom('event')
      .leftJoin('callback_replay as r', 'r.stream', 'event.stream')
      .selectAll('event')
      .where((eb) => eb.or([eb('state', '=', 'pending'), eb('r.seq', 'is not', null)]))
      .execute();
  await until('all of them', async () => {
    if (new Set(got.map(({ headers }) => headers['webhook-id'])).size < names) return false;
    return (await withStore(path, waits)).length === 0;
  });
  child.kill('SIGKILL');
  await exited;
}

/** Every message came, the first time in order within its task, and a second time only where a kill cut the first. */
function assertAtLeastOnce(got: readonly Received[]): void {
  const first = new Map(got.toReversed().map((message) => [message.headers['webhook-id'], message]));
  assert.equal(first.size, 3 * tasks);
  for (const message of got) assert.equal(message.body, first.get(message.headers['webhook-id'])?.body);
  const inOrder = got.filter((message) => first.get(message.headers['webhook-id']) === message);
  for (const own of Map.groupBy(inOrder, ({ taskId }) => taskId).values()) {
    assert.deepEqual(
      own.map(({ type }) => type),
      [301, 302, 312],
    );
  }
  assert.ok(got.length <= first.size + 3 * mostUnderWay, `${got.length} messages for ${first.size}`);
}

test('kill -9 in the middle of attempts loses no message and no order, and repeats only what was cut', async (t) => {
  const path = join(await tempFolder(t), 'store.sqlite');
  const limited = await limitedReceiver(t);
  await withStore(path, makeTasks);
  await killOften(path, limited);
  await deliverRest(path, limited, 3 * tasks);
  assertAtLeastOnce(limited.got);

  limited.got.length = 0;
  const accepted = await withStore(path, (store) =>
    new ReplayDesk(store).replayRange({ sdkAppId, states: ['delivered'] }),
  );
  assert.equal(accepted, 3 * tasks);
  await killOften(path, limited);
  await deliverRest(path, limited, 3 * tasks);
  assertAtLeastOnce(limited.got);
});
