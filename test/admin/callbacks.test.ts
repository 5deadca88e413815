import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { startCallbackDelivery } from '../../src/callbacks/delivery.ts';
import { receiver, settle, until } from '../callbacks/receiver.ts';
import { oneApp, recordTask, sdkAppId, silentLog } from '../tasks/fixture.ts';
import { adminBench } from './admin-fixture.ts';

/** A task whose 301 was given up, while all else was taken. */
async function refusedOnce(t: TestContext) {
  const b = await adminBench(t);
  let refuses = true;
  const { url, got } = await receiver(t, ({ type }, response) =>
    response.writeHead(refuses && type === 301 ? 503 : 200).end('said'),
  );
  const delivery = startCallbackDelivery({ ...b, apps: oneApp({ url, key: 'k' }), log: silentLog });
  t.after(() => delivery.close());
  const taskId = await recordTask(b, []);
  await until('all but the first', async () => {
    await settle();
    b.clock.advance(1000);
    return delivery.stats().delivered === 2;
  });
  const takeAll = (): void => void (refuses = false);
  return { ...b, got, delivery, taskId, takeAll };
}

test('callbacks are found by state, type, task and time, and their attempts are listed in pages', async (t) => {
  const b = await refusedOnce(t);
  const found = async (query: string): Promise<number[]> =>
    (await b.ask(`/callbacks?${query}`)).body.items.map((item: { type: number }) => item.type);
  assert.deepEqual(await found(''), [312, 302, 301]);
  assert.deepEqual(await found('state=dropped'), [301]);
  assert.deepEqual(await found(`type=302&app=${sdkAppId}`), [302]);
  assert.deepEqual(await found(`taskId=${encodeURIComponent(b.taskId)}&state=delivered`), [312, 302]);
  assert.deepEqual(await found('taskId=nobody'), []);
  const { items, next } = (await b.ask('/callbacks?limit=2')).body;
  assert.deepEqual(await found(`limit=2&cursor=${next}`), [301]);
  assert.deepEqual(await found(`to=${items[1].atMs}`), [301]);
  assert.deepEqual(await found(`from=${items[0].atMs}`), [312]);
  const [dropped] = (await b.ask('/callbacks?state=dropped')).body.items;
  assert.deepEqual([dropped.failedAttempts, dropped.attempts, dropped.error], [6, 7, 'HTTP 503']);
  const path = `/callbacks/${dropped.id}/attempts`;
  const first = (await b.ask(`${path}?limit=5`)).body;
  const rest = (await b.ask(`${path}?limit=5&cursor=${first.next}`)).body;
  const attempts = [...first.items, ...rest.items] as { attempt: number; outcome: string; answer: string }[];
  assert.deepEqual(
    attempts.map(({ attempt }) => attempt),
    [1, 2, 3, 4, 5, 6, 7],
  );
  assert.deepEqual([attempts[6]!.outcome, attempts[6]!.answer, rest.next], ['dropped', 'said', null]);
  assert.equal((await b.ask('/callbacks/evt_nobody/attempts')).status, 404);
});

test('a dropped callback is found by the id that the receiver saw, and replayed', async (t) => {
  const b = await refusedOnce(t);
  const id = String(b.got[0]?.headers['webhook-id']);
  const shown = await b.ask(`/callbacks/${id}`);
  assert.equal(shown.body.body, b.got[0]?.body);
  assert.equal(shown.body.state, 'dropped');
  b.takeAll();
  const accepted = await b.ask(`/callbacks/${id}/replay`, { method: 'POST' });
  assert.deepEqual([accepted.status, accepted.body], [202, { accepted: 1 }]);
  await until('the replay', () => b.delivery.stats().replays.delivered === 1);
  assert.equal((await b.ask(`/callbacks/${id}`)).body.state, 'delivered');
  assert.equal(b.got.at(-1)?.body, b.got[0]?.body);
  const { items } = (await b.ask(`/callbacks/${id}/attempts`)).body;
  assert.deepEqual([items.length, typeof items[7].replayRequestedMs, items[7].outcome], [8, 'number', 'delivered']);
  assert.equal((await b.ask('/callbacks/evt_nobody/replay', { method: 'POST' })).status, 404);
});

test('a range is accepted at once, and shown while it waits', async (t) => {
  const b = await refusedOnce(t);
  await b.delivery.close();
  const replay = (body: object) => b.ask('/callbacks/replay', { method: 'POST', body: { app: sdkAppId, ...body } });
  assert.deepEqual((await replay({})).body, { accepted: 1 }, 'dropped ones when nothing is said');
  const [waiting] = (await b.ask('/callbacks?state=dropped')).body.items;
  assert.equal(waiting.replay.failedAttempts, 0);
  const since = new Date(waiting.atMs + 1).toISOString();
  assert.deepEqual((await replay({ states: ['delivered', 'dropped'], from: since })).body, { accepted: 2 });
  assert.deepEqual((await replay({ states: ['delivered', 'dropped'], taskId: b.taskId })).body, { accepted: 0 });
  assert.equal((await replay({ states: ['pending'] })).status, 400);
  assert.equal((await replay({ states: [] })).status, 400);
});

test('what is still being tried is not replayed', async (t) => {
  const b = await adminBench(t);
  await recordTask(b, []);
  const [pending] = (await b.ask('/callbacks')).body.items;
  assert.equal(pending.body, undefined, 'a list has no bodies');
  const { status, type } = await b.ask(`/callbacks/${pending.id}/replay`, { method: 'POST' });
  assert.deepEqual([status, type], [409, 'application/problem+json']);
});
