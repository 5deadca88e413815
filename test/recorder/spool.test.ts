import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Spool } from '../../src/recorder/spool.ts';
import { tempSpool } from './recorder-kit.ts';

/** Makes a file's folder with a segment in it. */
function record(spool: Spool, taskId: string, epoch: number, fileKey: string): string {
  const dir = spool.folder(taskId, epoch, fileKey);
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, '000001.ts'), 'media');
  return dir;
}

test('task, epoch and file each have a level of the path (invariant 4)', (t) => {
  const spool = tempSpool(t);
  assert.equal(spool.folder('task', 3, 'alice_main'), join(spool.root, 'task', 'e3', 'alice_main'));
  assert.deepEqual(readdirSync(spool.root), [], 'naming a folder does not make it');
});

test('epochs are in the order of numbers, not of names', (t) => {
  const spool = tempSpool(t);
  for (const epoch of [10, 2, 1]) record(spool, 'task', epoch, 'mix');
  mkdirSync(join(spool.root, 'task', 'elsewhere'));
  mkdirSync(join(spool.root, 'task', 'e1.old'));
  assert.deepEqual(spool.epochs('task'), [1, 2, 10]);
  assert.deepEqual(
    spool.foldersOf('task', 'mix'),
    [1, 2, 10].map((epoch) => spool.folder('task', epoch, 'mix')),
  );
});

test('a file is known by whichever epoch began it, once', (t) => {
  const spool = tempSpool(t);
  record(spool, 'task', 1, 'bob_main');
  record(spool, 'task', 2, 'bob_main');
  record(spool, 'task', 2, 'alice_aux');
  record(spool, 'other', 1, 'carol_main');
  assert.deepEqual(spool.fileKeys('task'), ['alice_aux', 'bob_main']);
  assert.deepEqual(spool.foldersOf('task', 'alice_aux'), [spool.folder('task', 2, 'alice_aux')]);
});

test('a task that left nothing has nothing', async (t) => {
  const spool = tempSpool(t);
  assert.deepEqual(spool.epochs('none'), []);
  assert.deepEqual(spool.fileKeys('none'), []);
  assert.deepEqual(spool.foldersOf('none', 'mix'), []);
  await spool.removeFile('none', 'mix');
});

test('removing a file takes it from all epochs and nothing else', async (t) => {
  const spool = tempSpool(t);
  for (const epoch of [1, 2]) record(spool, 'task', epoch, 'alice_main');
  const kept = [record(spool, 'task', 2, 'alice_aux'), record(spool, 'other', 1, 'alice_main')];
  await spool.removeFile('task', 'alice_main');
  assert.deepEqual(spool.foldersOf('task', 'alice_main'), []);
  assert.deepEqual(spool.epochs('task'), [2], 'an epoch that is empty goes too');
  for (const dir of kept) assert.deepEqual(readdirSync(dir), ['000001.ts']);
});

test("the last file takes the task's folder along, and removing again is no fault", async (t) => {
  const spool = tempSpool(t);
  record(spool, 'task', 1, 'mix');
  await spool.removeFile('task', 'mix');
  await spool.removeFile('task', 'mix');
  assert.equal(existsSync(join(spool.root, 'task')), false);
  assert.ok(existsSync(spool.root));
});
