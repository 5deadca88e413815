import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { annexBUnits } from '../../src/synthetic/annex-b.ts';
import { onset, pitch, rms, tone } from '../codec/sound.ts';
import { probeFile, topLevelBoxes } from '../kit/media-file.ts';
import { nalUnits } from '../kit/nal-units.ts';
import { decodeAudio } from '../kit/sound-track.ts';
import { decodeVideo } from '../kit/video-frames.ts';
import { camera, ramp } from './pictures.ts';
import { at, finish, play, record, tempDir, voice } from './recorder-kit.ts';

const whole = { left: 16, top: 16, width: 200, height: 120 };

test('pictures go through byte for byte, sound and picture keep their places', async (t) => {
  const dir = join(tempDir(t), 'e1');
  const recording = await record(dir);
  const pictures = await camera({ from: at(1000), count: 75 });
  const sound = await voice((n) => (n >= 48_000 ? tone(1000)(n) : 0), 1000, 150);
  await play(recording, [...pictures, ...sound], 4200);
  const end = (await recording.finish(at(4000)))!;
  assert.deepEqual(end, { startUs: at(1000), endUs: at(4000), trackType: 'audio_video' });

  const file = await finish(t, [dir], end);
  assert.deepEqual(file.streams, ['h264', 'aac']);
  assert.equal(file.width, 320);
  assert.equal(file.height, 180);
  assert.ok(Math.abs(file.durationMs - 3000) <= 30, `lasts ${file.durationMs} ms`);
  assert.equal(file.sizeBytes, readFileSync(file.path).length);
  assert.deepEqual((await topLevelBoxes(file.path)).map((box) => box.type).slice(0, 2), ['ftyp', 'moov']);

  const units = await nalUnits(file.path);
  assert.deepEqual(
    units.map((unit) => unit.nals.map((nal) => Buffer.from(nal).toString('hex'))),
    pictures.map((unit) => annexBUnits(Buffer.from(unit.data)).map((nal) => Buffer.from(nal).toString('hex'))),
  );
  for (const [k, unit] of units.entries())
    assert.ok(Math.abs(unit.ptsUs - k * 40_000) < 50, `picture ${k} at ${unit.ptsUs}`);

  const heard = await decodeAudio(file.path);
  const first = onset(heard.samples, 0.1);
  const offset = heard.startUs / 1000 + first / 48 - 1000;
  // libopus looks ahead 2.5 ms in its low delay mode.
  assert.ok(Math.abs(offset) < 10, `the beep is ${offset} ms off`);
  assert.ok(Math.abs(pitch(heard.samples.subarray(100_000, 120_000), 1000) - 0.3) < 0.06);
});

