import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { loadLibopus } from 'libopus-wasm';
import { OpusVoice } from '../../src/codec/opus-voice.ts';
import { SoundLane, type SoundLaneStats } from '../../src/codec/sound-lane.ts';
import { carriesRedundancy } from '../../src/timeline/opus-packet.ts';
import type { AudioUnit } from '../../src/timeline/media.ts';
import { wallUs } from '../../src/units.ts';
import { seededRandom } from '../rtp/seeded-random.ts';
import { packetSamples, received, speech, voicePackets, type Transmission } from './lossy-sound.ts';
import { rms } from './sound.ts';

const zero = wallUs(1_700_000_000_000_000);
const count = 1000;
const sentWith = { plain: [] as Uint8Array[], redundant: [] as Uint8Array[] };

before(async () => {
  await loadLibopus();
  sentWith.plain = await voicePackets(speech, count, false);
  sentWith.redundant = await voicePackets(speech, count, true);
});

interface Heard {
  readonly pcm: Float32Array;
  readonly stats: SoundLaneStats;
}

/** Lays units on a grid of so many samples. */
async function heard(units: readonly AudioUnit[], samples: number): Promise<Heard> {
  const pcm = new Float32Array(samples);
  const lane = new SoundLane({ zero, voice: new OpusVoice(1) });
  let covered = 0;
  for (const [index, unit] of units.entries()) {
    lane.push(unit, unit.at, ({ start, gapBefore, samples: length, planes }) => {
      assert.equal(start, covered + gapBefore, 'the grid has neither hole nor overlap');
      covered = start + length;
      if (planes) pcm.set(planes[0]!.subarray(0, Math.max(0, samples - start)), start);
    });
    // Opening the decoder that reads redundancy takes a turn; packets come 20 ms apart.
    if (index < 20) await new Promise(setImmediate);
  }
  lane.close();
  return { pcm, stats: lane.stats };
}

const window = (pcm: Float32Array, k: number): Float32Array => pcm.subarray(k * packetSamples, (k + 1) * packetSamples);

/** Share of the 20 ms windows in which the whole sound has energy and the other one has at least a tenth of its level. */
function presence(whole: Float32Array, other: Float32Array): number {
  let [sounding, present] = [0, 0];
  for (let k = 0; k < count; k += 1) {
    const level = rms(window(whole, k));
    if (level < 0.01) continue;
    sounding += 1;
    if (rms(window(other, k)) > level / 10) present += 1;
  }
  assert.ok(sounding > count / 2, `${sounding} windows sound`);
  return present / sounding;
}

/** Largest step from one sample to the next, near the start of any of the windows named. */
function steepest(pcm: Float32Array, windows: Iterable<number>): number {
  let most = 0;
  for (const k of windows)
    for (let i = Math.max(1, k * packetSamples - 8); i < Math.min(pcm.length, k * packetSamples + 300); i += 1)
      most = Math.max(most, Math.abs(pcm[i]! - pcm[i - 1]!));
  return most;
}

/** Windows that begin half a second or more after the last loss before them: nothing of it is left in a decoder. */
const calm = (lost: ReadonlySet<number>): number[] =>
  Array.from({ length: count }, (_, k) => k).filter((k) => {
    for (let back = 0; back < 25; back += 1) if (lost.has(k - back)) return false;
    return k >= 25;
  });

/** Numbers that are lost: a share at random in runs of the mean length, none at the ends. */
function losses(share: number, run: number, seed: number): Set<number> {
  const random = seededRandom(seed);
  const lost = new Set<number>();
  let losing = false;
  for (let k = 40; k < count - 50; k += 1) {
    const chance = run === 1 ? share : share / (run * (1 - share));
    losing = random() < (losing && run > 1 ? 1 - 1 / run : chance);
    if (losing) lost.add(k);
  }
  return lost;
}

const all = Array.from({ length: count }, (_, k) => k);

