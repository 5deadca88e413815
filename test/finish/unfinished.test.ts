import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { sweepUnfinished, workFolder } from '../../src/finish/unfinished.ts';
import { tempDir } from '../single/recorder-kit.ts';

const folder = (fileId: string, attempt: string): string => workFolder({ tempDir: '/unfinished', fileId, attempt });

test('no two tries share a folder', () => {
  const folders = [folder('1', 'e1-1'), folder('1', 'e1-2'), folder('1', 'e2-1'), folder('2', 'e1-1')];
  assert.equal(new Set(folders).size, 4);
  assert.equal(folders[0], folder('1', 'e1-1'));
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
  // A folder in which somebody writes does not look it: only the file changes.
  for (const [name, ageSeconds] of [
    [`${hash}-e3-1`, day + 60],
    [`${hash}-e4-1`, day - 60],
  ] as const) {
    mkdirSync(join(dir, name));
    put(join(name, 'part-1.mp4'), ageSeconds);
    utimesSync(join(dir, name), 0, 0);
  }
  await sweepUnfinished(dir, 10 * day * 1000);
  assert.deepEqual(readdirSync(dir).sort(), [`${hash}-e2-1.mp4`, `${hash}-e4-1`, 'precious.mp4']);
});
