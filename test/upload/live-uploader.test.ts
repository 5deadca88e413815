import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { segmentNames } from '../../src/segment/recording-folder.ts';
import { parsePlaylist } from '../../src/segment/playlist.ts';
import { toWallMs } from '../../src/units.ts';
import { probeFile } from '../kit/media-file.ts';
import { decodeVideo } from '../kit/video-frames.ts';
import { packetsOfFile } from '../segment/segment-kit.ts';
import { zero } from '../single/recorder-kit.ts';
import { fetchPlaylist, LongRecording, TestRecording, until, uploadBench } from './upload-kit.ts';

const anchor = { userId: 'anchor1', mediaId: 'main', epoch: 1 } as const;
const base = '1400000000_10001_UserId_s_YW5jaG9yMQ.._UserId_e_main';

test('F7, F10, E15: sound and pictures of a running recording are in the bucket, apart and playable', async (t) => {
  const bench = await uploadBench(t);
  const live = bench.live(1, true);
  const recording = new TestRecording(t, bench.folder(1, 'anchor1'), anchor);
  recording.writeUntil(9_000);
  bench.clock.advance(2000);
  await wait(100);
  assert.deepEqual(await bench.server.list(), [], 'nothing is finished yet');
  recording.writeUntil(11_000);
  await until(bench, 'the first segment', () => bench.told.length >= 5);
  const [audio, video] = [`${base}_audio.m3u8`, `${base}_video.m3u8`];
  assert.deepEqual(bench.told, [
    'began 0',
    `file ${audio} anchor1 audio main ${toWallMs(zero)}`,
    `file ${video} anchor1 video main ${toWallMs(zero)}`,
    `index ${audio}`,
    `index ${video}`,
  ]);
  assert.deepEqual(await bench.server.list(), [
    `a/b/T/${audio}`,
    `a/b/T/${base}_audio_20231114221320000.ts`,
    `a/b/T/${video}`,
    `a/b/T/${base}_video_20231114221320000.ts`,
  ]);
  assert.equal((await fetchPlaylist(t, bench, `a/b/T/${video}`)).ended, false);
  recording.writeUntil(25_000);
  recording.writer.close();
  const finished = live.finish(5_000);
  await finished;
  assert.ok(live.closed);
  assert.deepEqual(live.stats(), { files: 1, segments: 3, failures: 0 });
  assert.equal(bench.told.length, 5, 'everything is told once');
  const [sound, pictures] = await Promise.all([audio, video].map((name) => fetchPlaylist(t, bench, `a/b/T/${name}`)));
  for (const { ended, segments } of [sound!, pictures!]) {
    assert.ok(ended);
    assert.deepEqual(
      segments.map(({ duration }) => duration / 1000),
      [9_000, 9_000, 7_000],
    );
  }
  const [soundFile, pictureFile] = [await probeFile(sound!.path), await probeFile(pictures!.path)];
  assert.deepEqual(
    soundFile.streams.map(({ codec }) => codec),
    ['aac'],
  );
  assert.ok(soundFile.audio!.largestGapUs < 21_400, `${soundFile.audio!.largestGapUs}`);
  assert.deepEqual(
    pictureFile.streams.map(({ codec }) => codec),
    ['h264'],
  );
  assert.equal((await decodeVideo(pictures!.path)).frames.length, 625);
  assert.match(sound!.text, /#EXT-X-VERSION:3\n[^]*#EXT-X-TRTC-START-REC-TIME:1700000000000\n/);
  assert.match(sound!.text, /#EXT-X-TRTC-USER-ID:anchor1\n#EXT-X-TRTC-MIX-STREAM:0\n#EXT-X-TRTC-STREAM-TYPE:0\n/);
});

test('AvMerge 1 and the mix: whole segments, byte for byte', async (t) => {
  const bench = await uploadBench(t);
  const live = bench.live(2, false);
  const mix = new TestRecording(t, bench.folder(2, '', 'mix'), { userId: '', mediaId: 'mix', epoch: 2 });
  const one = new TestRecording(t, bench.folder(2, 'anchor1'), { ...anchor, epoch: 2 });
  for (const recording of [mix, one]) {
    recording.writeUntil(14_000);
    recording.writer.close();
  }
  await live.finish(5_000);
  const names = ['ha1_1400000000_10001.m3u8', `ha1_${base}_audiovideo.m3u8`];
  for (const [name, userId, media] of [
    [names[0]!, '', 'mix'],
    [names[1]!, 'anchor1', 'main'],
  ] as const) {
    const fetched = await fetchPlaylist(t, bench, `a/b/T/${name}`);
    const dir = bench.folder(2, userId, media);
    const spooled = Buffer.concat(segmentNames(dir).map((segment) => readFileSync(join(dir, segment))));
    assert.ok(spooled.equals(readFileSync(fetched.path)));
    assert.ok(bench.told.includes(`file ${name} ${userId} audio_video ${media} 1700000000000`), bench.told.join());
    assert.match(fetched.text, new RegExp(`#EXT-X-TRTC-MIX-STREAM:${media === 'mix' ? 1 : 0}\n`));
  }
  assert.equal(await bench.server.typeOf(`a/b/T/${names[0]}`), 'application/vnd.apple.mpegurl');
});

test('pictures that begin later, and pause: each playlist has what there is, and says where it does not follow on', async (t) => {
  const bench = await uploadBench(t);
  const live = bench.live(1, true);
  const recording = new TestRecording(t, bench.folder(1, 'anchor1'), anchor);
  recording.writeUntil(1_000, false);
  recording.writeUntil(12_000);
  recording.writer.pause();
  recording.writeUntil(24_000, false);
  recording.writer.pause();
  recording.writeUntil(30_000);
  recording.writer.close();
  await live.finish(5_000);
  const dir = bench.folder(1, 'anchor1');
  const { segments } = parsePlaylist(readFileSync(join(dir, 'index.m3u8'), 'utf8'), zero);
  const audio = await fetchPlaylist(t, bench, `a/b/T/${base}_audio.m3u8`);
  assert.deepEqual(
    audio.segments.map(({ start, duration, discontinuity }) => ({ start, duration, discontinuity })),
    segments.map(({ start, duration, discontinuity }) => ({ start, duration, discontinuity })),
  );
  const video = await fetchPlaylist(t, bench, `a/b/T/${base}_video.m3u8`);
  const withPictures = segments.filter(({ name }) =>
    packetsOfFile(join(dir, name)).some(({ kind }) => kind === 'video'),
  );
  assert.ok(withPictures.length < segments.length);
  assert.deepEqual(
    video.segments.map(({ start }) => start),
    withPictures.map(({ start }) => start),
  );
  assert.equal(video.segments[0]!.discontinuity, false);
  const after = video.segments.findIndex(({ start }) => start >= 24_000_000);
  assert.ok(video.segments[after]!.discontinuity);
});

test('a store that fails is told once, tried again ever more rarely, and gets everything when it is back', async (t) => {
  const bench = await uploadBench(t);
  const live = bench.live(1, false);
  const recording = new TestRecording(t, bench.folder(1, 'anchor1'), anchor);
  bench.proxy.treat = () => ({ status: 403, body: '<Error><Code>AccessDenied</Code></Error>' });
  recording.writeUntil(21_000);
  await until(bench, 'the first failure', () => live.stats().failures === 1);
  assert.deepEqual(bench.told, ['began 1']);
  const failures = async (seconds: number): Promise<number> => {
    const before = live.stats().failures;
    for (let n = 0; n < seconds; n += 1) {
      bench.clock.advance(1000);
      await wait(20);
    }
    return live.stats().failures - before;
  };
  assert.ok((await failures(31)) <= 6, 'after 1, 2, 4, 8 and 16 seconds');
  assert.ok((await failures(60)) <= 2);
  bench.proxy.treat = () => 'pass';
  recording.writeUntil(32_000);
  await until(bench, 'all segments', () => live.stats().segments === 3 && bench.told.length === 3);
  assert.deepEqual(bench.told, [
    'began 1',
    `file ${base}_audiovideo.m3u8 anchor1 audio_video main 1700000000000`,
    `index ${base}_audiovideo.m3u8`,
  ]);
});

test('a store that answers 503 or cuts the connection now and then loses nothing', async (t) => {
  const bench = await uploadBench(t);
  const live = bench.live(1, true);
  const recording = new TestRecording(t, bench.folder(1, 'anchor1'), anchor);
  let n = 0;
  bench.proxy.treat = () => (['reset-after', { status: 503 }, 'reset', 'pass', 'pass'] as const)[n++ % 5]!;
  recording.writeUntil(45_000);
  recording.writer.close();
  await until(bench, 'all segments', async () => {
    const keys = await bench.server.list(`a/b/T/${base}_video.m3u8`);
    return keys.length === 1 && (await fetchPlaylist(t, bench, keys[0]!)).ended;
  });
  assert.ok(live.stats().segments === 5);
  assert.equal(
    (await decodeVideo((await fetchPlaylist(t, bench, `a/b/T/${base}_video.m3u8`)).path)).frames.length,
    1125,
  );
});

test('a store that never answers holds up nobody: the recording goes on, and the end is waited for as long as it may', async (t) => {
  const bench = await uploadBench(t);
  const live = bench.live(1, false);
  const recording = new TestRecording(t, bench.folder(1, 'anchor1'), anchor);
  bench.proxy.treat = () => 'hang';
  recording.writeUntil(11_000);
  await until(bench, 'a request', () => bench.proxy.seen.length === 1);
  const before = performance.now();
  recording.writeUntil(60_000);
  recording.writer.close();
  assert.ok(performance.now() - before < 2000);
  const ending = live.finish(3_000);
  for (let n = 0; n < 3; n += 1) bench.clock.advance(1000);
  await ending;
  assert.ok(live.closed);
  assert.deepEqual(bench.told, []);
  live.close();
});

test('a playlist longer than an hour is written once a minute while it grows, and at the end', async (t) => {
  const bench = await uploadBench(t);
  const live = bench.live(1, false);
  const recording = new LongRecording(bench.folder(1, 'anchor1'), anchor);
  const key = `a/b/T/${base}_audiovideo.m3u8`;
  const inBucket = async () => parsePlaylist((await bench.server.get(key)).toString(), zero);
  const listed = async () => (await inBucket()).segments.length;
  const puts = (): number => bench.proxy.seen.filter(({ url }) => url.includes('.m3u8')).length;
  const uploaded = async (segments: number): Promise<void> => {
    recording.growTo(segments);
    await until(bench, `segment ${segments}`, () => live.stats().segments === segments);
    await wait(100);
  };
  for (const segments of [358, 359, 360]) {
    await uploaded(segments);
    assert.equal(await listed(), segments, 'a short one is written at once');
  }
  const [before, since] = [puts(), bench.clock.monoUs()];
  for (const segments of [361, 362]) {
    await uploaded(segments);
    assert.equal(await listed(), 360);
  }
  await until(bench, 'the long list, though nothing more was recorded', async () => (await listed()) === 362);
  const waited = bench.clock.monoUs() - since;
  assert.ok(waited > 55_000_000 && waited < 65_000_000, `${waited}`);
  await uploaded(363);
  assert.equal(puts(), before + 1);
  recording.growTo(364, true);
  await live.finish(5_000);
  assert.equal(puts(), before + 2);
  const { segments, ended } = await inBucket();
  assert.deepEqual([segments.length, ended], [364, true]);
});