for (const [name, share, run, least] of [
  ['2 %', 0.02, 1, { concealed: 0.99, repaired: 0.999 }],
  ['5 %', 0.05, 1, { concealed: 0.99, repaired: 0.995 }],
  ['10 %', 0.1, 1, { concealed: 0.98, repaired: 0.99 }],
  ['5 % in runs of four', 0.05, 4, { concealed: 0.96, repaired: 0.97 }],
] as const)
  for (const [help, coding, red] of [
    ['nothing but concealment', 'plain', 0],
    ['in-band redundancy', 'redundant', 0],
    ['RED', 'plain', 1],
    ['both', 'redundant', 1],
  ] as const)
    test(`${name} lost, ${help}: sound is there, without clicks, in its place`, async () => {
      const packets = sentWith[coding];
      const lost = losses(share, run, 7);
      const whole = await heard(received({ packets, start: zero, isLost: () => false }), count * packetSamples);
      const units = received({ packets, start: zero, isLost: (k) => lost.has(k), red });
      const { pcm, stats } = await heard(units, count * packetSamples);

      const there = presence(whole.pcm, pcm);
      const repaired = coding === 'redundant' || red > 0;
      assert.ok(there >= (repaired ? least.repaired : least.concealed), `there ${there * 100} % of the time`);
      if (coding === 'redundant' && red === 0) assert.ok(stats.recovered > lost.size / 20, `${stats.recovered} had`);
      else if (red === 0) assert.equal(stats.recovered, 0);
      if (red === 0) assert.ok(stats.recovered + stats.concealed > lost.size / 2);

      const joins = [...lost].flatMap((k) => [k, k + 1]);
      const [step, own] = [steepest(pcm, joins), steepest(whole.pcm, all)];
      assert.ok(step < own * 1.2, `a step of ${step}, where the sound's own are up to ${own}`);
      const apart = calm(lost).map((k) => rms(window(pcm, k).map((sample, i) => sample - window(whole.pcm, k)[i]!)));
      assert.ok(apart.length > 20);
      assert.ok(Math.max(...apart) < 1e-5, `half a second later it is ${Math.max(...apart)} off what was sent`);
    });

/** Sends the voice with some packets lost and pauses before others; gives what is heard of the first `seconds`. */
const story = async (sent: Omit<Transmission, 'start'>, seconds: number): Promise<Heard> =>
  heard(received({ start: zero, ...sent }), seconds * 48_000);

const loudness = (pcm: Float32Array, fromMs: number, toMs: number): number => rms(pcm.subarray(fromMs * 48, toMs * 48));

test('a pause that the sender meant is silence, though the packet after it carries redundancy', async () => {
  const packets = sentWith.redundant.slice(0, 100);
  const back = packets.findIndex((packet, k) => k >= 50 && carriesRedundancy(packet));
  const pauseBefore = (k: number): number => (k === back ? 2 : 0);
  const { pcm, stats } = await story({ packets, isLost: () => false, pauseBefore }, 4);
  assert.deepEqual(stats, { late: 0, concealed: 0, recovered: 0 });
  assert.ok(pcm.subarray(back * packetSamples, back * packetSamples + 96_000).every((sample) => sample === 0));
  const { pcm: whole } = await story({ packets, isLost: () => false }, 2);
  assert.deepEqual(pcm.subarray(back * packetSamples + 96_000), whole.subarray(back * packetSamples, 96_000));
});

test('a packet lost beside a pause is concealed for its own length, and never in the wrong place', async () => {
  const packets = sentWith.redundant.slice(0, 100);
  const back = packets.findIndex((packet, k) => k >= 50 && carriesRedundancy(packet));
  const pauseBefore = (k: number): number => (k === back ? 2 : 0);
  const { pcm, stats } = await story({ packets, isLost: (k) => k === back - 1, pauseBefore }, 4);
  assert.deepEqual(stats, { late: 0, concealed: 1, recovered: 0 });
  const resumed = back * 20 + 2000;
  assert.ok(loudness(pcm, (back - 1) * 20, back * 20) > 0.01);
  assert.equal(loudness(pcm, back * 20, resumed), 0);
  assert.ok(loudness(pcm, resumed + 5, resumed + 20) > 0.01);
});

