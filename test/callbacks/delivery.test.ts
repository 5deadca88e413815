import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { startCallbackDelivery, type CallbackDelivery } from '../../src/callbacks/delivery.ts';
import { signBody } from '../../src/callbacks/message.ts';
import { FakeClock } from '../../src/clock.ts';
import type { CallbackTarget } from '../../src/config/apps.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import {
  bench,
  claimTask,
  create,
  newTask,
  oneApp,
  recordTask,
  serviceOn,
  silentLog,
  tempFolder,
  type Bench,
} from '../tasks/fixture.ts';
import { wallMs, type WallMs } from '../../src/units.ts';
import { receiver, settle, until } from './receiver.ts';

function deliver(t: TestContext, b: Pick<Bench, 'store' | 'clock'>, target?: CallbackTarget): CallbackDelivery {
  const delivery = startCallbackDelivery({ store: b.store, apps: oneApp(target), clock: b.clock, log: silentLog });
  t.after(() => delivery.close());
  return delivery;
}

const states = async (store: Store): Promise<string[]> =>
  (await store.db.selectFrom('event').select('state').orderBy('task_id').orderBy('seq').execute()).map((e) => e.state);

test('E1, E2: events arrive in order with Sign and SdkAppId', async (t) => {
  const b = await bench(t);
  const { url, got } = await receiver(t, (_message, response) => response.end('{"code":0}'));
  const delivery = deliver(t, b, { url, key: 'recordkey' });
  const taskId = await recordTask(b, []);
  await until('three events', () => delivery.stats().delivered === 3);
  assert.deepEqual(
    got.map(({ type }) => type),
    [301, 302, 312],
  );
  for (const { body, headers, taskId: id } of got) {
    assert.equal(headers['sign'], signBody('recordkey', body));
    assert.equal(headers['sdkappid'], '1400000000');
    assert.equal(headers['content-type'], 'application/json');
    assert.equal(id, taskId);
  }
  assert.deepEqual(await states(b.store), ['delivered', 'delivered', 'delivered']);
});

