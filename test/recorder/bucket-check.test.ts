import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { systemClock } from '../../src/clock.ts';
import { BucketCheck } from '../../src/recorder/bucket-check.ts';
import type { BucketDestination, TaskReport } from '../../src/worker-api/messages.ts';
import { startFaultyProxy, type FaultyProxy } from '../kit/faulty-proxy.ts';
import { startS3 } from '../kit/s3-server.ts';
import { leasedTask, silent } from './recorder-kit.ts';

interface Bench {
  readonly check: BucketCheck;
  readonly proxy: FaultyProxy;
  /** What was reported so far. */
  readonly told: TaskReport[];
}

/** A check of a real bucket, through a proxy. */
async function bench(t: TestContext, more: Partial<BucketDestination> = {}): Promise<Bench> {
  const server = await startS3(t);
  const proxy = await startFaultyProxy(t, server.host);
  const told: TaskReport[] = [];
  const report = async (one: TaskReport): Promise<void> => void told.push(one);
  const options = { task: leasedTask('task', 3), allowPrivate: true, clock: systemClock({ unref: true }), log: silent };
  const check = new BucketCheck({ ...options, report }, { ...server.destination(proxy.host), ...more });
  t.after(() => check.close());
  return { check, proxy, told };
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await wait(10);
}

test('a bucket that is there is told once, when media arrives', async (t) => {
  const { check, proxy, told } = await bench(t);
  assert.equal(proxy.seen.length, 0);
  check.onMedia();
  check.onMedia();
  await until(() => told.length > 0);
  assert.deepEqual(told, [{ kind: 'upload-began', epoch: 3, status: 0 }]);
  assert.deepEqual(
    proxy.seen.map(({ method }) => method),
    ['HEAD'],
  );
});

test('a bucket that is not there is told while the room is recorded', async (t) => {
  const { check, told } = await bench(t, { bucket: 'recordigns' });
  check.onMedia();
  await until(() => told.length > 0);
  assert.deepEqual(told, [{ kind: 'upload-began', epoch: 3, status: 1 }]);
});

test('an address that may not be connected to is told too', async (t) => {
  const { check, told } = await bench(t, { endpoint: 'http://127.0.0.1:1' });
  check.onMedia();
  await until(() => told.length > 0);
  assert.deepEqual(told, [{ kind: 'upload-began', epoch: 3, status: 1 }]);
});

for (const status of [403, 405]) {
  test(`a store that answers ${status} to this question may take the files all the same`, async (t) => {
    const { check, proxy, told } = await bench(t);
    proxy.treat = () => ({ status });
    check.onMedia();
    await until(() => proxy.seen.length > 0);
    await wait(300);
    assert.deepEqual(told, []);
  });
}

test('nothing is told after the end', async (t) => {
  const { check, proxy, told } = await bench(t);
  proxy.treat = () => ({ delayMs: 200 });
  check.onMedia();
  await until(() => proxy.seen.length > 0);
  await check.finish();
  await wait(400);
  assert.deepEqual(told, []);
});
