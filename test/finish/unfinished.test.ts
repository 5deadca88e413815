import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { FinishRequest } from '../../src/finish/finish-request.ts';
import { sweepUnfinished, unfinishedPath } from '../../src/finish/unfinished.ts';
import { wallMs } from '../../src/units.ts';
import { tempDir } from '../single/recorder-kit.ts';

const request = (outputPath: string, attempt?: string): FinishRequest => ({
  dirs: [],
  outputPath,
  tempDir: '/data/library/unfinished',
  startMs: wallMs(0),
  endMs: wallMs(1000),
  ...(attempt === undefined ? {} : { attempt }),
});

test('no two tries share an unfinished file', () => {
  const requests = [request('/a', 'e1-1'), request('/a', 'e1-2'), request('/a', 'e2-1'), request('/b', 'e1-1')];
  assert.equal(new Set([...requests, request('/a')].map(unfinishedPath)).size, 5);
  assert.equal(unfinishedPath(requests[0]!), unfinishedPath(request('/a', 'e1-1')));
});

test('what a killed process left is swept after a day, nothing else is', async (t) => {
  const dir = join(tempDir(t), 'unfinished');
  mkdirSync(dir);
  const day = 86_400;
  const put = (name: string, ageSeconds: number): void => {
    writeFileSync(join(dir, name), '');
    utimesSync(join(dir, name), 10 * day - ageSeconds, 10 * day - ageSeconds);
  };
  const hash = 'ab'.repeat(16);
  put(`${hash}-e1-1.mp4`, day + 60);
  put(`${hash}-e2-1.mp4`, day - 60);
  put('precious.mp4', 5 * day);
  await sweepUnfinished(dir, 10 * day * 1000);
  assert.deepEqual(readdirSync(dir).sort(), [`${hash}-e2-1.mp4`, 'precious.mp4']);
});
