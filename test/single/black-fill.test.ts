import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SingleRecording } from '../../src/single/single-recording.ts';
import { onset, tone } from '../codec/sound.ts';
import { probeFile } from '../kit/media-file.ts';
import { decodeAudio } from '../kit/sound-track.ts';
import { decodeVideo } from '../kit/video-frames.ts';
import { camera, type CameraOptions } from './pictures.ts';
import { at, finish, play, record, tempDir, voice } from './recorder-kit.ts';

const whole = { left: 16, top: 16, width: 200, height: 120 };
const BLACK = 16;
const GREY = 120;
const LIGHT = 200;

/** Two seconds of one grey, the first picture a key frame. */
const grey = (fromMs: number, luma: number, more: Partial<CameraOptions> = {}) =>
  camera({ from: at(fromMs), count: 50, luma: () => luma, bitrate: 500_000, ...more });

/** Encoders open in real time, of which these recordings need little. */
const breathe = (): Promise<void> => sleep(100);

const open = async (t: TestContext, fill: 'hold' | 'black' = 'black'): Promise<[SingleRecording, string]> => {
  const dir = join(tempDir(t), 'e1');
  return [await record(dir, { fill }), dir];
};

/** Ends the recording, makes the MP4 and decodes it. */
async function seen(t: TestContext, recording: SingleRecording, dir: string, endMs: number) {
  const file = await finish(t, [dir], (await recording.finish(at(endMs)))!);
  const pictures = await decodeVideo(file.path);
  const luma = (ms: number): number => Math.round(pictures.at(ms)!.luma(whole));
  const is = (ms: number, expected: number): void =>
    assert.ok(Math.abs(luma(ms) - expected) < 6, `at ${ms} ms it is ${luma(ms)}, not ${expected}`);
  return { ...file, frames: pictures.frames, is };
}

/** A beep that begins at `beepMs`, in a sound from `fromMs` to `toMs`. */
const beeping = (fromMs: number, toMs: number, beepMs: number) =>
  voice((n) => (n >= (beepMs - fromMs) * 48 ? tone(1000)(n) : 0), fromMs, (toMs - fromMs) / 20);

for (const codec of ['h264', 'vp8'] as const) {
  test(`three seconds without pictures and it is black until they return (${codec})`, async (t) => {
    const [recording, dir] = await open(t);
    const quiet = await beeping(0, 5_000, 10_000);
    await play(recording, [...(await grey(0, GREY, { codec })), ...quiet.slice(0, 100)], 2_100);
    await breathe();
    await play(recording, quiet.slice(100), 5_050, 2_200);
    await breathe();
    const more = [...(await beeping(5_000, 10_000, 8_000)), ...(await grey(8_000, LIGHT, { codec }))];
    await play(recording, more, 10_200, 5_100);
    await breathe();
    const { is, frames, width, streams, path } = await seen(t, recording, dir, 10_000);
    assert.deepEqual([frames.length, width, streams.join()], [101, 320, 'h264,aac']);
    const black = frames[50]!;
    assert.deepEqual([black.width, black.height], [320, 180]);
    assert.ok(black.ptsUs > 4_100_000 && black.ptsUs < 4_700_000, `black from ${black.ptsUs}`);
    for (const [ms, expected] of [
      [10, GREY],
      [1_900, GREY],
      [4_000, GREY],
      [4_800, BLACK],
      [7_900, BLACK],
      [8_010, LIGHT],
      [9_900, LIGHT],
    ] as const)
      is(ms, expected);
    const { samples, startUs, gaps } = await decodeAudio(path);
    assert.deepEqual(gaps, []);
    const beep = onset(samples, 0.1) / 48 + startUs / 1000;
    assert.ok(Math.abs(frames[51]!.ptsUs / 1000 - beep) < 12, `picture ${frames[51]!.ptsUs} µs, beep ${beep} ms`);
  });

  test(`a camera that is turned off is black at once, as often as it is (${codec})`, async (t) => {
    const [recording, dir] = await open(t);
    const sound = await beeping(0, 12_000, 6_000);
    const part = (fromMs: number, toMs: number) => sound.filter((u) => u.at >= at(fromMs) && u.at < at(toMs));
    for (const [k, from] of [0, 4_000, 8_000].entries()) {
      const pictures = await grey(from, [GREY, LIGHT, GREY][k]!, { codec });
      await play(recording, [...pictures, ...part(from, from + 2_000)], from + 2_050, from + 50);
      await breathe();
      recording.endVideo(at(from + 2_000));
      recording.advance(at(from + 2_060));
      await breathe();
      await play(recording, part(from + 2_000, from + 4_000), from + 4_050, from + 2_100);
      recording.beginVideo();
    }
    const { is, frames, path } = await seen(t, recording, dir, 12_000);
    assert.equal(frames.length, 153);
    assert.deepEqual(
      [50, 101, 152].map((n) => Math.round(frames[n]!.ptsUs / 1000)),
      [2_000, 6_000, 10_000],
    );
    for (const [ms, expected] of [
      [1_990, GREY],
      [2_010, BLACK],
      [3_990, BLACK],
      [4_010, LIGHT],
      [6_010, BLACK],
      [8_010, GREY],
      [11_900, BLACK],
    ] as const)
      is(ms, expected);
    const { samples, startUs } = await decodeAudio(path);
    assert.ok(Math.abs(onset(samples, 0.1) / 48 + startUs / 1000 - 6_000) < 10);
    const { video } = await probeFile(path);
    assert.ok(Math.abs(video!.startUs) < 1_000);
    const entries = readFileSync(path).toString('latin1').split('avcC').length - 1;
    assert.equal(entries, codec === 'h264' ? 2 : 1, 'however often it was black');
  });
}

