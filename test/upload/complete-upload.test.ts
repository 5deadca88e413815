import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { fileKey } from '../../src/naming/file-key.ts';
import { parsePlaylist } from '../../src/segment/playlist.ts';
import { completeUpload, type CompleteUploadOptions } from '../../src/upload/complete-upload.ts';
import { finishPlaylists } from '../../src/upload/finish-playlists.ts';
import { FinishError } from '../../src/finish/finish-request.ts';
import { wallMs } from '../../src/units.ts';
import type { UploadedPlaylist } from '../../src/upload/bucket-playlist.ts';
import { taskTurns } from '../../src/upload/upload-turns.ts';
import { DestinationError } from '../../src/deliver/object-store.ts';
import { decodeVideo } from '../kit/video-frames.ts';
import { packetsIn } from '../segment/segment-kit.ts';
import { zero } from '../single/recorder-kit.ts';
import { fetchPlaylist, stemOf, TestRecording, until, uploadBench, type UploadBench } from './upload-kit.ts';

const anchor = { userId: 'anchor1', mediaId: 'main', epoch: 1 } as const;
const base = '1400000000_10001_UserId_s_YW5jaG9yMQ.._UserId_e_main';
const child = fileURLToPath(new URL('./uploading-child.ts', import.meta.url));

const optionsOf = (bench: UploadBench, epochs: number[]): CompleteUploadOptions => ({
  dirs: epochs.map((epoch) => bench.folder(epoch, 'anchor1')),
  endMs: wallMs(4_000_000_000_000),
  target: bench.target,
  stem: stemOf(anchor),
  shape: 'apart',
  events: bench.events,
  turns: taskTurns(),
  clock: bench.clock,
  signal: new AbortController().signal,
});

const complete = (bench: UploadBench, epochs: number[], more: Partial<CompleteUploadOptions> = {}) =>
  completeUpload({ ...optionsOf(bench, epochs), ...more });

/** Puts of segments that the store has been sent since. */
const segmentPuts = (bench: UploadBench, since: number): string[] =>
  bench.proxy.seen
    .slice(since)
    .filter(({ method, url }) => method === 'PUT' && url.includes('.ts'))
    .map(({ url }) => url);

/** Records and uploads in a child process that is killed when the bucket has had a second look at its playlist. */
async function recordUntilKilled(bench: UploadBench): Promise<void> {
  const destination = JSON.stringify(bench.server.destination(bench.proxy.host));
  const args = [child, join(bench.spool, 'e1'), fileKey('anchor1', 'main'), destination, stemOf(anchor)];
  const recorder = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  const ended = new Promise<string | null>((resolve) => recorder.once('close', (_, signal) => resolve(signal)));
  while (bench.proxy.seen.filter(({ url }) => url.includes('.m3u8')).length < 2) await wait(10);
  recorder.kill('SIGKILL');
  assert.equal(await ended, 'SIGKILL');
}

/** Whether the bucket has what a recording of these epochs became, with all its pictures. */
async function assertAgrees(
  t: TestContext,
  bench: UploadBench,
  list: UploadedPlaylist[],
  dirs: string[],
): Promise<void> {
  for (const playlist of list) {
    const fetched = await fetchPlaylist(t, bench, `a/b/T/${playlist.name}`);
    assert.ok(fetched.ended);
    assert.equal(createHash('sha256').update(fetched.text).digest('hex'), playlist.sha256);
    assert.equal(fetched.segments.length, playlist.segments);
    assert.equal(readFileSync(fetched.path).length, playlist.sizeBytes);
  }
  const videos = list.filter(({ trackType }) => trackType === 'video');
  for (const [n, { name }] of videos.entries()) {
    const fetched = await fetchPlaylist(t, bench, `a/b/T/${name}`);
    const pictures = packetsIn(dirs[n]!).filter(({ kind }) => kind === 'video');
    assert.equal((await decodeVideo(fetched.path)).frames.length, pictures.length);
  }
}

test('E23: a recorder killed in the middle: another completes its playlists and goes on in playlists of its own', async (t) => {
  const bench = await uploadBench(t);
  await recordUntilKilled(bench);
  const before = await bench.server.list('a/b/T/');
  assert.ok(before.length >= 2);
  assert.equal((await fetchPlaylist(t, bench, `a/b/T/${base}_video.m3u8`)).ended, false);
  const second = new TestRecording(t, bench.folder(2, 'anchor1'), { ...anchor, epoch: 2 }, 3_600_000);
  second.writeUntil(3_614_000);
  second.writer.close();
  const list = await complete(bench, [1, 2]);
  assert.deepEqual(
    list.map(({ name, trackType }) => [name, trackType]),
    [
      [`${base}_video.m3u8`, 'video'],
      [`ha1_${base}_audio.m3u8`, 'audio'],
      [`ha1_${base}_video.m3u8`, 'video'],
    ],
  );
  assert.deepEqual(await complete(bench, [1, 2]), list, 'the same again');
  const dirs = [1, 2].map((epoch) => bench.folder(epoch, 'anchor1'));
  await assertAgrees(t, bench, list, dirs);
  const { segments } = parsePlaylist(readFileSync(join(dirs[0]!, 'index.m3u8'), 'utf8'), zero);
  assert.equal(list[0]!.segments, segments.length);
  assert.ok(before.every((key) => key.startsWith(`a/b/T/${base}_video`)));
  assert.equal(list[2]!.startMs, zero / 1000 + 3_600_000);
  assert.equal(list[2]!.endMs, zero / 1000 + 3_614_000);
  assert.deepEqual(bench.told.slice(0, 2), ['began 0', `file ${base}_video.m3u8 anchor1 video main 1700000000000`]);
});

