import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { MadePart } from '../../src/finish/make-parts.ts';
import { tone, rms, type Sound } from '../codec/sound.ts';
import { avOffsets, findBeeps, findFlashes } from '../kit/flash-beep.ts';
import { topLevelBoxes } from '../kit/media-file.ts';
import { decodeVideo, type VideoFrames } from '../kit/video-frames.ts';
import { camera, ramp, type CameraOptions } from '../single/pictures.ts';
import { at, play, record, tempDir, voice } from '../single/recorder-kit.ts';
import { cutsOf, soundIn, split, worstDifference } from './parts-kit.ts';

const whole = { left: 16, top: 16, width: 200, height: 120 };

/** A tone that never repeats itself, so that a frame in the wrong place is heard. */
const chirp: Sound = (n) => 0.3 * Math.sin((2 * Math.PI * (300 * n + n * n * 0.0002)) / 48_000);

interface Scene {
  readonly fromMs?: number;
  readonly seconds: number;
  readonly sound?: Sound | undefined;
  readonly pictures?: Partial<CameraOptions> | undefined;
}

/** One epoch of an anchor, as a drained recorder leaves it. */
async function epoch(dir: string, { fromMs = 0, seconds, sound, pictures }: Scene): Promise<string> {
  const streams = sound && pictures ? 'audio-video' : sound ? 'audio' : 'video';
  const recording = await record(dir, { streams });
  const units = [
    ...(pictures ? await camera({ from: at(fromMs), count: seconds * 25, gop: 50, ...pictures }) : []),
    ...(sound ? await voice(sound, fromMs, seconds * 50) : []),
  ];
  await play(recording, units, fromMs + seconds * 1000 + 100, fromMs);
  recording.close();
  return dir;
}

async function lumas(part: MadePart): Promise<{ shown: VideoFrames; lumas: number[] }> {
  const shown = await decodeVideo(part.path);
  return { shown, lumas: shown.frames.map((frame) => frame.luma(whole)) };
}

/** The pictures of the parts are those of the whole, each once, each at its time. */
async function samePictures(parts: readonly MadePart[], count: number, luma: (n: number) => number) {
  let n = 0;
  const zero = parts[0]!.startMs;
  for (const part of parts) {
    for (const frame of (await decodeVideo(part.path)).frames) {
      const ms = part.startMs - zero + frame.ptsUs / 1000;
      assert.ok(Math.abs(ms - n * 40) <= 1, `picture ${n} at ${ms}`);
      assert.ok(Math.abs(frame.luma(whole) - luma(n)) < 5, `picture ${n} is ${frame.luma(whole)}, not ${luma(n)}`);
      n += 1;
    }
  }
  assert.equal(n, count);
}

/**
 * The sound of the parts is that of the whole, sample by sample. Where there is sound alone cuts stand on its frames.
 * @param unlike samples at the beginning of a part that a decoder cannot have right, because what they lean on is missing.
 */
async function sameSound(parts: readonly MadePart[], one: MadePart, grid = 1, unlike = 0): Promise<void> {
  const all = await soundIn(one.path, one.endMs - one.startMs);
  assert.ok(rms(all.samples) > 0.1);
  const sampleAt = (ms: number): number => Math.round(((ms - one.startMs) * 48) / grid) * grid;
  for (const part of parts) {
    const [from, to] = [sampleAt(part.startMs), part === parts.at(-1) ? all.samples.length : sampleAt(part.endMs)];
    const own = await soundIn(part.path, (to - from) / 48);
    const skip = from === 0 ? 0 : unlike;
    const worst = worstDifference(own.samples.subarray(skip), all.samples.subarray(from + skip, to));
    assert.ok(worst < 1e-3, `part from ${part.startMs - one.startMs} ms differs by ${worst}`);
  }
}

test('150 s in parts of a minute: pictures, flashes and beeps go on without loss or repetition', async (t) => {
  const flash = (n: number): number => (n % 25 < 3 ? 220 : 40 + (n % 7) * 8);
  const beep: Sound = (n) => (n % 48_000 < 5760 ? 0.4 * Math.sin((2 * Math.PI * 1000 * n) / 48_000) : 0);
  const dir = await epoch(join(tempDir(t), 'e1'), { seconds: 150, sound: beep, pictures: { gop: 250, luma: flash } });
  const parts = await split(t, { dirs: [dir], endMs: 150_000, limits: { durationMs: 60_000 } });
  assert.deepEqual(cutsOf(parts), [60_000, 120_000, 150_000]);
  await samePictures(parts, 3750, flash);
  for (const part of parts) {
    assert.deepEqual(part.streams, ['h264', 'aac']);
    assert.deepEqual((await topLevelBoxes(part.path)).map(({ type }) => type).slice(0, 2), ['ftyp', 'moov']);
    const seconds = (part.endMs - part.startMs) / 1000;
    const [flashes, beeps] = [
      findFlashes(await decodeVideo(part.path), whole),
      findBeeps(await soundIn(part.path, seconds * 1000), 1000),
    ];
    // Those that a part begins with have no onset in it.
    assert.ok(flashes.length >= seconds - 1 && beeps.length >= seconds - 1, `${flashes.length} ${beeps.length}`);
    const { worstUs, unpaired } = avOffsets(flashes, beeps);
    assert.ok(Math.abs(worstUs) < 12_000 && unpaired <= 1, `${worstUs} ${unpaired}`);
  }
});

