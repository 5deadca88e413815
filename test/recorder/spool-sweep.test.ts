import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createLogger } from '../../src/process/log.ts';
import { sweepSpool } from '../../src/recorder/spool-sweep.ts';
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
      return [
        { taskId: 'ended', fileKeys: 'all' },
        { taskId: 'half', fileKeys: ['YQ.._main'] },
      ];
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
