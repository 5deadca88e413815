import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Spool } from '../../src/recorder/spool.ts';
import { tone } from '../codec/sound.ts';
import { findBeeps } from '../kit/flash-beep.ts';
import { ramp } from '../single/pictures.ts';
import { seededRandom } from '../rtp/seeded-random.ts';
import {
  BEEP_HZ,
  BEEP_MS,
  cutTo,
  finishMix,
  MixStage,
  sending,
  sizesBelow,
  STEP_MS,
  type MixMp4,
  type Sending,
} from './mix-kit.ts';
import { tempSpool } from './recorder-kit.ts';

const whole = { left: 0, top: 0, width: 160, height: 90 };
/** What a process that is killed may lose, in milliseconds; what it had not been given for 50 of them included. */
const KILLED_MS = 300;
const POWER_CUT_MS = 1000;

/** Every picture stands in its place, once, with its number, and so does every beep. */
function assertWhole({ video, sound }: MixMp4, fromMs: number, untilMs: number): void {
  const shown = video.frames.filter(({ ptsUs }) => ptsUs >= fromMs * 1000 && ptsUs < untilMs * 1000);
  const times = shown.map(({ ptsUs }) => Math.round(ptsUs / 1000 / STEP_MS));
  const [first, last] = [Math.ceil(fromMs / STEP_MS - 0.1), Math.ceil(untilMs / STEP_MS - 0.1) - 1];
  assert.deepEqual(
    times,
    Array.from({ length: last - first + 1 }, (_, i) => first + i),
  );
  const wrong = shown.filter((frame, i) => Math.abs(frame.luma(whole) - ramp(times[i]!)) >= 5);
  assert.deepEqual(
    wrong.map(({ ptsUs }) => ptsUs),
    [],
    'pictures at a wrong place',
  );
  const heard = findBeeps(sound, BEEP_HZ).map(({ onsetUs }) => onsetUs / 1000);
  for (let ms = Math.ceil((fromMs + 20) / BEEP_MS) * BEEP_MS; ms < untilMs - 60; ms += BEEP_MS) {
    const near = heard.filter((onset) => Math.abs(onset - ms) < 25);
    assert.equal(near.length, 1, `beep at ${ms} ms: ${near.join()}`);
  }
  assert.deepEqual(
    sound.gaps.filter(({ fromUs, toUs }) => fromUs < untilMs * 1000 && toUs > fromMs * 1000),
    [],
    'holes in the sound',
  );
}

/** Records until a moment and leaves the spool as a process does that is killed then. */
async function killedAt(t: TestContext, what: Sending, killMs: number): Promise<Spool> {
  const stage = new MixStage(tempSpool(t));
  await stage.send(stage.open(t, 1), what, killMs);
  return stage.copy(t);
}

const random = seededRandom(20_261_126);
const first = await sending(0, 15);

for (const killMs of [400, 900, 2300, ...Array.from({ length: 5 }, () => Math.round(1500 + random() * 12_500))]) {
  test(`a recorder killed at ${killMs} ms loses no more than ${KILLED_MS} ms, and the next goes on in the same file`, async (t) => {
    const spool = await killedAt(t, first, killMs);
    const joinMs = Math.ceil((killMs + 1500) / 100) * 100;
    const stage = new MixStage(spool, joinMs);
    const recording = stage.open(t, 2);
    const second = await sending(joinMs, 3);
    await stage.send(recording, second, joinMs + 3000);
    const made = await finishMix(t, spool, 2, await recording.finish(stage.clock.wallUs()));
    assertWhole(made, 0, killMs - KILLED_MS);
    assertWhole(made, joinMs + 300, joinMs + 2700);
    assert.deepEqual(spool.journals('task'), [], 'no journal is left');
  });
}

test('owners that die one after the other, each followed at once, leave every stretch that one of them lived through', async (t) => {
  const lives = [
    [0, 4000],
    [4200, 8200],
    [8400, 11_400],
  ] as const;
  let spool = tempSpool(t);
  for (const [life, [fromMs, toMs]] of lives.entries()) {
    const stage = new MixStage(spool, fromMs);
    const recording = stage.open(t, life + 1);
    await stage.send(recording, await sending(fromMs, 5), toMs);
    if (life < lives.length - 1) {
      spool = await stage.copy(t);
      continue;
    }
    const made = await finishMix(t, spool, lives.length, await recording.finish(stage.clock.wallUs()));
    for (const [from, to] of lives) assertWhole(made, from + (from > 0 ? 300 : 0), to - KILLED_MS);
  }
});

