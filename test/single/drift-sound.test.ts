import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { AudioUnit } from '../../src/timeline/media.ts';
import { opusPackets, pitch } from '../codec/sound.ts';
import { decodeAudio } from '../kit/sound-track.ts';
import { at, finish, play, record, tempDir } from './recorder-kit.ts';

const seconds = 20;
/** The sender's sample from which the tone is another one. */
const mark = 18 * 48_000;

/** Both tones have whole periods up to the mark, so that the sender's own sound has no click there. */
const sent = (n: number): number => 0.3 * Math.sin((2 * Math.PI * (n < mark ? 1000 : 2000) * n) / 48_000);

/** Largest third difference: a jump shows in it, a tone of 2 kHz hardly. */
function roughness(samples: Float32Array): number {
  let most = 0;
  for (let i = 3; i < samples.length; i += 1) {
    const [a, b, c, d] = [samples[i - 3]!, samples[i - 2]!, samples[i - 1]!, samples[i]!];
    most = Math.max(most, Math.abs(d - 3 * c + 3 * b - a));
  }
  return most;
}

for (const sampleRate of [48_000, 44_100] as const)
  test(`a clock 300 ppm off leaves no click in a file of ${sampleRate} Hz, and moves nothing`, async (t) => {
    const packets = await opusPackets(sent, seconds * 50);
    const rough: number[] = [];
    for (const ppm of [0, 300, -300]) {
      const units = packets.map((data, k): AudioUnit => ({
        at: at((k * 20) / (1 + ppm / 1e6)),
        samples: 960,
        data,
        level: 20,
      }));
      const dir = join(tempDir(t), `${ppm}`);
      const recording = await record(dir, { audio: { sampleRate, channels: 1, bitrate: 64_000 } });
      t.after(() => recording.close());
      await play(recording, units, seconds * 1000 + 1200);
      const file = await finish(t, [dir], (await recording.finish(at(seconds * 1000)))!);
      const { samples, startUs, gaps } = await decodeAudio(file.path);
      assert.deepEqual(gaps, []);
      const ms = sampleRate / 1000;
      const part = (fromMs: number, toMs: number): Float32Array =>
        samples.subarray(Math.round((fromMs - startUs / 1000) * ms), Math.round((toMs - startUs / 1000) * ms));
      rough.push(roughness(part(500, 17_500)));
      const due = 18_000 / (1 + ppm / 1e6);
      assert.ok(pitch(part(due - 40, due - 20), 2000, sampleRate) < 0.05, `${ppm} ppm: not before its time`);
      assert.ok(pitch(part(due + 20, due + 40), 2000, sampleRate) > 0.2, `${ppm} ppm: there by its time`);
    }
    const [own, ...drifting] = rough as [number, number, number];
    for (const each of drifting) assert.ok(each < own * 1.5, `${each}, where a clock in step gives ${own}`);
  });
