import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { hlsArchives, type HlsArchive } from '../../src/library/hls-archive.ts';
import { libraryFolder } from '../../src/library/location.ts';
import { tempFolder } from '../tasks/fixture.ts';

const place = { subAppId: 1, fileId: '1234567890123456789' };
const segmentBytes = 4_000_000;

/** A recording of three segments in a library of its own. */
async function recording(t: TestContext): Promise<{ folder: string; open: () => Promise<HlsArchive | undefined> }> {
  const root = await tempFolder(t);
  const folder = libraryFolder(root, place);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'index.m3u8'), '#EXTM3U\n');
  for (const name of ['1.ts', '2.ts', '3.ts']) writeFileSync(join(folder, name), Buffer.alloc(segmentBytes, name));
  return { folder, open: () => hlsArchives(root).open(place, 'lesson') };
}

/** Files of a folder that this process has open. */
const openIn = (folder: string): string[] =>
  readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${fd}`);
      return path.startsWith(folder) ? [path] : [];
    } catch {
      return [];
    }
  });

test('it is as long as was told, and leaves nothing open', async (t) => {
  const { folder, open } = await recording(t);
  const { bytes, sizeBytes } = (await open())!;
  let length = 0;
  for await (const chunk of bytes) length += (chunk as Buffer).length;
  assert.equal(length, sizeBytes);
  assert.ok(length > 3 * segmentBytes);
  await sleep(50);
  assert.deepEqual(openIn(folder), []);
});

test('who hangs up in the middle leaves no file open', async (t) => {
  const { folder, open } = await recording(t);
  for (const wait of [0, 1, 20]) {
    const { bytes } = (await open())!;
    if (wait > 0) await once(bytes, 'readable');
    if (wait > 1) for (let n = 0; n < 20; n += 1) bytes.read();
    bytes.destroy();
    await sleep(wait + 50);
    assert.deepEqual(openIn(folder), [], `after ${wait} ms`);
  }
});

test('a segment that goes away meanwhile ends the archive, and nothing else', async (t) => {
  const { folder, open } = await recording(t);
  const { bytes } = (await open())!;
  rmSync(join(folder, '2.ts'));
  await assert.rejects(async () => {
    for await (const chunk of bytes) void chunk;
  }, /ENOENT/);
  rmSync(join(folder, 'index.m3u8'));
  assert.equal(await open(), undefined);
});
