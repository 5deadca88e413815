import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadLibopus } from 'libopus-wasm';
import { ceiling, limiterBlock } from '../../src/mixed/limiter.ts';
import { SoundMixer } from '../../src/mixed/sound-mixer.ts';
import { SoundSource } from '../../src/mixed/sound-source.ts';
import type { AudioUnit } from '../../src/timeline/media.ts';
import { wallUs } from '../../src/units.ts';
import { packetSamples, received, speech, voicePackets } from '../codec/lossy-sound.ts';
import { rms } from '../codec/sound.ts';
import { seededRandom } from '../rtp/seeded-random.ts';
import { decodeSound } from './mix-file.ts';
import { at, startMix, zero } from './mix-kit.ts';
import { encodeVoice, tone, type Voice } from './synthetic-media.ts';

const seconds = 3;

/** Talkers at full scale of every kind: vowels, beeps, square tones that clip by themselves, noise. */
function loudVoice(index: number): Voice {
  const random = seededRandom(index);
  const pitch = 90 + 37 * index;
  const kinds: Voice[] = [
    (n) => Math.max(-1, Math.min(1, 3 * speech(n + 5000 * index))),
    tone(pitch * 5, 1),
    (n) => Math.sign(Math.sin((2 * Math.PI * pitch * n) / 48_000)),
    () => 2 * random() - 1,
  ];
  return kinds[index % kinds.length]!;
}

let voices: Promise<AudioUnit[][]> | undefined;
const loudVoices = (): Promise<AudioUnit[][]> =>
  (voices ??= Promise.all(Array.from({ length: 25 }, (_, i) => encodeVoice(loudVoice(i), seconds, zero))));

const peak = (samples: Float32Array): number => samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);

async function mixOf(
  voices: readonly (readonly AudioUnit[])[],
  audio: { sampleRate: 48_000 | 44_100 | 16_000; bitrate: number } = { sampleRate: 48_000, bitrate: 64_000 },
): Promise<Float32Array> {
  const mix = await startMix({ streams: 'audio', audio: { channels: 1, ...audio } });
  for (const [i, units] of voices.entries()) {
    mix.recording.addAnchor(`u${i}`, i, zero);
    const sink = mix.recording.addSound(`u${i}`, 'main', zero);
    for (const unit of units) sink.onAudio(unit);
  }
  mix.recording.finish(at(seconds));
  return decodeSound(mix.file.audios, mix.file.formats);
}

test('25 talkers at full scale: what goes to the coder stays below the ceiling and does not wane', async () => {
  for (const channels of [1, 2] as const) {
    const mixer = new SoundMixer({ zero, from: zero, channels });
    for (const units of await loudVoices()) {
      const source = new SoundSource({ zero, channels, isHeard: () => true });
      mixer.add(source);
      for (const unit of units) source.onAudio(unit);
    }
    const blocks: number[] = [];
    let most = 0;
    mixer.finish(at(seconds), (block) => {
      for (const plane of block) most = Math.max(most, peak(plane));
      blocks.push(rms(block[0]!));
    });
    mixer.close();
    assert.ok(most <= Math.fround(ceiling), `${channels} channels peak at ${most}`);
    assert.ok(blocks.length >= (seconds * 48_000) / limiterBlock);
    assert.ok(blocks.slice(4, -4).every((level) => level > 0.1));
  }
});

test('the file of 25 full-scale talkers decodes to full scale at most, at every rate', async () => {
  const voices = await loudVoices();
  for (const sampleRate of [48_000, 44_100, 16_000] as const)
    for (const bitrate of [32_000, 64_000, 128_000]) {
      const samples = await mixOf(voices, { sampleRate, bitrate });
      // The coder's own overshoot on what is limited; 0.2 dB for other builds of it.
      assert.ok(peak(samples) <= 1.02, `${peak(samples)} at ${sampleRate} Hz, ${bitrate} b/s`);
      assert.ok(rms(samples) > 0.2, `${rms(samples)}`);
    }
});

test('one talker passes at their own level, quiet or loud', async () => {
  const spoken = Float32Array.from({ length: seconds * 48_000 }, (_, n) => speech(n));
  for (const loudest of [0.003, 0.05, 0.75]) {
    const gain = loudest / peak(spoken);
    const samples = await mixOf([await encodeVoice((n) => gain * speech(n), seconds, zero)]);
    const heard = rms(samples.subarray(24_000, 120_000)) / rms(spoken.subarray(24_000, 120_000));
    assert.ok(Math.abs(heard / gain - 1) < 0.05, `${loudest} is heard as ${(loudest * heard) / gain}`);
  }
});

test('what is lost of a voice is mended in the mix, in its place', async () => {
  await loadLibopus();
  const count = 400;
  const packets = await voicePackets(speech, count, true);
  const isLost = (k: number): boolean => k > 20 && k < 350 && k % 9 < 1;
  const heard: Float32Array[] = [];
  for (const lossy of [false, true]) {
    const mix = await startMix({ streams: 'audio' });
    mix.recording.addAnchor('a', 0, zero);
    const sink = mix.recording.addSound('a', 'main', zero);
    for (const unit of received({ packets, start: zero, isLost: (k) => lossy && isLost(k) })) {
      sink.onAudio(unit);
      mix.recording.advance(wallUs(unit.at + 600_000));
      await new Promise(setImmediate);
    }
    mix.recording.finish(at((count * packetSamples) / 48_000));
    heard.push(decodeSound(mix.file.audios, mix.file.formats));
    const { concealed = 0, recovered = 0, late } = mix.recording.stats().sounds ?? {};
    assert.equal(late, 0);
    assert.equal(concealed + recovered, lossy ? packets.filter((_, k) => isLost(k)).length : 0);
    assert.ok(!lossy || recovered > 3, `${recovered} were had from redundancy`);
  }
  const [whole, lossy] = heard as [Float32Array, Float32Array];
  const part = (pcm: Float32Array, k: number): Float32Array => pcm.subarray(k * packetSamples, (k + 1) * packetSamples);
  const sounding = Array.from({ length: count }, (_, k) => k).filter((k) => rms(part(whole, k)) > 0.02);
  const missing = sounding.filter((k) => rms(part(lossy, k)) < rms(part(whole, k)) / 10);
  assert.ok(missing.length <= sounding.length / 100, `${missing.length} of ${sounding.length} windows are empty`);
  const last = sounding.at(-1)!;
  const apart = rms(part(whole, last).map((sample, i) => sample - part(lossy, last)[i]!));
  assert.ok(last > 370 && apart < rms(part(whole, last)) / 10, `${apart} apart at the end`);
});
