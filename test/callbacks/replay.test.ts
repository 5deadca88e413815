import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { startCallbackDelivery, type CallbackDelivery } from '../../src/callbacks/delivery.ts';
import { ReplayDesk } from '../../src/callbacks/replay-desk.ts';
import { FakeClock } from '../../src/clock.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import {
  bench,
  claimTask,
  create,
  newTask,
  oneApp,
  recordTask,
  sdkAppId,
  serviceOn,
  silentLog,
  tempFolder,
  type Bench,
} from '../tasks/fixture.ts';
import { receiver, settle, until, type Received } from './receiver.ts';

type Answers = (message: Received, response: ServerResponse) => void;

function deliver(t: TestContext, b: Pick<Bench, 'store' | 'clock'>, url?: string): CallbackDelivery {
  const apps = oneApp(url === undefined ? undefined : { url, key: 'k' });
  const delivery = startCallbackDelivery({ store: b.store, apps, clock: b.clock, log: silentLog });
  t.after(() => delivery.close());
  return delivery;
}

/** Lets waiting attempts happen until the condition holds. */
const pass = (b: Pick<Bench, 'clock'>, what: string, condition: () => boolean | Promise<boolean>): Promise<void> =>
  until(what, async () => {
    await settle();
    b.clock.advance(1000);
    return condition();
  });

const events = (store: Store) => store.db.selectFrom('event').selectAll().orderBy('stream').orderBy('seq').execute();
const replayLog = (store: Store) =>
  store.db.selectFrom('callback_attempt').selectAll().where('replay_ms', 'is not', null).orderBy('id').execute();
const typesOf = (got: readonly Received[]): number[] => got.map(({ type }) => type);
const namesOf = (got: readonly Received[]): unknown[] => got.map(({ headers }) => headers['webhook-id']);
const everything = { sdkAppId, states: ['delivered', 'dropped', 'skipped'] } as const;

/** A task with the events 301, 302 and 312; the clock stands still, so that no attempt under way is cut. */
async function shortTask({ tasks, clock }: Pick<Bench, 'tasks' | 'clock'>): Promise<string> {
  const taskId = await create(tasks);
  const { epoch } = await claimTask(tasks, 'r');
  await tasks.reportTask(taskId, { kind: 'started', epoch, startedMs: clock.wallMs() });
  await tasks.reportTask(taskId, { kind: 'stopped', epoch, leaveCode: 0, atMs: clock.wallMs(), files: [] });
  return taskId;
}

/** A task whose three events the receiver refused for so long that they were given up. */
async function droppedTask(t: TestContext, answer: Answers) {
  const b = await bench(t);
  let up = false;
  const { url, got } = await receiver(t, (message, response) =>
    up ? answer(message, response) : response.writeHead(503).end(),
  );
  const delivery = deliver(t, b, url);
  const taskId = await recordTask(b, []);
  await pass(b, 'all are given up', () => delivery.stats().dropped === 3);
  const tried = got.splice(0);
  up = true;
  return { ...b, got, tried, taskId, delivery, desk: new ReplayDesk(b.store) };
}

test('dropped events are sent again with the same bytes and names, in order, and are delivered', async (t) => {
  const b = await droppedTask(t, (_message, response) => response.end('taken'));
  const askedMs = b.clock.wallMs();
  assert.equal(await b.desk.replayRange({ sdkAppId, states: ['dropped'] }), 3);
  await until('all replays', () => b.delivery.stats().replays.delivered === 3);
  assert.deepEqual(typesOf(b.got), [301, 302, 312]);
  const firstTried = [301, 302, 312].map((type) => b.tried.find((message) => message.type === type)!);
  assert.deepEqual(
    b.got.map(({ body }) => body),
    firstTried.map(({ body }) => body),
  );
  assert.deepEqual(namesOf(b.got), namesOf(firstTried));
  const rows = await events(b.store);
  assert.deepEqual(
    rows.map(({ state, error }) => [state, error]),
    Array.from({ length: 3 }, () => ['delivered', null]),
  );
  const log = await replayLog(b.store);
  assert.deepEqual(
    log.map(({ seq, attempt, replay_ms, outcome, answer }) => [seq, attempt, replay_ms, outcome, answer]),
    [1, 2, 3].map((seq) => [seq, 1, askedMs, 'delivered', 'taken']),
  );
  assert.equal((await b.delivery.backlog()).replaysWaiting, 0);
  assert.equal(b.delivery.stats().delivered, 0, 'replays are counted apart');
});

