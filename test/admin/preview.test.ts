import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { livePlaylist } from '../../src/preview/live-playlist.ts';
import { playlistText, segmentLines, type Segment } from '../../src/segment/playlist.ts';
import { segmentName, writePlaylist, writeRecord } from '../../src/segment/recording-folder.ts';
import { micros, toWallUs, wallMs, wallUs } from '../../src/units.ts';
import { claimTask, create, newTask, plan } from '../tasks/fixture.ts';
import { adminBench, adminToken, type AdminBench } from './admin-fixture.ts';

const zeroMs = wallMs(Date.UTC(2026, 0, 2, 3, 4, 5));

const segmentsOf = (count: number): Segment[] =>
  Array.from({ length: count }, (_, n) => ({
    name: segmentName(n + 1, zeroMs + n * 10_000),
    start: micros(n * 10_000_000),
    duration: micros(10_000_000),
    discontinuity: n === 2,
  }));

/** A file on the spool with whole segments, and one that is being written. */
function spooled(folder: string, count: number, who: { userId?: string; mediaId?: 'mix' | 'main' } = {}): void {
  const zeroUs = toWallUs(zeroMs);
  const { userId = '', mediaId = 'mix' } = who;
  mkdirSync(folder, { recursive: true });
  writeRecord(folder, { version: 1, epoch: 1, zeroUs, userId, mediaId, trackType: 'audio_video' });
  const segments = segmentsOf(count);
  for (const { name } of segmentsOf(count + 1)) writeFileSync(join(folder, name), `bytes of ${name}`);
  writePlaylist(folder, playlistText(segments.map((one) => segmentLines(one, zeroUs)).join(''), false));
}

const running = async (b: AdminBench): Promise<{ taskId: string; path: string }> => {
  const taskId = await create(b.tasks, newTask({ plan: { ...plan, mode: 'mixed' } }));
  return { taskId, path: `/tasks/${encodeURIComponent(taskId)}/preview` };
};

const get = async (b: AdminBench, path: string, token: string | undefined = adminToken) => {
  const headers = token === '' ? {} : { authorization: `Bearer ${token}` };
  const answer = await fetch(`${b.origin}/admin/v1${path}`, { headers });
  return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() };
};

test('whole segments of a running task are played, and only with the token or a session', async (t) => {
  const b = await adminBench(t);
  const { taskId, path } = await running(b);
  assert.equal((await b.ask(path)).body.state, 'waiting');
  spooled(join(b.spool, taskId, 'e1', 'mix'), 3);
  const { body } = await b.ask(path);
  assert.deepEqual([body.state, body.canvas, body.layouts.length], ['playable', { width: 640, height: 360 }, 1]);
  assert.deepEqual(
    body.streams.map((one: { stream: string; playlist: string }) => [one.stream, one.playlist]),
    [['mix', `/admin/v1${path}/mix/e1/index.m3u8`]],
  );
  const list = await get(b, `${path}/mix/e1/index.m3u8`);
  assert.deepEqual([list.status, list.type], [200, 'application/vnd.apple.mpegurl']);
  const names = list.text.split('\n').filter((line) => line.endsWith('.ts'));
  assert.deepEqual(
    names,
    segmentsOf(3).map(({ name }) => name),
  );
  const segment = await get(b, `${path}/mix/e1/${names[1]!}`);
  assert.deepEqual([segment.status, segment.type], [200, 'video/mp2t']);
  assert.equal(segment.text, `bytes of ${segmentsOf(2)[1]!.name}`);
  for (const one of ['', '/mix/e1/index.m3u8', `/mix/e1/${names[1]!}`]) {
    assert.equal((await get(b, path + one, '')).status, 401, one);
    assert.equal((await get(b, path + one, 'a guess')).status, 401, one);
  }
});

test('names lead nowhere else, and other tasks and files are not there', async (t) => {
  const b = await adminBench(t);
  const { taskId, path } = await running(b);
  spooled(join(b.spool, taskId, 'e1', 'mix'), 1);
  writeFileSync(join(b.spool, 'secret.ts'), 'secret');
  writeFileSync(join(b.spool, taskId, 'e1', 'mix', 'chain.jsonl'), 'chain');
  const other = segmentsOf(1)[0]!.name;
  const bad = [
    '/mix/e1/recording.json',
    '/mix/e1/chain.jsonl',
    '/mix/e1/..%2F..%2F..%2Fsecret.ts',
    `/..%2Fmix/e1/${other}`,
    `/mix/e1%2F..%2Fe1/${other}`,
    `/mix/e2/${other}`,
    `/alice_main/e1/${other}`,
    '/alice_main/e1/index.m3u8',
    '/mix/e2/index.m3u8',
    '/%2e%2e/e1/index.m3u8',
    '/mix/%2e%2e/index.m3u8',
  ];
  for (const one of bad) assert.ok([400, 404].includes((await get(b, path + one)).status), one);
  assert.equal((await get(b, `/tasks/..%2F${taskId}/preview/mix/e1/index.m3u8`)).status, 404);
});