test('an absence is black once the anchor is back, and the file of one who does not return ends with the last picture', async (t) => {
  for (const returns of [true, false]) {
    const [recording, dir] = await open(t);
    await play(recording, [...(await grey(0, GREY)), ...(await voice(tone(500), 0, 100))], 2_200);
    recording.endVideo(at(2_100));
    recording.leave(at(2_100));
    await play(recording, [], 35_000, 2_300);
    await breathe();
    if (returns) {
      const again = [...(await voice(tone(900), 40_000, 200)), ...(await grey(42_000, LIGHT))];
      await play(recording, again, 44_200, 40_000);
    }
    const { is, frames, durationMs } = await seen(t, recording, dir, 44_000);
    assert.equal(frames.length, returns ? 101 : 50);
    assert.ok(Math.abs(durationMs - (returns ? 44_000 : 2_100)) <= 30, `lasts ${durationMs} ms`);
    is(2_050, GREY);
    if (!returns) continue;
    is(2_200, BLACK);
    is(41_900, BLACK);
    is(42_010, LIGHT);
  }
});

test('a short absence is no reason for black; neither is any gap where the last picture shall stay', async (t) => {
  for (const [fill, back] of [
    ['black', 4_000],
    ['hold', 9_000],
  ] as const) {
    const [recording, dir] = await open(t, fill);
    await play(recording, await grey(0, GREY), 2_200);
    recording.endVideo(at(2_000));
    recording.leave(at(2_000));
    await breathe();
    await play(recording, await grey(back, LIGHT), back + 2_200, back);
    const { is, frames } = await seen(t, recording, dir, back + 2_000);
    assert.equal(frames.length, 100);
    is(back - 50, GREY);
  }
});

test('behind the black pictures go on from a key frame, which is asked for', async (t) => {
  const dir = join(tempDir(t), 'e1');
  let asked = 0;
  const recording = await record(dir, { fill: 'black', requestKeyFrame: () => (asked += 1) });
  const sound = await voice(tone(500), 0, 500);
  const pictures = await grey(0, GREY, { count: 250, gop: 200 });
  const shown = [...pictures.slice(0, 25), ...pictures.slice(150)];
  await play(recording, [...shown.filter((u) => u.at < at(3_000)), ...sound.slice(0, 210)], 4_200);
  await breathe();
  asked = 0;
  await play(recording, [...shown.slice(25), ...sound.slice(210)], 10_200, 4_300);
  assert.ok(asked >= 1);
  const { is, frames } = await seen(t, recording, dir, 10_000);
  assert.equal(frames.length, 25 + 1 + 50);
  is(7_900, BLACK);
  is(8_010, GREY);
});