test('a replay that is not taken is tried by the schedule and given up, the next has its turn, and nothing changes', async (t) => {
  const b = await droppedTask(t, ({ type }, response) => response.writeHead(type === 301 ? 500 : 200).end());
  assert.equal(await b.desk.replayRange(everything), 3);
  await pass(b, 'one is given up', () => b.delivery.stats().replays.dropped === 1);
  await until('the others', () => b.delivery.stats().replays.delivered === 2);
  assert.deepEqual(typesOf(b.got), [301, 301, 301, 301, 301, 301, 301, 302, 312]);
  assert.deepEqual(
    (await events(b.store)).map(({ state }) => state),
    ['dropped', 'delivered', 'delivered'],
  );
  const log = await replayLog(b.store);
  assert.deepEqual(
    log.slice(0, 7).map(({ attempt, outcome }) => [attempt, outcome]),
    [1, 2, 3, 4, 5, 6, 7].map((attempt) => [attempt, attempt < 7 ? 'failed' : 'dropped']),
  );
});

test('what was delivered is sent again too, and stays delivered when the receiver does not want it', async (t) => {
  const b = await bench(t);
  let up = true;
  const { url, got } = await receiver(t, (_message, response) => response.writeHead(up ? 200 : 500).end());
  const delivery = deliver(t, b, url);
  await recordTask(b, []);
  await until('delivery', () => delivery.stats().delivered === 3);
  up = false;
  const name = String(got[1]!.headers['webhook-id']);
  const settledMs = (await events(b.store))[1]!.settled_ms;
  assert.equal(await new ReplayDesk(b.store).replay(name), 1);
  await pass(b, 'it is given up', () => delivery.stats().replays.dropped === 1);
  assert.deepEqual([...new Set(namesOf(got.slice(3)))], [name]);
  const event = (await events(b.store))[1]!;
  assert.deepEqual([event.state, event.settled_ms, event.error], ['delivered', settledMs, null]);
});

test('a replay goes behind what its task has still to tell', async (t) => {
  const b = await bench(t);
  let refused: readonly number[] = [301, 302];
  const { url, got } = await receiver(t, ({ type }, response) =>
    response.writeHead(refused.includes(type) ? 500 : 200).end(),
  );
  const delivery = deliver(t, b, url);
  await recordTask(b, []);
  await pass(b, 'the 301 is given up', () => delivery.stats().dropped === 1);
  await until('the 302 is tried', () => got.at(-1)?.type === 302);
  assert.equal(await new ReplayDesk(b.store).replayRange(everything), 1);
  await settle();
  assert.equal(delivery.stats().replays.failedAttempts, 0, 'not even tried');
  refused = [];
  got.length = 0;
  await pass(b, 'the replay', () => delivery.stats().replays.delivered === 1);
  assert.deepEqual(typesOf(got), [302, 312, 301]);
});

test('a replay that is not taken does not hold up what its task tells meanwhile', async (t) => {
  const b = await bench(t);
  let taken = true;
  const { url, got } = await receiver(t, ({ type }, response) =>
    response.writeHead(taken || type !== 301 ? 200 : 500).end(),
  );
  const delivery = deliver(t, b, url);
  const taskId = await create(b.tasks);
  const { epoch } = await claimTask(b.tasks, 'r');
  await b.tasks.reportTask(taskId, { kind: 'started', epoch, startedMs: b.clock.wallMs() });
  await until('the 301', () => delivery.stats().delivered === 1);
  taken = false;
  await new ReplayDesk(b.store).replayRange(everything);
  await until('the replay waits for its third attempt', () => delivery.stats().replays.failedAttempts === 2);
  await b.tasks.reportTask(taskId, { kind: 'stopped', epoch, leaveCode: 0, atMs: b.clock.wallMs(), files: [] });
  await until('the new events', () => delivery.stats().delivered === 3);
  assert.deepEqual(typesOf(got), [301, 301, 301, 302, 312]);
});