test('a cut is at the first key frame behind the limit, and the sound is cut on the same moment', async (t) => {
  const dir = await epoch(join(tempDir(t), 'e1'), { seconds: 30, sound: chirp, pictures: { gop: 75 } });
  const [one] = await split(t, { dirs: [dir], endMs: 30_000 });
  const parts = await split(t, { dirs: [dir], endMs: 30_000, limits: { durationMs: 10_000 } });
  assert.deepEqual(cutsOf(parts), [12_000, 24_000, 30_000]);
  await samePictures(parts, 750, ramp);
  await sameSound(parts, one!);
});

test('a rest shorter than a second stays with the part before it', async (t) => {
  const dir = await epoch(join(tempDir(t), 'e1'), { seconds: 11, pictures: { gop: 25 } });
  const limits = { durationMs: 10_000 };
  assert.deepEqual(cutsOf(await split(t, { dirs: [dir], endMs: 10_900, limits })), [10_900]);
  assert.deepEqual(cutsOf(await split(t, { dirs: [dir], endMs: 11_000, limits })), [10_000, 11_000]);
});

test('a picture held over cuts is in every part, and so is the silence', async (t) => {
  const dir = join(tempDir(t), 'e1');
  const recording = await record(dir);
  // The last picture before the camera goes off is not a key frame: grey 30 + 37 * 4.
  const pictures = await camera({ from: at(0), count: 38, gop: 100, luma: (n) => 30 + 4 * n });
  const back = await camera({ from: at(55_000), count: 50, luma: () => 90 });
  const sound = await voice(chirp, 0, 3000);
  await play(recording, [...pictures, ...back, ...sound], 60_100);
  await recording.finish(at(60_000));
  const [one] = await split(t, { dirs: [dir], endMs: 60_000 });
  const parts = await split(t, { dirs: [dir], endMs: 60_000, limits: { durationMs: 15_000 } });
  // At 45 s a key frame comes within the wait.
  assert.deepEqual(cutsOf(parts), [15_000, 30_000, 55_000, 60_000]);
  for (const [index, part] of parts.slice(0, 3).entries()) {
    const { shown, lumas: greys } = await lumas(part);
    assert.equal(shown.frames[0]!.ptsUs, 0);
    assert.equal(greys.length, index === 0 ? 38 : 1, greys.join());
    assert.ok(Math.abs(greys.at(-1)! - 178) < 4, `part ${index + 1} shows ${greys.at(-1)}`);
    assert.deepEqual(part.streams, ['h264', 'aac']);
  }
  assert.equal((await lumas(parts[3]!)).lumas.length, 50);
  await sameSound(parts, one!);
});

test('pictures without any key frame are cut all the same: what they lean on is decoded out of sight', async (t) => {
  const dir = await epoch(join(tempDir(t), 'e1'), { seconds: 40, sound: chirp, pictures: { gop: 5000 } });
  const [one] = await split(t, { dirs: [dir], endMs: 40_000 });
  const parts = await split(t, { dirs: [dir], endMs: 40_000, limits: { durationMs: 10_000 } });
  assert.deepEqual(cutsOf(parts), [10_000, 20_000, 30_000, 40_000]);
  await samePictures(parts, 1000, ramp);
  await sameSound(parts, one!);
});

test('parts by bytes stay below the limit and above nine tenths of it', async (t) => {
  const noisy = { gop: 25, noise: true, bitrate: 1_200_000 };
  const dir = await epoch(join(tempDir(t), 'e1'), { seconds: 40, sound: chirp, pictures: noisy });
  const [one] = await split(t, { dirs: [dir], endMs: 40_000 });
  const bytes = Math.round(statSync(one!.path).size / 2.5);
  const parts = await split(t, { dirs: [dir], endMs: 40_000, limits: { bytes } });
  assert.equal(parts.length, 3);
  cutsOf(parts);
  for (const [index, { path }] of parts.entries()) {
    const { size } = statSync(path);
    assert.ok(size <= bytes && (index === 2 || size > bytes * 0.85), `part ${index + 1}: ${size} of ${bytes}`);
  }
  let count = 0;
  for (const part of parts) count += (await decodeVideo(part.path)).frames.length;
  assert.equal(count, 1000);
  await sameSound(parts, one!);
});