test('half a second lost fades within 120 ms, is silent, and comes back in its place', async () => {
  const packets = sentWith.plain.slice(0, 150);
  const { pcm: whole } = await story({ packets, isLost: () => false }, 3);
  const edge = (pcm: Float32Array, k: number): number => rms(pcm.subarray(k * packetSamples, k * packetSamples + 24));
  const back = all.find((k) => k > 74 && edge(whole, k) > 0.05)!;
  const { pcm, stats } = await story({ packets, isLost: (k) => k >= 51 && k < back }, 3);
  assert.deepEqual(stats, { late: 0, concealed: 6, recovered: 0 });
  assert.ok(loudness(pcm, 1020, 1040) > 0.02);
  assert.ok(loudness(pcm, 1120, 1140) < loudness(pcm, 1020, 1040) / 2);
  assert.equal(loudness(pcm, 1140, back * 20), 0);
  assert.ok(edge(pcm, back) < edge(whole, back) / 4, 'rises from silence');
  const apart = pcm.subarray(120 * packetSamples).map((sample, i) => sample - whole[120 * packetSamples + i]!);
  assert.ok(rms(apart) < 1e-5);
});

test('where silence was written over a loss already, nothing is concealed and sound rises from it in its place', () => {
  const units = received({ packets: sentWith.plain.slice(0, 90), start: zero, isLost: (k) => k >= 51 && k < 56 });
  const lane = new SoundLane({ zero, voice: new OpusVoice(1) });
  const behind = units.findIndex((unit) => unit.lost === 5);
  for (const unit of units.slice(0, behind)) lane.push(unit, unit.at, () => {});
  assert.deepEqual(lane.fill(wallUs(zero + 1_050_000)), { start: 48_960, samples: 1440 });
  const laid: { start: number; gapBefore: number; edge: number }[] = [];
  const next = units[behind]!;
  lane.push(next, next.at, ({ start, gapBefore, samples, planes }) => {
    laid.push({ start, gapBefore, edge: planes ? rms(planes[0]!.subarray(0, 12)) / rms(planes[0]!) : samples });
  });
  lane.close();
  assert.deepEqual([laid[0]!.start, laid[0]!.gapBefore, laid[0]!.edge], [50_400, 0, 3360], 'the rest of the hole');
  assert.deepEqual([laid[1]!.start, laid[1]!.gapBefore, laid.length], [53_760, 0, 2]);
  assert.ok(laid[1]!.edge < 0.15, `${laid[1]!.edge}`);
  assert.equal(lane.stats.concealed, 0);
});

test('what is lost of a muted microphone is silence', async () => {
  const silence = await voicePackets(() => 0, 60, false);
  const units = received({ packets: silence, start: zero, isLost: (k) => k % 7 === 5 });
  const { pcm, stats } = await heard(
    units.map((unit) => ({ ...unit, level: 127 })),
    60 * packetSamples,
  );
  assert.equal(stats.concealed, 0);
  assert.equal(rms(pcm), 0);
});

test('where the decoder for redundancy is not open yet, losses are concealed', () => {
  const voice = new OpusVoice(1);
  const packets = sentWith.redundant.slice(0, 100);
  for (const packet of packets) voice.decode(packet, false);
  const next = sentWith.redundant.slice(101).find(carriesRedundancy)!;
  assert.equal(voice.canRecover(next), false);
  assert.ok(rms(voice.conceal()!.planes[0]!) > 0);
  voice.close();
  assert.equal(voice.conceal(), undefined, 'closed');
});

test('sound that begins anew is not continued by the decoders of before', async () => {
  const lane = new SoundLane({ zero, voice: new OpusVoice(1) });
  const units = received({ packets: sentWith.redundant.slice(0, 60), start: zero, isLost: (k) => k === 50 });
  for (const unit of units) {
    lane.push(unit, unit.at, () => {});
    await new Promise(setImmediate);
  }
  lane.reset();
  const first = units.at(-1)!;
  const loudest: number[] = [];
  lane.push({ ...first, lost: 3 }, wallUs(first.at + 80_000), ({ planes }) => loudest.push(rms(planes![0]!)));
  assert.equal(loudest.length, 1, 'nothing is concealed');
  lane.close();
});
