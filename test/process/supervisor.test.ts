import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { FakeClock } from '../../src/clock.ts';
import { settlePort } from '../../src/process/installation.ts';
import { createLogger } from '../../src/process/log.ts';
import { SupervisedChild, Supervisor, type ChildSpec, type RoleName } from '../../src/process/supervisor.ts';
import { until } from '../synthetic/until.ts';

const silent = createLogger('supervisor', 'silent');

/** Specifications of real children on a fresh data directory, with a way to be rid of them. */
async function specs(t: TestContext, ...roles: RoleName[]): Promise<ChildSpec[]> {
  const dataDir = mkdtempSync(join(tmpdir(), 'roomtape-supervisor-'));
  t.after(() => rmSync(dataDir, { recursive: true, force: true }));
  const env = {
    ROOMTAPE_DATA_DIR: dataDir,
    ROOMTAPE_HTTP__PORT: String(await settlePort('127.0.0.1', 0)),
    ROOMTAPE_ROOMS__PORT: String(await settlePort('127.0.0.1', 0)),
    ROOMTAPE_LOG__LEVEL: 'silent',
  };
  return roles.map((role) => ({ name: role, role, args: [], env }));
}

/** One real `rooms` process under a clock that stands still. */
async function supervised(t: TestContext): Promise<{ child: SupervisedChild; clock: FakeClock }> {
  const clock = new FakeClock();
  const [spec] = await specs(t, 'rooms');
  const child = new SupervisedChild(spec!, clock, silent);
  t.after(() => end(child));
  return { child, clock };
}

async function end(child: SupervisedChild): Promise<void> {
  const closed = child.close();
  if (child.pid !== undefined) process.kill(child.pid, 'SIGKILL');
  await closed;
}

async function kill(child: SupervisedChild): Promise<void> {
  process.kill(child.pid!, 'SIGKILL');
  await until('the death is noticed', () => !child.stats().running);
}

test('a killed child is started again, and is as able as before', async (t) => {
  const { child, clock } = await supervised(t);
  child.start();
  await once(child, 'ready');
  const first = child.pid;
  await kill(child);
  assert.equal(child.pid, undefined);
  const again = once(child, 'ready');
  clock.advance(100);
  await again;
  assert.notEqual(child.pid, first);
  assert.deepEqual(child.stats(), { restarts: 1, running: true });
});

test('a child that keeps dying is started ever more rarely, at least every five seconds', async (t) => {
  const { child, clock } = await supervised(t);
  child.start();
  for (const backOff of [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]) {
    await kill(child);
    clock.advance(backOff - 1);
    assert.equal(child.stats().running, false, `before ${backOff} ms`);
    clock.advance(1);
    assert.equal(child.stats().running, true, `after ${backOff} ms`);
  }
});

test('a child that did its duty for a while is started again at once, however often it was killed before', async (t) => {
  const { child, clock } = await supervised(t);
  child.start();
  for (const backOff of [100, 200, 400]) {
    await kill(child);
    clock.advance(backOff);
  }
  for (let deaths = 0; deaths < 3; deaths += 1) {
    await once(child, 'ready');
    clock.advance(2_001);
    await kill(child);
    clock.advance(100);
    assert.equal(child.stats().running, true);
  }
});

test('a child that dies just after it was ready, or takes long and never is, waits longer each time', async (t) => {
  const { child, clock } = await supervised(t);
  child.start();
  await once(child, 'ready');
  clock.advance(1_999);
  await kill(child);
  clock.advance(100);
  clock.advance(60_000);
  await kill(child);
  clock.advance(199);
  assert.equal(child.stats().running, false);
  clock.advance(1);
  assert.equal(child.stats().running, true);
});

test('a child that cannot be started at all is tried again', async (t) => {
  const { child, clock } = await supervised(t);
  const node = process.execPath;
  process.execPath = join(tmpdir(), 'no such program');
  try {
    child.start();
  } finally {
    process.execPath = node;
  }
  await until('the failure is noticed', () => !child.stats().running);
  const ready = once(child, 'ready');
  clock.advance(100);
  await ready;
});

test('closed while it waits to be started again, it stays down', async (t) => {
  const { child, clock } = await supervised(t);
  child.start();
  await kill(child);
  await child.close();
  clock.advance(60_000);
  assert.equal(child.stats().running, false);
});

test('a drained child is not started again, and closing again is no fault', async (t) => {
  const { child, clock } = await supervised(t);
  child.start();
  await once(child, 'ready');
  const pid = child.pid!;
  await Promise.all([child.close(), child.close()]);
  await child.close();
  clock.advance(60_000);
  assert.deepEqual(child.stats(), { restarts: 0, running: false });
  assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
});

test('a child that does not drain in time is killed', async (t) => {
  const { child, clock } = await supervised(t);
  child.start();
  await once(child, 'ready');
  process.kill(child.pid!, 'SIGSTOP');
  const closed = child.close();
  clock.advance(14_999);
  await sleep(100);
  assert.equal(child.stats().running, true);
  clock.advance(1);
  await closed;
  assert.equal(child.stats().running, false);
});

test('recorders drain first, then rooms, and the server last', async (t) => {
  const clock = new FakeClock();
  const supervisor = new Supervisor(await specs(t, 'server', 'rooms', 'recorder'), clock, silent);
  const [server, rooms, recorder] = supervisor.children as [SupervisedChild, SupervisedChild, SupervisedChild];
  t.after(() => Promise.all(supervisor.children.map(end)));
  await supervisor.start();
  const running = (): boolean[] => [recorder, rooms, server].map((child) => child.stats().running);
  for (const child of [recorder, rooms]) process.kill(child.pid!, 'SIGSTOP');
  const closed = supervisor.close();
  await sleep(200);
  assert.deepEqual(running(), [true, true, true], 'everybody waits for the recorder');
  process.kill(recorder.pid!, 'SIGCONT');
  await until('the recorder is down', () => !recorder.stats().running);
  await sleep(200);
  assert.deepEqual(running(), [false, true, true], 'the server waits for the rooms');
  process.kill(rooms.pid!, 'SIGCONT');
  await closed;
  assert.deepEqual(running(), [false, false, false]);
});

test('closed while it starts, it starts nothing more', async (t) => {
  const supervisor = new Supervisor(await specs(t, 'server', 'rooms'), new FakeClock(), silent);
  t.after(() => Promise.all(supervisor.children.map(end)));
  let started = false;
  void supervisor.start().then(() => (started = true));
  await supervisor.close();
  await new Promise(setImmediate);
  assert.deepEqual(
    supervisor.children.map((child) => child.stats().running),
    [false, false],
  );
  assert.equal(started, false);
});

test('each life of a child that has names is told by its own, and the process knows it', async (t) => {
  const clock = new FakeClock();
  const [spec] = await specs(t, 'rooms');
  const child = new SupervisedChild({ ...spec!, nameOfLife: (life) => `rooms-${life}` }, clock, silent);
  t.after(() => end(child));
  const told: string[] = [];
  child.on('begun', (name) => told.push(`+${name}`));
  child.on('died', (name) => told.push(`-${name}`));
  child.start();
  await kill(child);
  clock.advance(100);
  assert.deepEqual(told, ['+rooms-1', '-rooms-1', '+rooms-2']);
  if (process.platform !== 'linux') return;
  const words = readFileSync(`/proc/${child.pid}/cmdline`, 'utf8').split('\0');
  assert.ok(words.includes('--name=rooms-2'), words.join(' '));
});
