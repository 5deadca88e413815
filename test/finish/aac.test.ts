import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { FinishError } from '../../src/finish/finish-request.ts';
import { adtsFrames } from '../../src/segment/adts.ts';
import { onset, rms, tone } from '../codec/sound.ts';
import { probeFile } from '../kit/media-file.ts';
import { camera } from '../single/pictures.ts';
import { at, play, record, tempDir, voice } from '../single/recorder-kit.ts';
import { soundIn, split } from './parts-kit.ts';

test('an AAC file has the sound alone, silence in every gap, and the length of its span', async (t) => {
  const dir = tempDir(t);
  const rates = [48_000, 44_100, 16_000] as const;
  for (const sampleRate of rates) {
    const dirs = ['e1', 'e2'].map((name) => join(dir, `${sampleRate}`, name));
    for (const [index, fromMs] of [300, 5300].entries()) {
      const recording = await record(dirs[index]!, { audio: { sampleRate, channels: 2, bitrate: 64_000 } });
      const pictures = await camera({ from: at(fromMs), count: 10 });
      await play(recording, [...pictures, ...(await voice(tone(500), fromMs, 100))], fromMs + 2100, fromMs);
      recording.close();
    }
    const [part, ...others] = await split(t, { dirs, endMs: 9000, container: 'aac' });
    assert.ok(part && others.length === 0);
    assert.deepEqual([part.streams, part.trackType, part.width], [['aac'], 'audio', 0]);
    assert.deepEqual([part.facts.sampleRate, part.facts.channels, part.facts.fps], [sampleRate, 2, undefined]);
    assert.ok(Math.abs(part.durationMs - 9000) <= 33, `${part.durationMs}`);
    const frames = [...adtsFrames(readFileSync(part.path))];
    assert.equal(Math.round((frames.length * 1024 * 1000) / sampleRate), part.durationMs);
    assert.equal((await probeFile(part.path)).format, 'aac');
    const { samples } = await soundIn(part.path, 9000);
    const span = (from: number, to: number): Float32Array =>
      samples.subarray((from * sampleRate) / 1000, (to * sampleRate) / 1000);
    const half = (1024 * 1000) / sampleRate;
    for (const [from, to, begin] of [
      [0, 1000, 300],
      [4000, 6000, 5300],
    ] as const) {
      const heard = from + (onset(span(from, to), 0.05) * 1000) / sampleRate;
      assert.ok(Math.abs(heard - begin) < half, `${sampleRate} Hz: ${heard} instead of ${begin}`);
    }
    assert.ok(rms(span(500, 2200)) > 0.15 && rms(span(5500, 7200)) > 0.15);
    assert.ok(rms(span(2500, 5100)) < 1e-3 && rms(span(7500, 9000)) < 1e-3);
  }
});

test('many rests shorter than a frame do not add up', async (t) => {
  const dir = tempDir(t);
  const dirs: string[] = [];
  // Twenty epochs whose beginnings fall anywhere between two frames of the epoch before.
  for (let k = 0; k < 20; k += 1) {
    const fromMs = k * 517;
    const recording = await record((dirs[k] = join(dir, `e${k}`)), { streams: 'audio' });
    await play(recording, await voice(tone(500), fromMs, 15), fromMs + 400, fromMs);
    recording.close();
  }
  const [part] = await split(t, { dirs, endMs: 20 * 517, container: 'aac' });
  const { samples } = await soundIn(part!.path, 20 * 517);
  for (let k = 1; k < 20; k += 1) {
    const from = (k * 517 - 100) * 48;
    const heard = onset(samples.subarray(from, from + 12_000), 0.05) / 48 - 100;
    assert.ok(Math.abs(heard) < 30, `epoch ${k} is ${heard} ms off`);
  }
});

test('a recording without sound makes no AAC file', async (t) => {
  const dir = join(tempDir(t), 'e1');
  const recording = await record(dir, { streams: 'video' });
  for (const unit of await camera({ from: at(0), count: 50 })) recording.onVideo(unit);
  recording.close();
  await assert.rejects(
    split(t, { dirs: [dir], endMs: 2000, container: 'aac' }),
    (error) => error instanceof FinishError && error.permanent,
  );
});