for (let round = 0; round < 4; round += 1) {
  const killMs = Math.round(1500 + random() * 12_500);
  test(`a power cut at ${killMs} ms loses no more than ${POWER_CUT_MS} ms, whatever of the unsynchronised bytes is there`, async (t) => {
    const stage = new MixStage(tempSpool(t));
    const synced: Map<string, number>[] = [];
    await stage.send(stage.open(t, 1), first, killMs, (ms) => {
      if (ms % 500 === 0) synced.push(sizesBelow(stage.spool.root));
    });
    const spool = await stage.copy(t);
    const [atLast, now] = [synced.at(-1)!, sizesBelow(spool.root)];
    const left = [...now].map(([path, size]): [string, number] => {
      const sure = atLast.get(path) ?? 0;
      return [path, sure + Math.floor(random() * (size - sure))];
    });
    cutTo(spool.root, new Map(left));
    const taken = await new MixStage(spool, killMs).takeOver(2).finish();
    const made = await finishMix(t, spool, 2, taken!);
    assertWhole(made, 0, killMs - POWER_CUT_MS);
  });
}

test('a task that is stopped while nobody holds it has what was lost, in one file that ends there', async (t) => {
  const spool = await killedAt(t, first, 5000);
  const taken = await new MixStage(spool, 9000).takeOver(2).finish();
  const made = await finishMix(t, spool, 2, taken!);
  assertWhole(made, 0, 5000 - KILLED_MS);
  assert.ok(made.file.endMs - made.file.startMs <= 5000, 'nothing is made up');
  assert.deepEqual(spool.journals('task'), []);
});

test('a tone goes on over the takeover without a step', async (t) => {
  const spool = await killedAt(t, await sending(0, 5, 60, tone(440, 0.4)), 4000);
  const taken = await new MixStage(spool, 9000).takeOver(2).finish();
  const { sound } = await finishMix(t, spool, 2, taken!);
  const perMs = sound.sampleRate / 1000;
  /** The largest bend of the curve: a step, or a piece that is missing, is a large one. */
  const bend = (fromMs: number, toMs: number): number => {
    const part = sound.samples.subarray(fromMs * perMs, toMs * perMs);
    const bends = Array.from(part.subarray(2), (sample, n) => Math.abs(sample - 2 * part[n + 1]! + part[n]!));
    return bends.reduce((most, one) => Math.max(most, one), 0);
  };
  assert.ok(bend(1000, 3700) < 1.3 * bend(500, 1000), `${bend(1000, 3700)} after ${bend(500, 1000)}`);
});

test('an owner that dies while it draws what was lost leaves the rest to the next', async (t) => {
  const spool = await killedAt(t, first, 8000);
  const interrupted = new MixStage(spool, 9000);
  const recording = interrupted.open(t, 2);
  await interrupted.send(recording, await sending(9000, 1), 9300);
  const again = await interrupted.copy(t);
  const taken = await new MixStage(again, 12_000).takeOver(3).finish();
  const made = await finishMix(t, again, 3, taken!);
  assertWhole(made, 0, 8000 - KILLED_MS);
});

test('a mix that ends in order leaves no journal, and one that is only left does', async (t) => {
  const stage = new MixStage(tempSpool(t));
  const recording = stage.open(t, 1);
  await stage.send(recording, first, 2000);
  assert.deepEqual(stage.spool.journals('task'), [1]);
  await recording.finish(stage.clock.wallUs());
  assert.deepEqual(stage.spool.journals('task'), []);

  const left = new MixStage(tempSpool(t));
  const abandoned = left.open(t, 1);
  await left.send(abandoned, first, 3000);
  abandoned.close();
  const spool = await left.copy(t);
  const taken = await new MixStage(spool, 5000).takeOver(2).finish();
  assertWhole(await finishMix(t, spool, 2, taken!), 0, 3000 - 100);
});

test('a camera whose key frames are rare is asked for one, so that the journal stays short', async (t) => {
  const stage = new MixStage(tempSpool(t));
  const recording = stage.open(t, 1);
  const rare = await sending(0, 40, 10_000);
  await stage.send(recording, rare, 39_000);
  assert.ok(stage.asked.includes(1), 'a key frame was asked for');
  const chunks = readdirSync(stage.spool.journalFolder('task', 1));
  assert.ok(chunks.includes('000001.journal'), 'the only key frame stays');
  const taken = await new MixStage(await stage.copy(t), 45_000).takeOver(2).finish();
  assert.equal(taken?.length, 1);
});

test('what is not a journal of this version is left alone, and the mix goes on as if there were none', async (t) => {
  const spool = await killedAt(t, first, 3000);
  const dir = spool.journalFolder('task', 1);
  for (const name of readdirSync(dir)) {
    const text = readFileSync(join(dir, name));
    text.write('roomtape mix journal 2', 0);
    writeFileSync(join(dir, name), text);
  }
  const stage = new MixStage(spool, 5000);
  const recording = stage.open(t, 2);
  await stage.send(recording, await sending(5000, 2), 7000);
  const made = await finishMix(t, spool, 2, await recording.finish(stage.clock.wallUs()));
  assertWhole(made, 0, 1000);
  assertWhole(made, 5300, 6700);
});
