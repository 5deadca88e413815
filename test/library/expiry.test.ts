import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { request, type IncomingMessage } from 'node:http';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { ExpirySweep } from '../../src/library/expiry-sweep.ts';
import type { LibraryPlace } from '../../src/library/location.ts';
import { fileMediaStore } from '../../src/library/media-store.ts';
import { Removal } from '../../src/library/removal.ts';
import { library as vodLibrary, sdkAppId, silentLog } from '../tasks/fixture.ts';
import { keep, libraryBench, type KeptFile, type LibraryBench } from './library-kit.ts';

const daily = { destination: vodLibrary({ expireSeconds: 86_400 }) };
const scope = { sdkAppIds: [sdkAppId], subAppId: undefined };
const day = 86_400_000;

const rowOf = (b: LibraryBench, { fileId }: KeptFile) =>
  b.store.db.selectFrom('file').selectAll().where('file_id', '=', fileId).executeTakeFirstOrThrow();
const status = async (url: string): Promise<number> => (await fetch(url)).status;

/** Gives a round that the clock has started time to end. */
async function untilRemoved(b: LibraryBench, file: KeptFile): Promise<void> {
  for (let i = 0; (await rowOf(b, file)).state !== 'removed'; i += 1) {
    assert.ok(i < 200, 'the file is not removed');
    await new Promise((resume) => setTimeout(resume, 10));
  }
}

test('an expired file leaves the disk within a minute, and its row says when; others stay', async (t) => {
  const b = await libraryBench(t);
  const file = await keep(b, { task: daily });
  const forever = await keep(b);
  b.clock.advance(day - 11_000);
  await b.library.sweep();
  assert.equal(await status(file.url), 200);
  b.clock.advance(11_000);
  assert.equal(await status(file.url), 404);
  b.clock.advance(30_000);
  await untilRemoved(b, file);
  assert.equal(existsSync(dirname(file.path)), false);
  const row = await rowOf(b, file);
  assert.equal(row.removed_ms, b.clock.wallMs());
  assert.equal((await rowOf(b, forever)).state, 'done');
  assert.equal(await status(forever.url), 200);
  assert.deepEqual(b.library.stats(), { removedFiles: 1, removedBytes: 1000, failedAttempts: 0 });
});

test('what expired while the server was down goes at its start', async (t) => {
  const b = await libraryBench(t);
  const file = await keep(b, { task: daily });
  await b.library.close();
  b.clock.advance(2 * day);
  assert.equal(existsSync(file.path), true);
  await b.restart();
  await untilRemoved(b, file);
  assert.equal(existsSync(dirname(file.path)), false);
});

test('a file that was gone from the disk before its row said so is marked by the next round', async (t) => {
  const b = await libraryBench(t);
  const file = await keep(b, { task: daily });
  await rm(dirname(file.path), { recursive: true });
  b.clock.advance(day);
  // The first call may join a round that the clock has started on its way.
  for (let i = 0; i < 2; i += 1) await b.library.sweep();
  assert.equal((await rowOf(b, file)).state, 'removed');
});

test('a deletion that was cut short after its first commit is made good at the next start', async (t) => {
  const b = await libraryBench(t);
  const file = await keep(b);
  await b.library.close();
  // What a server leaves that is killed between the commit and the disk.
  await b.store.db.updateTable('file').set({ expires_ms: 0 }).where('file_id', '=', file.fileId).execute();
  assert.equal(await status(file.url), 404);
  assert.deepEqual(await b.library.files(scope, [file.fileId]), []);
  await b.restart();
  await untilRemoved(b, file);
  assert.equal(existsSync(dirname(file.path)), false);
});

