import assert from 'node:assert/strict';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { mayConnectPublicly } from '../../src/address-guard.ts';
import { startCallbackDelivery, type CallbackDeliveryOptions } from '../../src/callbacks/delivery.ts';
import { FakeClock } from '../../src/clock.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { bench, create, oneApp, recordTask, serviceOn, silentLog, tempFolder, type Bench } from '../tasks/fixture.ts';
import { receiver, settle, until } from './receiver.ts';

function deliver(
  t: TestContext,
  b: Pick<Bench, 'store' | 'clock'>,
  url: string,
  more: Partial<CallbackDeliveryOptions> = {},
) {
  const apps = oneApp({ url, key: 'k' });
  const delivery = startCallbackDelivery({ store: b.store, apps, clock: b.clock, log: silentLog, ...more });
  t.after(() => delivery.close());
  return delivery;
}

const logOf = (store: Store) => store.db.selectFrom('callback_attempt').selectAll().orderBy('id').execute();

/** A task with the one event 312. */
async function oneEvent({ tasks }: Pick<Bench, 'tasks'>): Promise<void> {
  await tasks.stop(1400000000, await create(tasks));
}

test('every attempt is kept, with what the receiver said, how long it took and where it went', async (t) => {
  const b = await bench(t);
  let asleep = true;
  const { url, got } = await receiver(t, (_message, response) => {
    if (got.length === 1) response.writeHead(500).end(`fault ${'ä'.repeat(2000)}`);
    else if (got.length === 2 || asleep) b.clock.advance(5000);
    else response.end('{"code":0}');
  });
  const delivery = deliver(t, b, url.replace('http://', 'http://user:password@'));
  await oneEvent(b);
  await until('the second attempt is cut', () => delivery.stats().failedAttempts === 2);
  asleep = false;
  await until('delivery', async () => {
    await settle();
    b.clock.advance(1000);
    return delivery.stats().delivered === 1;
  });
  const log = await logOf(b.store);
  assert.deepEqual(
    log.map(({ attempt, status, error, outcome, seq, replay_ms }) => [attempt, status, error, outcome, seq, replay_ms]),
    [
      [1, 500, 'HTTP 500', 'failed', 1, null],
      [2, null, 'no answer in time', 'failed', 1, null],
      [3, 200, null, 'delivered', 1, null],
    ],
  );
  assert.ok(Buffer.byteLength(log[0]!.answer) <= 1024 && log[0]!.answer.startsWith('fault ää'));
  assert.doesNotMatch(log[0]!.answer, /�/, 'no half character at the end');
  assert.deepEqual([log[1]!.answer, log[2]!.answer], ['', '{"code":0}']);
  assert.deepEqual([log[0]!.duration_ms, log[1]!.duration_ms], [0, 5000]);
  assert.equal(log[1]!.started_ms, 1_700_000_000_000);
  for (const { url: shown } of log) assert.equal(shown, url.replace('a=1', 'a=…'));
});

test('a 200 that comes after the time-out: the message comes again under the same name, and is settled once', async (t) => {
  const b = await bench(t);
  let late: ServerResponse | undefined;
  const { url, got } = await receiver(t, (_message, response) => {
    if (late) response.end();
    late ??= response;
  });
  const delivery = deliver(t, b, url);
  await oneEvent(b);
  await until('the first attempt', () => got.length === 1);
  b.clock.advance(5000);
  late?.end();
  await until('delivery', () => delivery.stats().delivered === 1);
  await settle();
  assert.equal(got.length, 2);
  assert.equal(got[0]?.body, got[1]?.body);
  assert.equal(got[0]?.headers['webhook-id'], got[1]?.headers['webhook-id']);
  const outcomes = (await logOf(b.store)).map(({ outcome }) => outcome);
  assert.deepEqual(outcomes, ['failed', 'delivered']);
});