test('replays into a receiver that never answers take no place from new events of the app', async (t) => {
  const b = await bench(t, { concurrentTasks: 1000 });
  const old = new Set<string>();
  let hang = false;
  const { url, got } = await receiver(t, ({ taskId }, response) => {
    if (!hang || !old.has(taskId)) response.end();
  });
  const delivery = deliver(t, b, url);
  for (let n = 0; n < 20; n += 1) old.add(await shortTask(b));
  await until('delivery', () => delivery.stats().delivered === 60);
  hang = true;
  got.length = 0;
  assert.equal(await new ReplayDesk(b.store).replayRange(everything), 60);
  await until('replays hang', () => got.length === 2);
  const fresh = await shortTask(b);
  await until('the new events', () => delivery.stats().delivered === 63);
  assert.deepEqual(typesOf(got.filter(({ taskId }) => taskId === fresh)), [301, 302, 312]);
  assert.equal(delivery.stats().replays.underWay, 2);
});

test('a restart in the middle of a range goes on with the rest, in order per task', async (t) => {
  const clock = new FakeClock();
  const path = join(await tempFolder(t), 'store.sqlite');
  let answered = Infinity;
  const { url, got } = await receiver(t, (_message, response) => {
    answered -= 1;
    if (answered >= 0) response.end();
  });
  const first = await openStore({ path, clock });
  const before = deliver(t, { store: first, clock }, url);
  const tasks = await serviceOn(first, clock);
  for (let n = 0; n < 10; n += 1) await shortTask({ tasks, clock });
  await until('delivery', () => before.stats().delivered === 30);
  got.length = 0;
  answered = 7;
  assert.equal(await new ReplayDesk(first).replayRange(everything), 30);
  await until('seven replays', () => before.stats().replays.delivered === 7);
  await before.close();
  await first.close();
  answered = Infinity;
  const second = await openStore({ path, clock });
  t.after(() => second.close());
  const after = deliver(t, { store: second, clock }, url);
  await until('the rest', () => after.stats().replays.delivered === 23);
  await settle();
  assert.equal((await after.backlog()).replaysWaiting, 0);
  assert.equal(new Set(namesOf(got)).size, 30);
  assert.ok(got.length <= 32, 'only the two that were cut came twice');
  for (const messages of Map.groupBy(got, ({ taskId }) => taskId).values()) {
    assert.deepEqual([...new Set(typesOf(messages))], [301, 302, 312]);
  }
});

test('a range is by app, task, time and state', async (t) => {
  const b = await droppedTask(t, () => undefined);
  const other = await recordTask(b, [], newTask({ botUserId: 'another' }));
  await until('the other task is under way', () => b.got.length === 1);
  await b.delivery.close();
  const [first] = await events(b.store).then((all) => all.filter(({ task_id }) => task_id === b.taskId));
  const at = first!.event_ms;
  const count = (range: object) => b.desk.replayRange({ sdkAppId, states: ['dropped'], ...range });
  assert.equal(await count({ sdkAppId: 7 }), 0);
  assert.equal(await count({ taskId: other }), 0, 'what is pending is not sent again');
  assert.equal(await count({ states: ['delivered', 'skipped'] }), 0);
  assert.equal(await count({ toMs: at }), 0);
  assert.equal(await count({ fromMs: at, toMs: at + 1 }), 1);
  assert.equal(await count({ taskId: b.taskId }), 2, 'the first waits already');
  assert.equal(await count({}), 0);
  const [waiting] = await events(b.store).then((all) => all.filter(({ task_id }) => task_id === other));
  assert.equal(await b.desk.replay(waiting!.message_id), 'pending');
  assert.equal(await b.desk.replay('evt_nobody'), 'unknown');
});

test('what was skipped is told when the app has a receiver by then', async (t) => {
  const b = await bench(t);
  const without = deliver(t, b);
  const taskId = await recordTask(b, []);
  await until('skipping', () => without.stats().skipped === 3);
  await without.close();
  const { url, got } = await receiver(t, (_message, response) => response.end());
  const delivery = deliver(t, b, url);
  await new ReplayDesk(b.store).replayRange({ sdkAppId, taskId, states: ['skipped'] });
  await until('all three', () => delivery.stats().replays.delivered === 3);
  assert.deepEqual(typesOf(got), [301, 302, 312]);
  assert.deepEqual(
    (await events(b.store)).map(({ state }) => state),
    ['delivered', 'delivered', 'delivered'],
  );
});