test('single streams have a playlist each; what has no whole segment is waited for', async (t) => {
  const b = await adminBench(t);
  const { taskId, path } = await running(b);
  spooled(join(b.spool, taskId, 'e1', 'bob_main'), 0, { userId: 'bob', mediaId: 'main' });
  assert.equal((await b.ask(path)).body.state, 'waiting');
  spooled(join(b.spool, taskId, 'e1', 'alice_main'), 1, { userId: 'alice', mediaId: 'main' });
  const { body } = await b.ask(path);
  assert.deepEqual(
    body.streams.map((one: { userId: string; playable: boolean }) => [one.userId, one.playable]),
    [
      ['alice', true],
      ['bob', false],
    ],
  );
});

test('a recorder that wrote nothing here though media came has its spool elsewhere; a task that ended has no preview', async (t) => {
  const b = await adminBench(t);
  const { taskId, path } = await running(b);
  const { epoch } = await claimTask(b.tasks, 'r');
  await b.tasks.reportTask(taskId, { kind: 'started', epoch, startedMs: b.clock.wallMs() });
  await b.tasks.reportTask(taskId, { kind: 'status', epoch, status: 'InProgress' });
  const track = { userId: 'alice', mediaId: 'main', media: 'video' } as const;
  const entries = [{ kind: 'recorded-from', ...track, seq: 1, atMs: b.clock.wallMs() }] as const;
  await b.tasks.reportTask(taskId, { kind: 'timeline', epoch, entries, heads: [] });
  assert.equal((await b.ask(path)).body.state, 'waiting');
  b.clock.advance(20_000);
  assert.equal((await b.ask(path)).body.state, 'elsewhere');
  spooled(join(b.spool, taskId, 'e1', 'mix'), 1);
  const atMs = b.clock.wallMs();
  await b.tasks.reportTask(taskId, { kind: 'stopped', epoch, leaveCode: 0, atMs, files: [] });
  assert.deepEqual([(await b.ask(path)).body.state, (await b.ask(path)).body.streams], ['over', []]);
  assert.equal((await get(b, `${path}/mix/e1/index.m3u8`)).status, 404);
  assert.equal((await get(b, `${path}/mix/e1/${segmentsOf(1)[0]!.name}`)).status, 404);
});

test('after a takeover the streams are those of the next owner, as soon as it has a segment', async (t) => {
  const b = await adminBench(t);
  const { taskId, path } = await running(b);
  spooled(join(b.spool, taskId, 'e1', 'mix'), 2);
  spooled(join(b.spool, taskId, 'e2', 'mix'), 0);
  const shown = async () => (await b.ask(path)).body.streams.map((one: { playlist: string }) => one.playlist);
  assert.deepEqual(await shown(), [`/admin/v1${path}/mix/e1/index.m3u8`]);
  spooled(join(b.spool, taskId, 'e2', 'mix'), 1);
  assert.deepEqual(await shown(), [`/admin/v1${path}/mix/e2/index.m3u8`]);
});

test('the playlist has the latest minutes, with numbers that stay, and ends with its owner', () => {
  const zeroUs = wallUs(0);
  const going = { zeroUs, ended: false };
  const list = livePlaylist(segmentsOf(40), going);
  assert.match(list, /#EXT-X-MEDIA-SEQUENCE:10\n#EXT-X-DISCONTINUITY-SEQUENCE:1\n/);
  assert.equal(list.match(/\.ts$/gm)?.length, 30);
  assert.doesNotMatch(list, /ENDLIST|PLAYLIST-TYPE|#EXT-X-DISCONTINUITY\n/);
  assert.match(livePlaylist(segmentsOf(41), going), /#EXT-X-MEDIA-SEQUENCE:11\n/);
  const early = livePlaylist(segmentsOf(4), going);
  assert.match(early, /#EXT-X-DISCONTINUITY-SEQUENCE:0\n[^]*#EXT-X-DISCONTINUITY\n/);
  assert.match(livePlaylist(segmentsOf(4), { zeroUs, ended: true }), /#EXT-X-ENDLIST\n$/);
});

test('a timeline is told of a task, in a picture and entry by entry', async (t) => {
  const b = await adminBench(t);
  const { taskId } = await running(b);
  const { epoch } = await claimTask(b.tasks, 'r');
  const at = b.clock.wallMs();
  const entries = [
    { kind: 'epoch-began', recorder: 'r', seq: 1, atMs: at },
    { kind: 'anchor-entered', userId: 'alice', robot: false, seq: 2, atMs: at },
    { kind: 'anchor-left', userId: 'alice', seq: 3, atMs: wallMs(at + 500) },
  ] as const;
  await b.tasks.reportTask(taskId, { kind: 'timeline', epoch, entries, heads: [] });
  b.clock.advance(1000);
  const path = `/tasks/${encodeURIComponent(taskId)}/timeline`;
  const { body } = await b.ask(path);
  assert.deepEqual([body.live, body.fromMs, body.toMs, body.entries], [true, at, at + 1000, 3]);
  assert.deepEqual(body.users[0].stays, [{ fromMs: at, toMs: at + 500 }]);
  const first = (await b.ask(`${path}/entries?limit=2`)).body;
  const rest = (await b.ask(`${path}/entries?limit=2&cursor=${first.next}`)).body;
  assert.deepEqual(
    [...first.items, ...rest.items].map(({ seq, kind }: { seq: number; kind: string }) => [seq, kind]),
    entries.map(({ seq, kind }) => [seq, kind]),
  );
  assert.equal((await b.ask(`${path}?from=${at}&to=${at}`)).status, 400);
  assert.equal((await b.ask('/tasks/nobody/timeline')).status, 404);
});
