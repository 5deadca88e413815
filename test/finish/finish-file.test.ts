import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { finishFile } from '../../src/finish/finish-file.ts';
import { FinishError, type FinishErrorCode, type FinishRequest } from '../../src/finish/finish-request.ts';
import { hashFile } from '../../src/finish/publish.ts';
import { createSegmentWriter } from '../../src/segment/hls-writer.ts';
import { micros, toWallMs, wallMs } from '../../src/units.ts';
import { onset, rms, tone } from '../codec/sound.ts';
import { probeFile } from '../kit/media-file.ts';
import { decodeAudio } from '../kit/sound-track.ts';
import { decodeVideo } from '../kit/video-frames.ts';
import { camera, ramp } from '../single/pictures.ts';
import { at, finish, noLimits, play, record, tempDir, voice, zero } from '../single/recorder-kit.ts';

const whole = { left: 16, top: 16, width: 200, height: 120 };

/** An epoch's folder with a tone and grey pictures from one time to another; as a killed or drained recorder leaves it. */
async function epoch(dir: string, fromMs: number, toMs: number, grey: number, hz: number): Promise<string> {
  const recording = await record(dir);
  const count = (toMs - fromMs) / 40;
  const pictures = await camera({ from: at(fromMs), count, luma: () => grey });
  const sound = await voice(tone(hz), fromMs, count * 2);
  await play(recording, [...pictures, ...sound], toMs + 100, fromMs);
  recording.close();
  return dir;
}

const failsWith =
  (code: FinishErrorCode) =>
  (error: unknown): boolean =>
    error instanceof FinishError && error.code === code;

const request = (dir: string, dirs: string[], endMs: number, more: Partial<FinishRequest> = {}): FinishRequest => ({
  dirs,
  container: 'mp4',
  limits: noLimits,
  nameStem: 'a b',
  fileId: '51',
  target: { kind: 'library', root: join(dir, 'library'), subAppId: 7 },
  tempDir: join(dir, 'library', 'unfinished'),
  attempt: 'e1-1',
  mediaId: 'main',
  separateMedia: false,
  startMs: toWallMs(at(0)),
  endMs: toWallMs(at(endMs)),
  ...more,
});

const pathIn = (dir: string): string => join(dir, 'library', '7', '51', '51.mp4');

test('epochs of one task become one file: the gap is silence and the held picture, an overlap is cut', async (t) => {
  const dir = tempDir(t);
  const dirs = [
    await epoch(join(dir, 'e1'), 0, 2000, 60, 500),
    await epoch(join(dir, 'e2'), 5000, 8000, 120, 700),
    await epoch(join(dir, 'e3'), 7000, 10_000, 200, 900),
  ];
  const file = await finish(t, [...dirs, join(dir, 'e4')], { startUs: at(0), endUs: at(11_000) });
  assert.ok(Math.abs(file.durationMs - 11_000) <= 30, `${file.durationMs}`);
  const pictures = await decodeVideo(file.path);
  for (const [ms, grey] of [
    [1900, 60],
    [4900, 60],
    [5020, 120],
    [7900, 120],
    [10_900, 200],
  ] as const)
    assert.ok(Math.abs(pictures.at(ms)!.luma(whole) - grey) < 4, `at ${ms}: ${pictures.at(ms)!.luma(whole)}`);
  const { samples, startUs, gaps } = await decodeAudio(file.path);
  assert.deepEqual(gaps, []);
  const span = (from: number, to: number): Float32Array =>
    samples.subarray((from - startUs / 1000) * 48, (to - startUs / 1000) * 48);
  assert.ok(rms(span(2200, 4950)) < 1e-3);
  assert.ok(Math.abs(onset(span(4900, 6000), 0.05) / 48 + 4900 - 5000) < 25);
  assert.ok(rms(span(8200, 9800)) > 0.15);
  assert.ok(rms(span(10_200, 11_000)) < 1e-3);
});

test('a start stamp rounded up past the first picture does not move the others', async (t) => {
  const dir = tempDir(t);
  const dirs = [await epoch(join(dir, 'e1'), 0, 2000, 60, 500)];
  const asked = request(dir, dirs, 2000, { startMs: wallMs(toWallMs(at(0)) + 1) });
  await finishFile(asked);
  const { video } = await probeFile(pathIn(dir));
  assert.equal(video!.startUs, 0);
  const { frames } = await decodeVideo(pathIn(dir));
  assert.ok(Math.abs(frames[1]!.ptsUs - 39_000) < 100, `second picture at ${frames[1]!.ptsUs}`);
});

test('a recording that began 27 hours after its zero, across the 33-bit wrap', async (t) => {
  const dir = join(tempDir(t), 'e1');
  // 2^33 ticks of 90 kHz are 95 443.7 s; ten seconds of them lie before the zero.
  const fromMs = 95_432_000;
  await epoch(dir, fromMs, fromMs + 4000, 90, 500);
  const file = await finish(t, [dir], { startUs: at(fromMs), endUs: at(fromMs + 4000) });
  assert.ok(Math.abs(file.durationMs - 4000) <= 30);
  const { video, audio } = await probeFile(file.path);
  assert.equal(video!.packets, 100);
  assert.ok(video!.largestGapUs < 40_100, `${video!.largestGapUs}`);
  assert.ok(audio!.largestGapUs < 21_400);
});

