import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadLibopus } from 'libopus-wasm';
import type { AudioUnit } from '../../src/timeline/media.ts';
import { wallUs } from '../../src/units.ts';
import { packetSamples, received, speech, voicePackets } from '../codec/lossy-sound.ts';
import { rms } from '../codec/sound.ts';
import { decodeAudio } from '../kit/sound-track.ts';
import type { SingleRecording } from '../../src/single/single-recording.ts';
import { at, finish, record, tempDir, zero } from './recorder-kit.ts';

const count = 400;

/** Hands units over when a reader would: what follows a loss waits 600 ms for it, on a path that is 60 ms late by then. */
async function arrive(recording: SingleRecording, units: readonly AudioUnit[]): Promise<void> {
  let due = zero;
  const waiting = units.map((unit) => {
    due = wallUs(Math.max(due, unit.at + (unit.lost ? 660_000 : 0)));
    return { unit, due };
  });
  for (let ms = 0; ms <= count * 20 + 1000; ms += 20) {
    while (waiting[0] && waiting[0].due <= at(ms)) recording.onAudio(waiting.shift()!.unit);
    if (ms % 100 === 0) recording.advance(at(ms));
    await new Promise(setImmediate);
  }
}

test('what is lost on a bad link is mended in the file, each loss in its place', async (t) => {
  await loadLibopus();
  const packets = await voicePackets(speech, count, true);
  const isLost = (k: number): boolean => k > 40 && k < 380 && (k % 13 === 0 || (k % 100 >= 54 && k % 100 < 58));
  const files = [];
  for (const [name, lossy] of [
    ['whole', false],
    ['lossy', true],
  ] as const) {
    const dir = join(tempDir(t), name);
    const recording = await record(dir, { streams: 'audio' });
    t.after(() => recording.close());
    await arrive(recording, received({ packets, start: zero, isLost: (k) => lossy && isLost(k) }));
    const { lateSound, concealedSound, recoveredSound } = recording.stats();
    assert.equal(lateSound, 0);
    assert.equal(concealedSound + recoveredSound, lossy ? packets.filter((_, k) => isLost(k)).length : 0);
    assert.ok(!lossy || recoveredSound > 5);
    const file = await finish(t, [dir], (await recording.finish(at(count * 20)))!);
    files.push(await decodeAudio(file.path));
  }
  const [whole, lossy] = files as [(typeof files)[0], (typeof files)[0]];
  assert.equal(whole.startUs, lossy.startUs);
  assert.equal(whole.samples.length, lossy.samples.length);
  let [sounding, missing] = [0, 0];
  for (let from = 0; from + packetSamples < whole.samples.length; from += packetSamples) {
    const level = rms(whole.samples.subarray(from, from + packetSamples));
    if (level < 0.02) continue;
    sounding += 1;
    if (rms(lossy.samples.subarray(from, from + packetSamples)) < level / 10) missing += 1;
  }
  assert.ok(sounding > 200 && missing <= sounding / 50, `${missing} of ${sounding} windows are empty`);
  const end = [whole, lossy].map(({ samples }) => samples.subarray(-10 * packetSamples)) as [
    Float32Array,
    Float32Array,
  ];
  const apart = rms(end[0].map((sample, i) => sample - end[1][i]!));
  assert.ok(rms(end[0]) > 0.02 && apart < rms(end[0]) / 10, `at the end the two are ${apart} apart`);
});
