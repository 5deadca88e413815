import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openOpusDecoder } from '../../src/codec/opus-decoder.ts';
import { Resampler } from '../../src/codec/resampler.ts';
import { opusPackets, pitch, tone } from './sound.ts';

test('decodes a tone, mono and stereo, 960 samples a packet', async () => {
  for (const channels of [1, 2] as const) {
    const packets = await opusPackets(tone(1000), 20, channels);
    const decoder = await openOpusDecoder(channels);
    const last = packets.map((packet) => decoder.decode(packet)).at(-1);
    assert.equal(last?.samples, 960);
    assert.equal(last.planes.length, channels);
    for (const plane of last.planes) assert.ok(Math.abs(pitch(plane, 1000) - 0.3) < 0.06);
    decoder.close();
  }
});

test('broken packets are counted and never throw', async () => {
  const decoder = await openOpusDecoder(1);
  const broken = [
    new Uint8Array(0),
    Uint8Array.of(0xff),
    Uint8Array.of(0x03, 0xff, 0xff),
    new Uint8Array(2000).fill(0xfb),
  ];
  const decoded = broken.map((packet) => decoder.decode(packet)).filter((sound) => sound !== undefined);
  assert.equal(decoder.stats().broken, broken.length - decoded.length);
  assert.ok(decoder.stats().broken >= 2);
  decoder.close();
  assert.equal(decoder.decode(Uint8Array.of(1)), undefined, 'closed');
});

test('resamples to 44.1 and 16 kHz without losing samples or pitch', () => {
  for (const rate of [44100, 16000]) {
    const resampler = new Resampler(rate, 1);
    let total = 0;
    let last = new Float32Array(0);
    for (let k = 0; k < 50; k += 1) {
      const block = Float32Array.from({ length: 960 }, (_, i) => tone(500)(k * 960 + i));
      const [plane] = resampler.convert([block]);
      total += plane!.length;
      last = Float32Array.from(plane!);
    }
    assert.ok(rate - total >= 0 && rate - total < 64, `${rate - total} samples still inside`);
    assert.ok(Math.abs(pitch(last, 500, rate) - 0.3) < 0.05);
    resampler.close();
  }
});