test('pictures that are decoded out of sight count for the size of the part, too', async (t) => {
  const dir = join(tempDir(t), 'e1');
  const recording = await record(dir, { streams: 'video' });
  const noisy = { noise: true, bitrate: 1_200_000 };
  // No key frame for twenty seconds, then one every second: the second part begins with hidden pictures.
  const units = [
    ...(await camera({ ...noisy, from: at(0), count: 500, gop: 5000 })),
    ...(await camera({ ...noisy, from: at(20_000), count: 500, gop: 25 })),
  ];
  await play(recording, units, 40_100);
  await recording.finish(at(40_000));
  const [one] = await split(t, { dirs: [dir], endMs: 40_000 });
  const bytes = Math.round(statSync(one!.path).size / 2);
  const parts = await split(t, { dirs: [dir], endMs: 40_000, limits: { bytes, durationMs: 4000 } });
  const tight = await split(t, { dirs: [dir], endMs: 40_000, limits: { bytes, durationMs: 19_000 } });
  assert.ok(cutsOf(parts).length > 5 && cutsOf(tight).length >= 2);
  for (const { path } of [...parts, ...tight]) assert.ok(statSync(path).size <= bytes, `${statSync(path).size}`);
  const shown = (await decodeVideo(one!.path)).frames.map((frame) => frame.luma(whole));
  await samePictures(parts, 1000, (n) => shown[n]!);
});

test('sound alone is cut where a frame begins, as MP4 and as AAC', async (t) => {
  const dir = await epoch(join(tempDir(t), 'e1'), { seconds: 25, sound: chirp });
  const [one] = await split(t, { dirs: [dir], endMs: 25_000 });
  const limits = { durationMs: 10_000 };
  const mp4 = await split(t, { dirs: [dir], endMs: 25_000, limits });
  assert.equal(cutsOf(mp4).length, 3);
  for (const [index, ms] of cutsOf(mp4).slice(0, 2).entries()) assert.ok(ms - 10_000 * (index + 1) < 45, `${ms}`);
  await sameSound(mp4, one!, 1024);
  const [oneAac] = await split(t, { dirs: [dir], endMs: 25_000, container: 'aac' });
  const aac = await split(t, { dirs: [dir], endMs: 25_000, limits, container: 'aac' });
  assert.deepEqual(cutsOf(aac), cutsOf(mp4));
  await sameSound(aac, oneAac!, 1024, 2048);
  const size = statSync(one!.path).size;
  const small = await split(t, { dirs: [dir], endMs: 25_000, limits: { bytes: Math.round(size / 3) } });
  assert.ok(small.length >= 3 && small.length <= 5, `${small.length}`);
  for (const { path } of small) assert.ok(statSync(path).size <= size / 3);
  await sameSound(small, one!, 1024);
});

test('a part in which the size of the pictures changes has them all', async (t) => {
  const dir = join(tempDir(t), 'e1');
  const recording = await record(dir, { streams: 'video' });
  const units = [
    ...(await camera({ from: at(0), count: 375, gop: 100 })),
    ...(await camera({ from: at(15_000), count: 125, width: 640, height: 360, gop: 100 })),
  ];
  await play(recording, units, 20_100);
  await recording.finish(at(20_000));
  const parts = await split(t, { dirs: [dir], endMs: 20_000, limits: { durationMs: 8_000 } });
  assert.deepEqual(cutsOf(parts), [8_000, 19_000, 20_000]);
  const widths: number[][] = [];
  for (const part of parts) widths.push((await decodeVideo(part.path)).frames.map((frame) => frame.width));
  const pictures = (count: number, width: number): number[] => Array.from({ length: count }, () => width);
  assert.deepEqual(widths, [pictures(200, 320), [...pictures(175, 320), ...pictures(100, 640)], pictures(25, 640)]);
  assert.deepEqual(
    parts.map((part) => part.width),
    [320, 320, 640],
  );
});

test('two epochs with a gap that is longer than a part: every part is filled to its span', async (t) => {
  const dir = tempDir(t);
  const dirs = [
    await epoch(join(dir, 'e1'), { seconds: 8, sound: tone(500), pictures: { luma: () => 60 } }),
    await epoch(join(dir, 'e2'), { fromMs: 50_000, seconds: 10, sound: tone(700), pictures: { luma: () => 200 } }),
  ];
  const parts = await split(t, { dirs, endMs: 60_000, limits: { durationMs: 12_000 } });
  assert.deepEqual(cutsOf(parts), [12_000, 24_000, 50_000, 60_000]);
  for (const [index, grey] of [60, 60, 60, 200].entries()) {
    const part = parts[index]!;
    assert.deepEqual(part.streams, ['h264', 'aac']);
    const shown = await decodeVideo(part.path);
    assert.ok(Math.abs(shown.at(part.durationMs - 500)!.luma(whole) - grey) < 4);
    const { samples } = await soundIn(part.path, part.endMs - part.startMs);
    const loud = rms(samples.subarray(48_000, 5 * 48_000)) > 0.1;
    assert.equal(loud, index === 0 || index === 3, `part ${index + 1}`);
  }
});
