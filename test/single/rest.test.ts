import assert from 'node:assert/strict';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { onset, rms, tone } from '../codec/sound.ts';
import { decodeAudio } from '../kit/sound-track.ts';
import { decodeVideo } from '../kit/video-frames.ts';
import { intercept } from '../segment/failing-disk.ts';
import { camera } from './pictures.ts';
import { at, finish, play, record, tempDir, voice } from './recorder-kit.ts';

/** Files below `dir` that this process has open. */
const openFiles = (dir: string): string[] =>
  readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${fd}`);
      return path.startsWith(dir) ? [path] : [];
    } catch {
      return [];
    }
  });

/** Waits until files that were let go are closed. */
async function until(done: () => boolean): Promise<void> {
  for (let turn = 0; turn < 500 && !done(); turn += 1) await new Promise((resolve) => setTimeout(resolve, 2));
  assert.ok(done());
}

for (const codec of ['h264', 'vp8'] as const) {
  test(`an anchor who is away for half a minute has no file open, and goes on in the same folder (${codec})`, async (t) => {
    const dir = join(tempDir(t), 'e1');
    const recording = await record(dir);
    const pictures = (fromMs: number): ReturnType<typeof camera> =>
      camera({ codec, from: at(fromMs), count: 50, bitrate: 500_000 });
    const first = [...(await pictures(0)), ...(await voice(tone(500), 0, 100))];
    await play(recording, first, 2300);
    await new Promise((resolve) => setTimeout(resolve, 50));
    recording.leave(at(2000));
    await play(recording, [], 31_900, 2400);
    assert.equal(openFiles(dir).length, 1, 'not before half a minute');
    await play(recording, [], 34_000, 32_000);
    await until(() => openFiles(dir).length === 0);
    const { segments } = recording.stats();

    // The microphone comes first, the camera two seconds later.
    const again = [...(await voice(tone(900), 50_000, 200)), ...(await pictures(52_000))];
    await play(recording, again, 54_300, 50_000);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const end = (await recording.finish(at(54_000)))!;
    assert.deepEqual(end, { startUs: at(0), endUs: at(54_000), trackType: 'audio_video' });
    assert.ok(recording.stats().segments > segments);
    assert.match(readFileSync(join(dir, 'index.m3u8'), 'utf8'), /#EXT-X-DISCONTINUITY\n/);

    const file = await finish(t, [dir], end);
    const { frames } = await decodeVideo(file.path);
    assert.equal(frames.length, 100);
    assert.ok(Math.abs(frames[50]!.ptsUs - 52_000_000) < 200, `${frames[50]!.ptsUs}`);
    const { samples, startUs, gaps } = await decodeAudio(file.path);
    assert.deepEqual(gaps, []);
    const sample = (ms: number): number => Math.round((ms - startUs / 1000) * 48);
    const back = onset(samples, 0.1, sample(20_000)) / 48 + startUs / 1000;
    assert.ok(Math.abs(back - 50_000) < 10, `sound is back at ${back} ms`);
    assert.ok(rms(samples.subarray(sample(3000), sample(49_900))) < 1e-3);
    assert.ok(rms(samples.subarray(sample(50_100), sample(53_900))) > 0.15);
  });
}

test('media that was still on its way when the anchor left does not keep anything open', async (t) => {
  const dir = join(tempDir(t), 'e1');
  const recording = await record(dir);
  const sound = await voice(tone(500), 0, 100);
  await play(recording, sound.slice(0, 90), 2000);
  recording.leave(at(2000));
  await play(recording, [], 33_000, 2100);
  for (const unit of sound.slice(90)) recording.onAudio(unit);
  recording.advance(at(33_200));
  await until(() => openFiles(dir).length === 0);
  const end = (await recording.finish(at(40_000)))!;
  assert.equal(end.endUs, at(2000));
});

test('the end waits for the disk without holding up the process', async (t) => {
  const dir = join(tempDir(t), 'e1');
  const recording = await record(dir);
  await play(recording, await voice(tone(500), 0, 50), 1200);
  let release = (): void => {};
  let waited = 0;
  intercept(t, 'fsync', () => (_fd: never, done: (error: null) => void) => (release = () => done(null)));
  intercept(t, 'fsyncSync', (original) => (fd) => {
    waited += 1;
    return original(fd);
  });
  let over = false;
  const end = recording.finish(at(1000)).then((result) => {
    over = true;
    return result;
  });
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.ok(!over);
  assert.equal(waited, 0);
  release();
  assert.equal((await end)!.trackType, 'audio');
});
