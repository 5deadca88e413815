import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { rms, tone } from '../codec/sound.ts';
import { split } from '../finish/parts-kit.ts';
import { probeFile } from '../kit/media-file.ts';
import { decodeAudio } from '../kit/sound-track.ts';
import { decodeVideo } from '../kit/video-frames.ts';
import { decodePictures } from '../mixed/mix-file.ts';
import { assertColour, cells, fps, play as playMix, solid, startMix } from '../mixed/mix-kit.ts';
import { asUnits, black, blue, green, red } from '../mixed/synthetic-media.ts';
import { camera, ramp } from '../single/pictures.ts';
import { at, finish, play, record, tempDir, voice } from '../single/recorder-kit.ts';

/** Complaints about other recorders that are seen in the finished file, and are proved nowhere else. */

const whole = { left: 0, top: 0, width: 64, height: 36 };
const small = { width: 64, height: 36 };

test('BigBlueButton #11683: after many cuts every picture still stands at its absolute time', async (t) => {
  const dir = join(tempDir(t), 'e1');
  const recording = await record(dir, { streams: 'video' });
  // 30 pictures a second: no cut, and no picture, falls on a whole millisecond.
  const step = 33_333;
  const pictures = await camera({ ...small, from: at(0), count: 1200, step, gop: 1 });
  await play(recording, pictures, 40_100);
  await recording.finish(at(40_000));
  const parts = await split(t, { dirs: [dir], endMs: 40_000, limits: { durationMs: 1_111 } });
  assert.ok(parts.length > 30, `${parts.length} parts`);
  let n = 0;
  for (const [index, part] of parts.entries())
    for (const { ptsUs } of (await decodeVideo(part.path)).frames) {
      const off = (part.startMs - parts[0]!.startMs) * 1000 + ptsUs - n * step;
      // A part's start is told in whole milliseconds, so half of one is rounding; it must not grow with the parts.
      assert.ok(Math.abs(off) <= 600, `picture ${n} in part ${index + 1} is ${off} µs off`);
      n += 1;
    }
  assert.equal(n, 1200);
});

/** What somebody sends who is cut off twice: after a second for 100 ms, and after two and a half for 500 ms. */
const online = [
  [0, 1_000],
  [1_100, 2_500],
  [3_000, 5_000],
] as const;

test('egress #210: who is cut off for 100 to 500 ms goes on in the same file, everything at its time', async (t) => {
  const dir = join(tempDir(t), 'e1');
  const recording = await record(dir);
  for (const [fromMs, toMs] of online) {
    const length = toMs - fromMs;
    const units = [
      ...(await camera({ ...small, from: at(fromMs), count: Math.ceil(length / 40), luma: () => 40 + fromMs / 20 })),
      ...(await voice(tone(500), fromMs, length / 20)),
    ];
    await play(recording, units, toMs + 60, fromMs + 60);
    recording.endVideo(at(toMs));
    recording.leave(at(toMs));
    recording.beginVideo();
    recording.beginSound();
  }
  const file = await finish(t, [dir], (await recording.finish(at(5_000)))!);
  assert.ok(Math.abs(file.durationMs - 5_000) <= 45, `lasts ${file.durationMs} ms`);
  const pictures = await decodeVideo(file.path);
  const { samples, startUs } = await decodeAudio(file.path);
  for (const [fromMs, toMs] of online) {
    const luma = pictures.at(fromMs + 20)!.luma(whole);
    assert.ok(Math.abs(luma - 40 - fromMs / 20) < 4, `at ${fromMs} ms ${luma}`);
    const sample = (ms: number): number => Math.round((ms - startUs / 1000) * 48);
    assert.ok(rms(samples.subarray(sample(fromMs + 40), sample(toMs - 40))) > 0.15, `from ${fromMs} ms`);
  }
});

test('egress #210: in the mix, too, the person is back at once, and it is one file', async () => {
  const mix = await startMix({ streams: 'video' });
  const colours = [red, green, blue];
  for (const [k, [fromMs, toMs]] of online.entries()) {
    mix.recording.addAnchor('a', k, at(fromMs));
    const sink = mix.recording.addPicture('a', 'main', at(fromMs));
    const units = asUnits(await solid(colours[k]!, 2), at(fromMs), fps).filter((unit) => unit.at < at(toMs));
    playMix(mix, toMs / 1000, [{ sink, units }], fromMs / 1000);
    if (toMs < 5_000) mix.recording.removeAnchor('a', at(toMs));
  }
  mix.recording.finish(at(5_000));
  const shown = decodePictures(mix.file.videos);
  assert.equal(shown.length, 5 * fps);
  const tick = (ms: number): number => Math.ceil((ms * fps) / 1000);
  for (const [k, [fromMs, toMs]] of online.entries())
    for (const ms of [fromMs, toMs - 100]) assertColour(shown[tick(ms)], cells(1)[0], colours[k]!, `at ${ms} ms`);
  assertColour(shown[tick(2_700)], cells(1)[0], black, 'while nobody is there');
});

test('mediasoup3-record-demo #91: an app that sends nothing for twenty seconds leaves a file of the full length', async (t) => {
  const dir = join(tempDir(t), 'e1');
  const recording = await record(dir);
  const stretch = async (fromMs: number) => [
    ...(await camera({ ...small, from: at(fromMs), count: 50 })),
    ...(await voice(tone(500), fromMs, 100)),
  ];
  await play(recording, [...(await stretch(0)), ...(await stretch(22_000))], 24_100);
  const file = await finish(t, [dir], (await recording.finish(at(24_000)))!);
  assert.ok(Math.abs(file.durationMs - 24_000) <= 45, `lasts ${file.durationMs} ms`);
  await assertAway(file.path);
});

/** In between the last picture stands and it is silent; then both are back in their places. */
async function assertAway(path: string): Promise<void> {
  const pictures = await decodeVideo(path);
  assert.ok(Math.abs(pictures.at(12_000)!.luma(whole) - ramp(49)) < 4);
  assert.ok(Math.abs(pictures.at(22_060)!.luma(whole) - ramp(1)) < 4);
  const { samples, startUs } = await decodeAudio(path);
  const loudness = (fromMs: number, toMs: number): number =>
    rms(samples.subarray((fromMs - startUs / 1000) * 48, (toMs - startUs / 1000) * 48));
  assert.ok(loudness(500, 1_900) > 0.15 && loudness(2_200, 21_900) < 1e-3 && loudness(22_100, 23_900) > 0.15);
  assert.ok((await probeFile(path)).audio!.largestGapUs < 45_000);
}

test('OpenVidu #252, egress #827, egress #911: no browser is in the path, so none can crash or fail to start', () => {
  const file = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const { dependencies, optionalDependencies } = JSON.parse(file) as Record<string, Record<string, string>>;
  const used = Object.keys({ ...dependencies, ...optionalDependencies });
  assert.ok(used.includes('node-av'), 'pictures are composed by the library');
  assert.deepEqual(
    used.filter((name) => /chrom|puppeteer|playwright|electron|selenium|webdriver|firefox|webkit/i.test(name)),
    [],
  );
});
