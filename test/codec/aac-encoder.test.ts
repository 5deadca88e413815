import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aacDelayFrames, openAacEncoder, type AacEncoder } from '../../src/codec/aac-encoder.ts';
import { decodeAac, onset, rms, tone, type Sound } from './sound.ts';

const block = (sound: Sound, frame: number): Float32Array =>
  Float32Array.from({ length: 1024 }, (_, i) => sound(frame * 1024 + i));

/** Feeds `frames` blocks; those for which `silent` holds go in as declared silence, or as zeros when `honest`. */
function run(encoder: AacEncoder, frames: number, silent: (frame: number) => boolean, honest: boolean): Uint8Array[] {
  const sound = tone(440);
  const packets: Uint8Array[] = [];
  for (let f = 0; f < frames; f += 1) {
    const quiet = silent(f);
    const out =
      quiet && !honest ? encoder.encodeSilence() : encoder.encode([quiet ? new Float32Array(1024) : block(sound, f)]);
    if (out) packets.push(out);
  }
  return [...packets, ...encoder.finish()];
}

test('packet n decodes to the samples of call n − 2', async () => {
  const encoder = await openAacEncoder({ sampleRate: 48000, channels: 1 });
  const packets = run(encoder, 40, (f) => f < 20, true);
  assert.equal(packets.length, 41, 'every frame and the priming one');
  const pcm = await decodeAac(packets, encoder.format.config);
  const primed = pcm.subarray((aacDelayFrames - 1) * 1024);
  assert.ok(Math.abs(onset(primed, 0.02) - 20 * 1024) < 60, `onset at ${onset(primed, 0.02)}`);
});

test('canned silence comes back to sound exactly as an encoder that heard every silent sample', async () => {
  const silent = (f: number): boolean => f >= 20 && f < 60;
  const canned = await openAacEncoder({ sampleRate: 48000, channels: 1 });
  const honest = await openAacEncoder({ sampleRate: 48000, channels: 1 });
  const a = await decodeAac(run(canned, 90, silent, false), canned.format.config);
  const b = await decodeAac(run(honest, 90, silent, true), honest.format.config);
  assert.equal(a.length, b.length);
  const difference = a.map((sample, i) => sample - b[i]!);
  assert.ok(rms(difference) < 1e-4, `differs by ${rms(difference)}`);
  assert.equal(rms(a.subarray(26 * 1024, 58 * 1024)), 0, 'silence is silent');
  const back = difference.subarray(58 * 1024, 64 * 1024);
  assert.ok(Math.max(...back.map(Math.abs)) < 0.02, 'no click on the way back');
});

test('silence is one small constant packet once settled, in mono and stereo and at every rate', async () => {
  for (const channels of [1, 2] as const)
    for (const sampleRate of [48000, 44100, 16000] as const) {
      const encoder = await openAacEncoder({ sampleRate, channels });
      for (let f = 0; f < 6; f += 1) encoder.encodeSilence();
      assert.ok(encoder.settled);
      assert.equal(encoder.encodeSilence(), encoder.encodeSilence());
      assert.ok(encoder.silentPacket!.length < 8);
      encoder.close();
      encoder.close();
    }
});
