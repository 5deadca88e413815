import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { FinishError } from '../../src/finish/finish-request.ts';
import { segmentNames } from '../../src/segment/recording-folder.ts';
import { readTransport } from '../../src/segment/transport-reader.ts';
import { tone } from '../codec/sound.ts';
import { decodeAudio } from '../kit/sound-track.ts';
import { decodeVideo } from '../kit/video-frames.ts';
import { camera } from '../single/pictures.ts';
import { at, finish, play, record, tempDir, voice } from '../single/recorder-kit.ts';

const noMedia = (error: unknown): boolean =>
  error instanceof FinishError && error.code === 'no-media' && error.permanent;

test('a first picture that comes after the stop is cut off, and the file is one of sound', async (t) => {
  const dir = join(tempDir(t), 'e1');
  const recording = await record(dir);
  const sound = await voice(tone(500), 0, 100);
  const pictures = await camera({ from: at(2050), count: 5 });
  await play(recording, [...sound, ...pictures], 2400);
  const end = (await recording.finish(at(2000)))!;
  assert.equal(end.trackType, 'audio_video', 'the record promises a picture');
  const file = await finish(t, [dir], { startUs: at(0), endUs: at(2000) });
  assert.deepEqual(file.streams, ['aac']);
  assert.equal(file.width, 0);
  assert.ok(Math.abs(file.durationMs - 2000) <= 30);
});

test('sound that comes after the stop is cut off, and the file is one of pictures', async (t) => {
  const dir = join(tempDir(t), 'e1');
  const recording = await record(dir);
  const pictures = await camera({ from: at(0), count: 50 });
  for (const unit of pictures) recording.onVideo(unit);
  recording.close();
  const file = await finish(t, [dir], { startUs: at(0), endUs: at(2000) });
  assert.ok(file.streams.includes('h264'));
});

test('short spans make files that decode; from 50 ms on, less is no media', async (t) => {
  const dir = tempDir(t);
  const sound = await voice(tone(500), 0, 25);
  const pictures = await camera({ from: at(0), count: 12 });
  for (const sampleRate of [48000, 44100, 16000] as const) {
    for (const units of [[...sound, ...pictures], sound, pictures]) {
      const folder = join(dir, `${sampleRate}-${units.length}`);
      const recording = await record(folder, { audio: { sampleRate, channels: 1, bitrate: 64_000 } });
      await play(recording, units, 700);
      await recording.finish(at(500));
      for (const ms of [50, 51, 60, 80, 120, 200]) {
        const file = await finish(t, [folder], { startUs: at(0), endUs: at(ms) });
        const name = `${sampleRate} Hz, ${units.length} units, ${ms} ms: ${file.durationMs}`;
        assert.ok(Math.abs(file.durationMs - ms) <= 65, name);
        if (file.streams.includes('h264')) assert.ok((await decodeVideo(file.path)).frames.length > 0, name);
        if (file.streams.includes('aac')) assert.ok((await decodeAudio(file.path)).samples.length > 0, name);
        assert.equal(file.streams.includes('h264'), units !== sound, name);
      }
      for (const ms of [-20, 0, 3, 15, 49])
        await assert.rejects(finish(t, [folder], { startUs: at(0), endUs: at(ms) }), noMedia, `${ms} ms`);
    }
  }
});

test('sound without one whole picture is a file of sound', async (t) => {
  const dir = join(tempDir(t), 'e1');
  const recording = await record(dir);
  await play(recording, await voice(tone(500), 0, 50), 1200);
  const [key] = await camera({ from: at(900), count: 1 });
  // As a writer that was killed in the middle of its first picture leaves it: the record promises what is not there.
  recording.onVideo({ ...key!, data: key!.data.subarray(0, 8) });
  recording.close();
  const file = await finish(t, [dir], { startUs: at(0), endUs: at(1000) });
  assert.deepEqual(file.streams, ['aac']);
});

test('segments whose media lies outside the span are no media', async (t) => {
  const dir = join(tempDir(t), 'e1');
  const recording = await record(dir, { streams: 'audio' });
  await play(recording, await voice(tone(500), 5000, 50), 6200, 5000);
  recording.close();
  await assert.rejects(finish(t, [dir], { startUs: at(0), endUs: at(4000) }), noMedia);
});

test('behind a picture that lost bytes the pictures wait for a key frame', async (t) => {
  const dir = join(tempDir(t), 'e1');
  const recording = await record(dir, { streams: 'video' });
  for (const unit of await camera({ from: at(0), count: 75, noise: true, bitrate: 1_000_000 })) recording.onVideo(unit);
  await recording.finish(at(3000));
  const path = join(dir, segmentNames(dir)[0]!);
  const bytes = readFileSync(path);
  const ends = Array.from(readTransport(bytes), (packet) => packet.end);
  // The last transport packet of picture 30; the next key frame is picture 50.
  const cut = ends[30]! - 188;
  writeFileSync(path, Buffer.concat([bytes.subarray(0, cut), bytes.subarray(cut + 188)]));
  const file = await finish(t, [dir], { startUs: at(0), endUs: at(3000) });
  const { frames } = await decodeVideo(file.path);
  assert.deepEqual(
    frames.map((frame) => Math.round(frame.ptsUs / 40_000)),
    [...Array.from({ length: 30 }, (_, n) => n), ...Array.from({ length: 25 }, (_, n) => 50 + n)],
  );
});