test('video that begins late begins late in the file, in a section of its own', async (t) => {
  const dir = join(tempDir(t), 'e1');
  const recording = await record(dir);
  const sound = await voice(tone(500), 0, 250);
  const pictures = await camera({ from: at(3000), count: 50 });
  await play(recording, [...sound, ...pictures], 5200);
  const end = (await recording.finish(at(5000)))!;
  assert.equal(end.trackType, 'audio_video');
  assert.match(readFileSync(join(dir, 'index.m3u8'), 'utf8'), /#EXT-X-DISCONTINUITY\n/);
  const { video, audio, durationUs } = await probeFile((await finish(t, [dir], end)).path);
  assert.ok(Math.abs(video!.startUs - 3_000_000) < 10_000, `video starts at ${video!.startUs}`);
  assert.ok(Math.abs(audio!.startUs) < 10_000 + 21_334);
  assert.ok(Math.abs(durationUs - 5_000_000) < 30_000);
});

test('a muted microphone and a lost stretch are silence; what follows stands in its place', async (t) => {
  const dir = join(tempDir(t), 'e1');
  const recording = await record(dir);
  const sound = await voice((n) => (n < 96_000 ? tone(500)(n) : n < 240_000 ? 0 : tone(800)(n)), 0, 300);
  const muted = sound.slice(100, 150).map((unit) => ({ ...unit, level: 127 }));
  const pictures = await camera({ from: at(0), count: 150 });
  await play(recording, [...sound.slice(0, 100), ...muted, ...sound.slice(250), ...pictures], 6300);
  const file = await finish(t, [dir], (await recording.finish(at(6000)))!);
  const { samples, startUs, gaps } = await decodeAudio(file.path);
  assert.deepEqual(gaps, []);
  const span = (fromMs: number, toMs: number): Float32Array =>
    samples.subarray((fromMs - startUs / 1000) * 48, (toMs - startUs / 1000) * 48);
  assert.ok(rms(span(500, 1900)) > 0.15);
  assert.ok(rms(span(2100, 4950)) < 1e-3, `silence has ${rms(span(2100, 4950))}`);
  const back = onset(span(4900, 6000), 0.05) / 48 + 4900;
  assert.ok(Math.abs(back - 5000) < 10, `sound is back at ${back} ms`);
  assert.ok(Math.max(...span(4990, 5100).map(Math.abs)) < 0.4, 'no click');
});

test('an anchor who leaves and returns goes on in the same file, the gap is silence and the held picture', async (t) => {
  const dir = join(tempDir(t), 'e1');
  const recording = await record(dir);
  const first = [...(await camera({ from: at(0), count: 50 })), ...(await voice(tone(500), 0, 100))];
  const again = [
    ...(await camera({ from: at(40_000), count: 50, luma: () => 200 })),
    ...(await voice(tone(900), 40_000, 100)),
  ];
  await play(recording, first, 2200);
  recording.leave(at(2100));
  await play(recording, again, 42_200, 2300);
  const end = (await recording.finish(at(42_000)))!;
  const file = await finish(t, [dir], end);
  assert.ok(Math.abs(file.durationMs - 42_000) <= 30);
  const { audio } = await probeFile(file.path);
  assert.ok(audio!.largestGapUs < 45_000, `a hole of ${audio!.largestGapUs} µs in the sound`);
  const pictures = await decodeVideo(file.path);
  assert.equal(pictures.frames.length, 100);
  assert.ok(Math.abs(pictures.at(30_000)!.luma(whole) - ramp(49)) < 4, 'the last picture is held');
  assert.ok(Math.abs(pictures.at(40_020)!.luma(whole) - 200) < 4);
  const { samples, startUs } = await decodeAudio(file.path);
  const back = onset(samples, 0.1, Math.round((20_000_000 - startUs) * 0.048)) / 48 + startUs / 1000;
  assert.ok(Math.abs(back - 40_000) < 10, `sound is back at ${back} ms`);
  assert.ok(recording.stats().bytes < 200_000, 'the gap is not written to the spool');
});

test('sound and pictures that begin anew carry nothing of before', async (t) => {
  const dir = join(tempDir(t), 'e1');
  let asked = 0;
  const recording = await record(dir, { requestKeyFrame: () => (asked += 1) });
  const pictures = await camera({ from: at(0), count: 150, gop: 60 });
  const before = await voice(tone(500), 0, 105);
  const after = await voice(() => 0, 4000, 100);
  await play(recording, [...pictures.slice(0, 50), ...before.slice(0, 102)], 4000);
  recording.beginSound();
  recording.beginVideo();
  asked = 0;
  await play(recording, [...pictures.slice(100), ...after], 6200, 4100);
  const file = await finish(t, [dir], (await recording.finish(at(6000)))!);
  const { samples, startUs } = await decodeAudio(file.path);
  const again = samples.subarray((3990 - startUs / 1000) * 48, (4100 - startUs / 1000) * 48);
  assert.ok(Math.max(...again.map(Math.abs)) < 1e-3, `the old tone rings on: ${Math.max(...again.map(Math.abs))}`);
  const { frames } = await decodeVideo(file.path);
  assert.equal(frames.length, 50 + 30, 'from the key frame at 4800 ms on');
  assert.ok(asked > 0);
});

test('a change of resolution is in the file with both parameter sets', async (t) => {
  const dir = join(tempDir(t), 'e1');
  const recording = await record(dir);
  const small = await camera({ from: at(0), count: 50 });
  const large = await camera({ from: at(2000), count: 50, width: 640, height: 360 });
  await play(recording, [...small, ...large], 4300);
  const file = await finish(t, [dir], (await recording.finish(at(4000)))!);
  const { frames } = await decodeVideo(file.path);
  assert.equal(frames.length, 100);
  assert.deepEqual([frames[49]!.width, frames[50]!.width, frames[99]!.height], [320, 640, 360]);
  const bytes = readFileSync(file.path);
  assert.equal(bytes.toString('latin1').split('avcC').length - 1, 2, 'one sample entry per SPS');
});

test('VP8 becomes H.264 on the same times, through a change of size', async (t) => {
  const dir = join(tempDir(t), 'e1');
  const recording = await record(dir);
  const small = await camera({ codec: 'vp8', from: at(0), count: 50, bitrate: 500_000 });
  const large = await camera({ codec: 'vp8', from: at(2000), count: 50, width: 640, height: 360, bitrate: 500_000 });
  await play(recording, [...small, ...large], 5000);
  await new Promise((resolve) => setTimeout(resolve, 50));
  const file = await finish(t, [dir], (await recording.finish(at(4000)))!);
  const { frames } = await decodeVideo(file.path);
  assert.equal(frames.length, 100);
  assert.equal(recording.stats().droppedPictures, 0);
  assert.deepEqual([frames[49]!.width, frames[50]!.width], [320, 640]);
  for (const [n, frame] of frames.entries()) {
    assert.ok(Math.abs(frame.ptsUs - n * 40_000) < 100, `picture ${n} at ${frame.ptsUs}`);
    assert.ok(Math.abs(frame.luma(whole) - ramp(n % 50)) < 6, `picture ${n} is ${frame.luma(whole)}`);
  }
});

test('sound alone has no video track, pictures alone have a silent one unless only video is wanted', async (t) => {
  const dir = tempDir(t);
  const sound = await voice(tone(500), 0, 100);
  const pictures = await camera({ from: at(0), count: 50 });
  const cases = [
    { streams: 'audio-video', units: sound, type: 'audio', has: ['aac'] },
    { streams: 'audio-video', units: pictures, type: 'audio_video', has: ['h264', 'aac'] },
    { streams: 'audio', units: [...sound, ...pictures], type: 'audio', has: ['aac'] },
    { streams: 'video', units: [...sound, ...pictures], type: 'video', has: ['h264'] },
  ] as const;
  for (const [k, { streams, units, type, has }] of cases.entries()) {
    const recording = await record(join(dir, `${k}`), { streams });
    await play(recording, units, 2300);
    const end = (await recording.finish(at(2000)))!;
    assert.equal(end.trackType, type);
    const file = await finish(t, [join(dir, `${k}`)], end);
    assert.deepEqual(file.streams, has);
    assert.ok(Math.abs(file.durationMs - 2000) <= 30, `case ${k} lasts ${file.durationMs}`);
  }
});

test('44.1 and 16 kHz, stereo: same places', async (t) => {
  const dir = tempDir(t);
  const sound = await voice((n) => (n >= 48_000 ? tone(1000)(n) : 0), 0, 150);
  for (const sampleRate of [44100, 16000] as const) {
    const recording = await record(join(dir, `${sampleRate}`), { audio: { sampleRate, channels: 2, bitrate: 96_000 } });
    await play(recording, sound, 3300);
    const file = await finish(t, [join(dir, `${sampleRate}`)], (await recording.finish(at(3000)))!);
    const heard = await decodeAudio(file.path);
    assert.equal(heard.sampleRate, sampleRate);
    assert.deepEqual(heard.gaps, []);
    const first = heard.startUs / 1000 + (onset(heard.samples, 0.1) * 1000) / sampleRate;
    assert.ok(Math.abs(first - 1000) < 10, `${sampleRate}: ${first}`);
  }
});

test('without media there is no file and no folder; a recording never begins inside a group of pictures', async (t) => {
  const dir = join(tempDir(t), 'e1');
  let asked = 0;
  const recording = await record(dir, { streams: 'video', requestKeyFrame: () => (asked += 1) });
  const pictures = await camera({ from: at(0), count: 30 });
  for (const unit of pictures.slice(1, 10)) recording.onVideo(unit);
  assert.equal(asked, 9);
  assert.equal(await recording.finish(at(1000)), undefined);
  assert.throws(() => readFileSync(join(dir, 'recording.json')), /ENOENT/);
  recording.close();
});
