import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { segmentStamps } from '../../src/upload/segment-names.ts';
import { UploadTurns } from '../../src/upload/upload-turns.ts';

test('segments that begin in the same millisecond get names of their own, which later ones do not change', () => {
  const names = [
    '000001_20231114221320000.ts',
    '000002_20231114221320000.ts',
    '000003_20231114221320001.ts',
    '000004_20231114221330000.ts',
  ];
  const zero = 1_700_000_000_000;
  assert.deepEqual(segmentStamps(names), [zero, zero + 1, zero + 2, zero + 10_000]);
  for (let n = 0; n < names.length; n += 1)
    assert.deepEqual(segmentStamps(names.slice(0, n)), segmentStamps(names).slice(0, n));
});

test('turns: never more at once than allowed, in a task and in all of them; a failure passes its turn on', async () => {
  const all = new UploadTurns(3);
  const tasks = [new UploadTurns(2, all), new UploadTurns(2, all)];
  let [now, most] = [0, 0];
  const order: number[] = [];
  const work = async (n: number): Promise<void> => {
    now += 1;
    most = Math.max(most, now);
    order.push(n);
    await wait(5);
    now -= 1;
    if (n % 3 === 0) throw new Error('failed');
  };
  const runs = Array.from({ length: 20 }, (_, n) => tasks[n % 2]!.run(() => work(n)));
  const outcomes = await Promise.allSettled(runs);
  assert.equal(most, 3);
  assert.equal(order.length, 20);
  assert.equal(outcomes.filter(({ status }) => status === 'rejected').length, 7);
  assert.deepEqual(
    order.filter((n) => n % 2 === 0),
    [0, 2, 4, 6, 8, 10, 12, 14, 16, 18],
  );
});