test('a file that the disk does not give up is not marked, is tried again, and keeps no other', async (t) => {
  const b = await libraryBench(t);
  const stuck = await keep(b, { task: daily });
  const other = await keep(b, { task: daily });
  await b.library.close();
  b.clock.advance(day);
  const disk = fileMediaStore(b.root);
  let refuses = true;
  const remove = async (place: LibraryPlace): Promise<void> => {
    if (refuses && place.fileId === stuck.fileId) throw new Error('EIO');
    await disk.delete(place);
  };
  const parts = { store: b.store, clock: b.clock, log: silentLog };
  const removal = new Removal({ ...parts, media: { ...disk, delete: remove } });
  const sweep = new ExpirySweep({ ...parts, removal });
  t.after(() => sweep.close());
  await untilRemoved(b, other);
  assert.equal((await rowOf(b, stuck)).state, 'done');
  assert.equal(removal.stats().failedAttempts, 1);
  refuses = false;
  await sweep.sweep();
  b.clock.advance(30_000);
  await untilRemoved(b, stuck);
  assert.equal(existsSync(stuck.path), false);
});

test('a backlog goes round by round, and the store is marked for no more than the disk gave up', async (t) => {
  const b = await libraryBench(t);
  const first = await keep(b, { task: daily });
  const rows = Array.from({ length: 249 }, (_, i) => String(2_000_000_000_000_000_000n + BigInt(i)));
  const template = await rowOf(b, first);
  for (const [i, id] of rows.entries()) {
    await b.store.db
      .insertInto('file')
      .values({ ...template, file_id: id, part: i + 2 })
      .execute();
    await mkdir(join(b.root, String(sdkAppId), id));
    await writeFile(join(b.root, String(sdkAppId), id, `${id}.mp4`), 'x');
  }
  b.clock.advance(day);
  const left = () => readdirSync(join(b.root, String(sdkAppId))).length;
  const marked = async () =>
    (await b.store.db.selectFrom('file').select('file_id').where('state', '=', 'removed').execute()).length;
  for (let before = 250; before > 0;) {
    await b.library.sweep();
    const after = left();
    assert.equal(after + (await marked()), 250);
    // Calls that join a round that began before the end of the day find nothing.
    assert.ok(before - after <= 100, `${before - after} in one round`);
    before = after;
  }
});

/** Reads slowly: nothing is taken from the socket until asked. */
const slowRead = (url: string): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    request(url, (response) => resolve(response.pause()))
      .on('error', reject)
      .end();
  });

test('a file being read when it goes is read to its end', async (t) => {
  const b = await libraryBench(t);
  const bytes = randomBytes(16 * 1024 * 1024);
  const file = await keep(b, { bytes });
  const response = await slowRead(file.url);
  assert.equal(await b.library.remove(scope, file.fileId), true);
  assert.equal(existsSync(dirname(file.path)), false);
  assert.equal(await status(file.url), 404);
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  assert.ok(Buffer.concat(chunks).equals(bytes));
});

test('a deletion is the end at once, once, and no clock brings the file back', async (t) => {
  const b = await libraryBench(t);
  const file = await keep(b, { task: daily });
  const other = { sdkAppIds: [sdkAppId + 1], subAppId: undefined };
  assert.equal(await b.library.remove(other, file.fileId), false);
  assert.equal(await status(file.url), 200);
  assert.equal(await b.library.remove(scope, file.fileId), true);
  assert.equal(await b.library.remove(scope, file.fileId), false);
  assert.equal((await rowOf(b, file)).state, 'removed');
  b.clock.stepWall(-2 * day);
  assert.equal(await status(file.url), 404);
});

test('files at Tencent VOD and files that are not done are left alone', async (t) => {
  const b = await libraryBench(t);
  const file = await keep(b, {
    task: daily,
    part: { url: 'https://vod.example/a.mp4', fileId: '5145403699454155159' },
  });
  b.clock.advance(2 * day);
  await b.library.sweep();
  assert.equal((await rowOf(b, file)).state, 'done');
  assert.equal(existsSync(file.path), true);
  assert.equal(await b.library.remove(scope, file.fileId), false);
});