test('pictures that are decoded in another order than shown keep their times', async (t) => {
  const dir = join(tempDir(t), 'e1');
  const units = await camera({ from: at(1000), count: 75, bFrames: 2, gop: 100, luma: (n) => 30 + 2 * n });
  const shown = units.map((unit) => unit.at).sort((a, b) => a - b);
  assert.ok(
    units.some((unit, k) => unit.at !== shown[k]),
    'there are B frames',
  );
  const writer = await createSegmentWriter({ dir, zeroUs: zero, identity: { userId: '', mediaId: 'mix', epoch: 1 } });
  for (const [k, { at: time, key, data }] of units.entries()) {
    const [pts, dts] = [micros(time - zero), micros(shown[k]! - zero - 80_000)];
    writer.writeVideo({ pts, dts, duration: micros(40_000), key, data });
  }
  writer.close();
  const file = await finish(t, [dir], { startUs: at(1000), endUs: at(4000) });
  assert.ok(Math.abs(file.durationMs - 3000) <= 45, `${file.durationMs}`);
  const { frames } = await decodeVideo(file.path);
  assert.equal(frames.length, 75);
  for (const [n, frame] of frames.entries()) {
    assert.ok(Math.abs(frame.ptsUs - n * 40_000) < 50, `picture ${n} at ${frame.ptsUs}`);
    assert.ok(Math.abs(frame.luma(whole) - 30 - 2 * n) < 4, `picture ${n} is ${frame.luma(whole)}`);
  }
});

test('a picture held for eight hours', async (t) => {
  const dir = join(tempDir(t), 'e1');
  const recording = await record(dir, { streams: 'video' });
  const later = 8 * 3_600_000;
  const pictures = [
    ...(await camera({ from: at(0), count: 3 })),
    ...(await camera({ from: at(later), count: 3, luma: () => 200 })),
  ];
  for (const unit of pictures) recording.onVideo(unit);
  const file = await finish(t, [dir], (await recording.finish(at(later + 1000)))!);
  assert.ok(Math.abs(file.durationMs - later - 1000) <= 30);
  const { frames } = await decodeVideo(file.path);
  assert.deepEqual(
    frames.map((frame) => Math.round(frame.ptsUs / 1000)),
    [0, 40, 80, later, later + 40, later + 80],
  );
  assert.ok(Math.abs(frames[2]!.luma(whole) - ramp(2)) < 4);
});

test('the finishing process does the job; doing it again gives the same file', async (t) => {
  const dir = tempDir(t);
  const dirs = [await epoch(join(dir, 'e1'), 0, 2000, 60, 500)];
  const first = await finishFile(request(dir, dirs, 2000));
  const [part] = first;
  assert.ok(part && first.length === 1);
  assert.equal(part.name, 'a b.mp4');
  assert.equal(part.fileId, '51');
  assert.deepEqual(part.streams, ['h264', 'aac']);
  assert.equal(part.trackType, 'audio_video');
  assert.equal(part.sha256, await hashFile(pathIn(dir)));
  assert.equal(part.sizeBytes, readFileSync(pathIn(dir)).length);
  const { fps, sampleRate, channels, videoBitrate = 0, audioBitrate = 0 } = part.facts ?? {};
  assert.deepEqual([fps, sampleRate, channels], [25, 48_000, 1]);
  // Rates are those of the samples; the file has little beside them.
  assert.ok(Math.abs((videoBitrate + audioBitrate) / 4 / part.sizeBytes - 1) < 0.25);
  assert.deepEqual(await finishFile(request(dir, dirs, 2000)), first);
  assert.deepEqual(readdirSync(join(dir, 'library', 'unfinished')), []);
  assert.deepEqual(readdirSync(join(dir, 'library', '7', '51')), ['51.mp4']);
});

test('a job that is lost puts nothing in place, however far its work has come', async (t) => {
  const dir = tempDir(t);
  const dirs = [await epoch(join(dir, 'e1'), 0, 2000, 60, 500)];
  const lost = new AbortController();
  let asked = 0;
  const mayDeliver = (): boolean => {
    asked += 1;
    setTimeout(() => lost.abort(), 500);
    return false;
  };
  const finishing = finishFile(request(dir, dirs, 2000), { signal: lost.signal, mayDeliver });
  await assert.rejects(finishing, failsWith('cancelled'));
  assert.equal(asked, 1);
  assert.equal(existsSync(pathIn(dir)), false);
});

test('what cannot be finished is refused with its reason, and nothing is put in place', async (t) => {
  const dir = tempDir(t);
  const recording = await record(join(dir, 'sound'), { streams: 'audio' });
  await play(recording, await voice(tone(500), 0, 100), 2200);
  recording.close();
  const dirs = [join(dir, 'sound')];
  await assert.rejects(finishFile(request(dir, [join(dir, 'absent')], 2000)), failsWith('no-media'));
  const signal = AbortSignal.timeout(30);
  await assert.rejects(finishFile(request(dir, dirs, 2000), { signal }), failsWith('cancelled'));
  assert.equal(existsSync(pathIn(dir)), false);
  const backwards = request(dir, dirs, 2000, { startMs: wallMs(toWallMs(at(9000))), endMs: toWallMs(at(12_000)) });
  await assert.rejects(finishFile(backwards), failsWith('no-media'));
  assert.equal(existsSync(pathIn(dir)), false);
  assert.ok(new FinishError('no-media', '').permanent && !new FinishError('failed', '').permanent);
});
