import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { publishFile } from '../../src/finish/publish.ts';
import { sweepUnfinished } from '../../src/finish/unfinished.ts';
import { tempDir } from '../single/recorder-kit.ts';

/** Paths that are synced from here on, in order. */
async function syncs(t: TestContext, dir: string): Promise<string[]> {
  const handle = await open(dir, 'r');
  const prototype = Object.getPrototypeOf(handle) as FileHandle;
  await handle.close();
  const paths: string[] = [];
  t.mock.method(prototype, 'sync', function (this: FileHandle) {
    paths.push(readlinkSync(`/proc/self/fd/${this.fd}`).slice(dir.length));
    return Promise.resolve();
  });
  return paths;
}

test('a published file and every folder above it are on the disk, as far as the library', async (t) => {
  const dir = tempDir(t);
  const paths = await syncs(t, dir);
  const [unfinished, target] = [join(dir, 'library', 'unfinished'), join(dir, 'library', '7', '51', '51.mp4')];
  await sweepUnfinished(unfinished, Date.now());
  assert.deepEqual(paths.splice(0), ['/library', '']);
  writeFileSync(join(unfinished, 'a.mp4'), 'film');
  await publishFile(join(unfinished, 'a.mp4'), target);
  assert.equal(paths[0], '/library/unfinished/a.mp4', 'the bytes before the name');
  assert.deepEqual(paths.slice(-3), ['/library/7/51', '/library/7', '/library']);
  assert.equal(readFileSync(target, 'utf8'), 'film');
  assert.deepEqual(readdirSync(unfinished), []);
});

test('folders that an earlier try has made are synced again', async (t) => {
  const dir = tempDir(t);
  mkdirSync(join(dir, 'library', '7', '51'), { recursive: true });
  mkdirSync(join(dir, 'library', 'unfinished'));
  writeFileSync(join(dir, 'library', 'unfinished', 'a.mp4'), 'film');
  const paths = await syncs(t, dir);
  await publishFile(join(dir, 'library', 'unfinished', 'a.mp4'), join(dir, 'library', '7', '51', '51.mp4'));
  assert.deepEqual(paths.slice(1), ['/library/7/51', '/library/7', '/library']);
});