test('with retry_hours a receiver that is down for an hour misses nothing, and gets everything in order', async (t) => {
  const b = await bench(t);
  let up = false;
  const { url, got } = await receiver(t, (_message, response) => response.writeHead(up ? 200 : 503).end());
  const delivery = deliver(t, b, { url, key: 'k', giveUpMs: 24 * 3_600_000 });
  await recordTask(b, []);
  await until('two failures', () => delivery.stats().failedAttempts === 2);
  for (let minute = 0; minute < 60; minute++) {
    await settle();
    b.clock.advance(60_000);
  }
  assert.deepEqual([...new Set(got.map(({ type }) => type))], [301], 'what comes later waits');
  assert.ok(got.length < 40, `${got.length} attempts`);
  const [id] = new Set(got.map(({ headers }) => headers['webhook-id']));
  up = true;
  await until('all three', async () => {
    await settle();
    b.clock.advance(600_000);
    return delivery.stats().delivered === 3;
  });
  assert.deepEqual([delivery.stats().dropped, ...got.slice(-3).map(({ type }) => type)], [0, 301, 302, 312]);
  const last = got.slice(-3).map(({ headers }) => headers);
  assert.equal(last[0]?.['webhook-id'], id, 'the same message in every attempt');
  assert.equal(new Set(last.map((headers) => headers['webhook-id'])).size, 3);
  for (const { body, headers } of got.slice(-3)) {
    const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`;
    assert.equal(headers['webhook-signature'], `v1,${signBody('k', signed)}`);
  }
});

test('E17: a receiver that answers 500 gets identical bytes at once and each ten seconds, none after a minute', async (t) => {
  const b = await bench(t);
  const { url, got } = await receiver(t, (_message, response) => response.writeHead(500).end());
  const delivery = deliver(t, b, { url, key: undefined });
  const failed = (n: number) => until(`${n} failures`, () => delivery.stats().failedAttempts === n);
  await recordTask(b, []);
  await failed(2);
  for (let n = 3; n <= 7; n += 1) {
    await settle();
    b.clock.advance(9_999);
    await settle();
    assert.equal(got.length, n - 1);
    b.clock.advance(1);
    await failed(n);
  }
  assert.equal(new Set(got.map(({ body }) => body)).size, 1);
  assert.equal(got[0]?.headers['sign'], undefined);
  // The 301 is given up without another attempt, and the 302 behind it gets its own first one.
  await until('the next event', () => got.length > 7);
  assert.equal(got[7]?.type, 302);
  assert.equal((await states(b.store))[0], 'dropped');
});

/** A clock whose timers ring a millisecond early, as the machine's sometimes do: by the next look the time has come. */
class EarlyTimers extends FakeClock {
  #early = 0;

  override after(ms: number, action: () => void): () => void {
    return super.after(ms, () => {
      this.#early = 1;
      action();
    });
  }

  override wallMs(): WallMs {
    const early = this.#early;
    this.#early = 0;
    return wallMs(super.wallMs() - early);
  }
}

test('E17: a timer that rings a millisecond early does not lose a retry', async (t) => {
  const clock = new EarlyTimers();
  const store = await openStore({ path: join(await tempFolder(t), 'store.sqlite'), clock });
  t.after(() => store.close());
  const b = { store, clock, tasks: await serviceOn(store, clock) };
  const { url, got } = await receiver(t, (_message, response) => response.writeHead(500).end());
  const delivery = deliver(t, b, { url, key: undefined });
  await recordTask(b, []);
  await until('two failures', () => delivery.stats().failedAttempts === 2);
  await settle();
  clock.advance(10_000);
  await settle();
  clock.advance(1);
  await until('the third attempt', () => got.length === 3);
});

test('E18: a receiver that sleeps is cut after five seconds and asked again', async (t) => {
  const b = await bench(t);
  let asleep = true;
  const { url, got } = await receiver(t, (_message, response) => {
    if (!asleep) response.end();
  });
  const delivery = deliver(t, b, { url, key: undefined });
  const taskId = await create(b.tasks);
  await b.tasks.stop(1400000000, taskId);
  await until('the first attempt', () => got.length === 1);
  b.clock.advance(4_999);
  await settle();
  assert.equal(delivery.stats().failedAttempts, 0);
  asleep = false;
  b.clock.advance(1);
  await until('the second attempt', () => delivery.stats().delivered === 1);
  assert.equal(got[1]?.body, got[0]?.body);
});

test('E19: 200 with garbage, however long, is success', async (t) => {
  const b = await bench(t);
  const { url, got } = await receiver(t, (_message, response) => {
    response.write('x'.repeat(1_000_000));
    response.end('\0not json');
  });
  const delivery = deliver(t, b, { url, key: undefined });
  await recordTask(b, []);
  await until('delivery', () => delivery.stats().delivered === 3);
  await settle();
  assert.equal(got.length, 3);
  assert.equal(delivery.stats().failedAttempts, 0);
});

test('only 200 is success: 204 and a redirect are not, and the redirect is not followed', async (t) => {
  for (const status of [204, 302]) {
    const b = await bench(t);
    const { url, got } = await receiver(t, (_message, response) =>
      response.writeHead(got.length === 1 ? status : 200, { location: '/elsewhere' }).end(),
    );
    const delivery = deliver(t, b, { url, key: undefined });
    const taskId = await create(b.tasks);
    await b.tasks.stop(1400000000, taskId);
    await until('delivery', () => delivery.stats().delivered === 1);
    assert.equal(delivery.stats().failedAttempts, 1);
    assert.equal(got.length, 2);
  }
});

test('a failing task does not hold up another one', async (t) => {
  const b = await bench(t);
  const bad = await recordTask(b, []);
  const { url, got } = await receiver(t, ({ taskId }, response) =>
    response.writeHead(taskId === bad ? 503 : 200).end(),
  );
  const delivery = deliver(t, b, { url, key: undefined });
  const good = await recordTask(b, []);
  await until('the good task', () => delivery.stats().delivered === 3);
  assert.deepEqual(
    got.filter(({ taskId }) => taskId === good).map(({ type }) => type),
    [301, 302, 312],
  );
  assert.deepEqual(new Set(got.filter(({ taskId }) => taskId === bad).map(({ type }) => type)), new Set([301]));
});

test('an app without callback has its events skipped', async (t) => {
  const b = await bench(t);
  const delivery = deliver(t, b);
  await recordTask(b, []);
  await until('skipping', () => delivery.stats().skipped === 3);
  assert.deepEqual(await states(b.store), ['skipped', 'skipped', 'skipped']);
});

test('events that waited for a restart are delivered, with the bytes of the attempt that was cut', async (t) => {
  const path = join(await tempFolder(t), 'store.sqlite');
  const clock = new FakeClock();
  const first = await openStore({ path, clock });
  const tasks = await serviceOn(first, clock);
  let silent = true;
  const { url, got } = await receiver(t, (_message, response) => {
    if (!silent) response.end();
  });
  const before = deliver(t, { store: first, clock }, { url, key: 'k' });
  await recordTask({ store: first, tasks, clock }, []);
  await until('the first attempt', () => got.length === 1);
  await before.close();
  assert.equal(before.closed, true);
  await first.close();
  // Far beyond the minute: an attempt whose result is not known does not count as a failed one.
  clock.advance(3_600_000);
  silent = false;
  const second = await openStore({ path, clock });
  t.after(() => second.close());
  const after = deliver(t, { store: second, clock }, { url, key: 'k' });
  await until('delivery', () => after.stats().delivered === 3);
  assert.deepEqual(
    got.map(({ type }) => type),
    [301, 301, 302, 312],
  );
  assert.equal(got[1]?.body, got[0]?.body);
});

test('a callback to a link-local address fails without a connection', async (t) => {
  const b = await bench(t);
  const delivery = deliver(t, b, { url: 'http://169.254.169.254/hook', key: undefined });
  await recordTask(b, []);
  await until('two refusals', () => delivery.stats().failedAttempts === 2);
  const [event] = await b.store.db.selectFrom('event').select('error').orderBy('seq').execute();
  assert.match(event?.error ?? '', /are not allowed/);
});

test('a wall clock set back does not delay a waiting event', async (t) => {
  const b = await bench(t);
  const { url, got } = await receiver(t, (_message, response) => response.end());
  await recordTask(b, []);
  b.clock.stepWall(-3_600_000);
  const delivery = deliver(t, b, { url, key: undefined });
  await until('delivery', () => delivery.stats().delivered === 3);
  assert.equal(got.length, 3);
});

test('many tasks at once arrive once each, in order per task', async (t) => {
  const b = await bench(t, { concurrentTasks: 1000 });
  const { url, got } = await receiver(t, (_message, response) => response.end());
  const delivery = deliver(t, b, { url, key: undefined });
  for (let n = 0; n < 60; n += 1) {
    const taskId = await create(b.tasks, newTask({ botUserId: `bot${n}` }));
    const { epoch } = await claimTask(b.tasks, `r${n}`);
    await b.tasks.reportTask(taskId, { kind: 'started', epoch, startedMs: b.clock.wallMs() });
    await b.tasks.reportTask(taskId, { kind: 'stopped', epoch, leaveCode: 99, atMs: b.clock.wallMs(), files: [] });
  }
  await until('all of them', () => delivery.stats().delivered === 180);
  assert.equal(got.length, 180);
  for (const messages of Map.groupBy(got, ({ taskId }) => taskId).values()) {
    assert.deepEqual(
      messages.map(({ type }) => type),
      [301, 302, 312],
    );
  }
});

test('a task that brought its receiver along is told there alone, and a dead one of it holds up no other', async (t) => {
  const b = await bench(t);
  const app = await receiver(t, (_message, response) => response.end());
  const own = await receiver(t, (_message, response) => response.end());
  const hung = await receiver(t, () => {});
  const delivery = deliver(t, b, { url: app.url, key: 'appkey' });
  for (let n = 0; n < 10; n += 1)
    await recordTask(b, [], newTask({ botUserId: `hung${n}`, callback: { url: hung.url, key: undefined } }));
  const told = await recordTask(b, [], newTask({ botUserId: 'own', callback: { url: own.url, key: 'ownkey' } }));
  const other = await recordTask(b, []);
  await until('the app to be told', () => app.got.length === 3);
  assert.deepEqual(new Set(app.got.map(({ taskId }) => taskId)), new Set([other]));
  // Eight that hang leave no place in the lane; it is free when they have run out of time.
  await until('the other receiver to be told', async () => {
    await settle();
    b.clock.advance(5_000);
    return own.got.length === 3;
  });
  for (const { body, headers, taskId } of own.got)
    assert.deepEqual([taskId, headers['sign']], [told, signBody('ownkey', body)]);
  await delivery.close();
});