test('doing it again sends nothing but the playlists; what is not in the bucket as it was sent is sent again', async (t) => {
  const bench = await uploadBench(t);
  const live = bench.live(1, true);
  const recording = new TestRecording(t, bench.folder(1, 'anchor1'), anchor);
  recording.writeUntil(11_000);
  await until(bench, 'the first segment', () => live.stats().segments === 1);
  live.close();
  recording.writeUntil(30_000);
  recording.writer.close();
  let since = bench.proxy.seen.length;
  const first = await complete(bench, [1, 7]);
  assert.equal(segmentPuts(bench, since).length, 6, 'three segments of four, each with sound and pictures');
  since = bench.proxy.seen.length;
  assert.deepEqual(await complete(bench, [1]), first);
  assert.deepEqual(segmentPuts(bench, since), []);
  const dir = bench.folder(1, 'anchor1');
  await assertAgrees(t, bench, first, [dir]);
  const keys = (await bench.server.list()).filter((key) => key.endsWith('.ts'));
  await bench.target.store.put(keys[0]!, Buffer.from('shorter'), 'video/mp2t');
  const size = (await bench.server.get(keys[1]!)).length;
  await bench.target.store.put(keys[1]!, Buffer.alloc(size), 'video/mp2t');
  since = bench.proxy.seen.length;
  assert.deepEqual(await complete(bench, [1]), first);
  assert.ok(segmentPuts(bench, since).length >= 2);
  await assertAgrees(t, bench, first, [dir]);
  writeFileSync(join(dir, 'uploaded.jsonl'), '{"segment":"000001_2023');
  since = bench.proxy.seen.length;
  assert.deepEqual(await complete(bench, [1]), first);
  assert.equal(segmentPuts(bench, since).length, keys.length, 'without receipts everything is sent');
});

test('keys that may only write are enough', async (t) => {
  const bench = await uploadBench(t);
  const recording = new TestRecording(t, bench.folder(1, 'anchor1'), anchor);
  recording.writeUntil(12_000);
  recording.writer.close();
  bench.proxy.treat = ({ method }) =>
    method === 'PUT' ? 'pass' : { status: 403, body: '<Error><Code>AccessDenied</Code></Error>' };
  const list = await complete(bench, [1]);
  assert.deepEqual(await complete(bench, [1]), list);
  await assertAgrees(t, bench, list, [bench.folder(1, 'anchor1')]);
});

test('a store that does not take everything: the fault is told, nothing is promised, and the next try ends it', async (t) => {
  const bench = await uploadBench(t);
  const recording = new TestRecording(t, bench.folder(1, 'anchor1'), anchor);
  recording.writeUntil(40_000);
  recording.writer.close();
  let puts = 0;
  bench.proxy.treat = ({ method }) => (method === 'PUT' && ++puts > 5 ? { status: 500 } : 'pass');
  await assert.rejects(complete(bench, [1]), (error: unknown) => {
    assert.ok(error instanceof DestinationError);
    return error.fault === 'store';
  });
  const list = await bench.server.list();
  assert.ok(!list.some((key) => key.endsWith('.m3u8')) || !(await fetchPlaylist(t, bench, list[0]!)).ended);
  const ended = new AbortController();
  ended.abort();
  await assert.rejects(complete(bench, [1], { signal: ended.signal }));
  bench.proxy.treat = () => 'pass';
  const since = bench.proxy.seen.length;
  const uploaded = await complete(bench, [1]);
  assert.ok(segmentPuts(bench, since).length < 10, 'what arrived is not sent again');
  await assertAgrees(t, bench, uploaded, [bench.folder(1, 'anchor1')]);
});

test('what a finishing job reports of its playlists; what lies behind the end is not in them', async (t) => {
  const bench = await uploadBench(t);
  const recording = new TestRecording(t, bench.folder(1, 'anchor1'), anchor);
  recording.writeUntil(30_000);
  recording.writer.close();
  const options = { ...optionsOf(bench, [1]), shape: 'merged' as const, endMs: wallMs(zero / 1000 + 17_500) };
  const [part, ...more] = await finishPlaylists(options);
  assert.deepEqual(more, []);
  const { sha256, sizeBytes, ...rest } = part!;
  assert.deepEqual(rest, {
    part: 1,
    name: `${base}_audiovideo.m3u8`,
    fileId: '',
    trackType: 'audio_video',
    durationMs: 18_000,
    streams: ['h264', 'aac'],
    width: 320,
    height: 180,
    startMs: zero / 1000,
    endMs: zero / 1000 + 18_000,
  });
  const fetched = await fetchPlaylist(t, bench, `a/b/T/${base}_audiovideo.m3u8`);
  assert.equal(createHash('sha256').update(fetched.text).digest('hex'), sha256);
  assert.equal(readFileSync(fetched.path).length, sizeBytes);
  assert.ok(fetched.ended);
  const none = { ...options, endMs: wallMs(zero / 1000) };
  await assert.rejects(finishPlaylists(none), (error) => error instanceof FinishError && error.permanent);
});

test('nothing was recorded: nothing is uploaded', async (t) => {
  const bench = await uploadBench(t);
  assert.deepEqual(await complete(bench, [1, 2, 3]), []);
  assert.deepEqual(bench.proxy.seen, []);
  assert.deepEqual(bench.told, []);
});