test('a receiver that is not there is named as such', async (t) => {
  const b = await bench(t);
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => {
    server.once('listening', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => {
    server.close(resolve);
  });
  const delivery = deliver(t, b, `http://localhost:${port}/hook`);
  await oneEvent(b);
  await until('two failures', () => delivery.stats().failedAttempts === 2);
  const [first] = await logOf(b.store);
  assert.match(first?.error ?? '', /ECONNREFUSED/);
  assert.equal(first?.status, null);
});

test('what follows from an attempt and its line in the log are one transaction', async (t) => {
  const b = await bench(t);
  const { url, got } = await receiver(t, (_message, response) => response.end());
  await oneEvent(b);
  // A log that takes nothing, as a full disk would.
  await b.store.db.schema.alterTable('callback_attempt').renameTo('elsewhere').execute();
  const delivery = deliver(t, b, url);
  await until('the first attempt', () => got.length === 1);
  await until('the transaction is undone', () => b.store.stats().rollbacks === 1);
  const [event] = await b.store.db.selectFrom('event').select('state').execute();
  assert.equal(event?.state, 'pending');
  await b.store.db.schema.alterTable('elsewhere').renameTo('callback_attempt').execute();
  b.clock.advance(1000);
  await until('delivery', () => delivery.stats().delivered === 1);
  assert.equal((await logOf(b.store)).length, 1);
});

test('an attempt that the end of the server cuts is in the log, and made anew', async (t) => {
  const clock = new FakeClock();
  const path = join(await tempFolder(t), 'store.sqlite');
  const first = await openStore({ path, clock });
  let silent = true;
  const { url, got } = await receiver(t, (_message, response) => {
    if (!silent) response.end();
  });
  const before = deliver(t, { store: first, clock }, url);
  await oneEvent({ tasks: await serviceOn(first, clock) });
  await until('the first attempt', () => got.length === 1);
  await before.close();
  await first.close();
  silent = false;
  const second = await openStore({ path, clock });
  t.after(() => second.close());
  const after = deliver(t, { store: second, clock }, url);
  await until('delivery', () => after.stats().delivered === 1);
  const log = await logOf(second);
  assert.deepEqual(
    log.map(({ attempt, outcome }) => [attempt, outcome]),
    [
      [1, 'cut'],
      [1, 'delivered'],
    ],
  );
});

test('without private networks, neither an address of one nor a name that leads there is connected to', async (t) => {
  const b = await bench(t);
  const { url, got } = await receiver(t, (_message, response) => response.end());
  const delivery = deliver(t, b, url.replace('127.0.0.1', 'localhost'), { permits: mayConnectPublicly });
  await oneEvent(b);
  await until('two refusals', () => delivery.stats().failedAttempts === 2);
  const direct = deliver(t, await bench(t).then(async (c) => (await oneEvent(c), c)), url, {
    permits: mayConnectPublicly,
  });
  await until('two refusals of the address', () => direct.stats().failedAttempts === 2);
  assert.equal(got.length, 0);
  assert.match((await logOf(b.store))[0]?.error ?? '', /connections to localhost are not allowed/);
});

test('gauges tell the age of the oldest that waits, what was given up, and what waits to be sent again', async (t) => {
  const b = await bench(t);
  let up = false;
  const { url } = await receiver(t, (_message, response) => response.writeHead(up ? 200 : 500).end());
  const delivery = deliver(t, b, url);
  const none = { oldestPendingSeconds: 0, droppedKept: 0, replaysWaiting: 0 };
  assert.deepEqual(await delivery.backlog(), none);
  await recordTask(b, []);
  b.clock.advance(40_000);
  await settle();
  // The 301 happened ten seconds before the task ended.
  assert.deepEqual(await delivery.backlog(), { ...none, oldestPendingSeconds: 50 });
  await until('the first is given up', async () => {
    await settle();
    b.clock.advance(1000);
    return delivery.stats().dropped === 1;
  });
  assert.equal((await delivery.backlog()).droppedKept, 1);
  up = true;
  await until('the others', async () => {
    await settle();
    b.clock.advance(1000);
    return delivery.stats().delivered === 2;
  });
  assert.equal((await delivery.backlog()).oldestPendingSeconds, 0);
});
