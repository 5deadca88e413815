import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createLogger } from '../../src/process/log.ts';
import { FakeClock } from '../../src/clock.ts';
import { SpoolSize } from '../../src/recorder/spool-size.ts';
import { keepSpoolSwept, sweepSpool } from '../../src/recorder/spool-sweep.ts';
import { Spool } from '../../src/recorder/spool.ts';

function spoolWith(files: readonly (readonly [task: string, epoch: number, key: string])[]): Spool {
  const spool = new Spool(mkdtempSync(join(tmpdir(), 'roomtape-sweep-')));
  for (const [task, epoch, key] of files) {
    mkdirSync(spool.folder(task, epoch, key), { recursive: true });
    writeFileSync(join(spool.folder(task, epoch, key), '000001.ts'), 'media');
  }
  return spool;
}

const log = createLogger('test', 'silent');

test('only what the server has committed is removed', async () => {
  const spool = spoolWith([
    ['ended', 1, 'mix'],
    ['ended', 2, 'mix'],
    ['half', 1, 'YQ.._main'],
    ['half', 1, 'Yg.._main'],
    ['live', 1, 'mix'],
  ]);
  await sweepSpool({
    spool,
    sweepable: async (taskIds) => {
      assert.deepEqual(taskIds, ['ended', 'half', 'live']);
      const half = { taskId: 'half', fileKeys: ['YQ.._main'] };
      return { settled: [{ taskId: 'ended', fileKeys: 'all' }, half] };
    },
    log,
  });
  assert.deepEqual(spool.taskIds(), ['half', 'live']);
  assert.deepEqual(spool.fileKeys('half'), ['Yg.._main']);
});

test('a server that is away sweeps nothing', async () => {
  const spool = spoolWith([['ended', 1, 'mix']]);
  await sweepSpool({ spool, sweepable: () => Promise.reject(new Error('connection refused')), log });
  assert.deepEqual(spool.taskIds(), ['ended']);
});

test('what was never delivered goes when the server says that it was kept long enough, with its reason in the log', async () => {
  const spool = spoolWith([
    ['lost', 1, 'mix'],
    ['lost', 2, 'mix'],
    ['live', 1, 'mix'],
  ]);
  const said: unknown[] = [];
  const heard = { ...log, info: () => {}, warn: (fields: unknown) => void said.push(fields) } as unknown as typeof log;
  await sweepSpool({ spool, sweepable: async () => ({ settled: [], expired: ['lost'] }), log: heard });
  assert.deepEqual(spool.taskIds(), ['live']);
  assert.deepEqual(said, [{ task: 'lost', files: 1, reason: 'spool.keep_days' }]);
});

test('it is swept while the recorder runs, and its size is measured', async (t) => {
  const spool = spoolWith([['late', 1, 'mix']]);
  const clock = new FakeClock();
  let settled: { taskId: string; fileKeys: 'all' }[] = [];
  let unfinished = 0;
  const swept = (): number => unfinished;
  const stop = keepSpoolSwept(
    { spool, sweepable: async () => ({ settled }), sweepUnfinished: async () => void (unfinished += 1), log },
    clock,
  );
  t.after(stop);
  const size = new SpoolSize({ root: spool.root, clock, log });
  await size.measure();
  assert.equal(size.bytes, 'media'.length);
  settled = [{ taskId: 'late', fileKeys: 'all' }];
  clock.advance(600_000);
  while (spool.taskIds().length > 0 || swept() < 2) await new Promise((resume) => setTimeout(resume, 5));
  await size.measure();
  assert.equal(size.bytes, 0);
  size.close();
});
