import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AudioPlacer, microsToSamples, samplesToMicros, stretchPcm } from '../../src/timeline/audio-placer.ts';
import { wallUs } from '../../src/units.ts';
import { T0 } from './streams.ts';

const at = (us: number) => wallUs(T0 + Math.round(us));
const placer = (more = {}) => new AudioPlacer({ zero: wallUs(T0), ...more });

test('sound in step is contiguous', () => {
  const grid = placer();
  for (let i = 0; i < 100; i++) {
    assert.deepEqual(grid.place(at(i * 20_000), 960), { start: i * 960, gapBefore: 0, skip: 0, stretch: 0 });
  }
});

test('a late track begins late, to the sample', () => {
  const grid = placer();
  assert.deepEqual(grid.place(at(5_000), 960), { start: 240, gapBefore: 240, skip: 0, stretch: 0 });
});

test('a gap becomes silence of exactly its length', () => {
  const grid = placer();
  grid.place(at(0), 960);
  assert.deepEqual(grid.place(at(3_020_000), 960), { start: 144_960, gapBefore: 144_000, skip: 0, stretch: 0 });
});

test('an overlap beyond the tolerance is dropped from the front, and all of a unit that is too late', () => {
  const grid = placer();
  grid.place(at(0), 2880);
  assert.deepEqual(grid.place(at(20_000), 2880), { start: 2880, gapBefore: 0, skip: 1920, stretch: 0 });
  assert.deepEqual(grid.place(at(10_000), 960), { start: 3840, gapBefore: 0, skip: 960, stretch: 0 });
});

test('sound from before zero is cut at zero', () => {
  const grid = placer();
  assert.deepEqual(grid.place(at(-50_000), 2880), { start: 0, gapBefore: 0, skip: 2400, stretch: 0 });
  assert.equal(grid.place(at(-90_000), 960).skip, 960);
});

test('silence filled up to now is reported once, and sound after it takes its exact place', () => {
  const grid = placer();
  grid.place(at(0), 960);
  assert.deepEqual(grid.fill(at(100_000)), { start: 960, samples: 3840 });
  assert.deepEqual(grid.fill(at(100_000)), { start: 4800, samples: 0 });
  assert.deepEqual(grid.fill(at(50_000)), { start: 4800, samples: 0 });
  assert.deepEqual(grid.place(at(105_000), 960), { start: 5040, gapBefore: 240, skip: 0, stretch: 0 });
  assert.equal(grid.position, 6000);
});

test('a small difference waits for silence', () => {
  const grid = placer();
  grid.place(at(0), 960);
  assert.equal(grid.place(at(30_000), 960).gapBefore, 0);
  assert.equal(grid.place(at(50_000), 960, true).gapBefore, 480);
});

for (const ppm of [100, -100, 200]) {
  test(`26 hours of a clock that is off by ${ppm} ppm stay on wall time`, () => {
    for (const stretch of [false, true]) {
      const grid = placer({ stretch });
      const end = 26 * 3600 * 1e6;
      const step = 20_000 * (1 - ppm / 1e6);
      let worst = 0;
      let covered = 0;
      for (let i = 0; i * step < end; i++) {
        const unit = grid.place(at(i * step), 960);
        assert.equal(unit.start, covered + unit.gapBefore);
        covered = unit.start + 960 - unit.skip + unit.stretch;
        worst = Math.max(worst, Math.abs(unit.start - unit.skip - microsToSamples(i * step)));
      }
      assert.ok(worst <= (stretch ? 48 : 960), `${worst} samples off`);
      assert.equal(grid.position, covered);
    }
  });
}

test('stretching is never more than half a percent and ends when the difference is gone', () => {
  const grid = placer({ stretch: true });
  grid.place(at(0), 960);
  const stretches = Array.from({ length: 400 }, (_, i) => grid.place(at((i + 1) * 20_000 + 15_000), 960).stretch);
  assert.ok(stretches.every((by) => by >= 0 && by <= 4));
  assert.equal(stretches.at(-1), 0);
  assert.ok(Math.abs(stretches.reduce((sum, by) => sum + by, 0) - 720) < 24);
});

test('times of samples come from the absolute index', () => {
  assert.equal(samplesToMicros(1), 21);
  assert.equal(samplesToMicros(48_000 * 93_600 + 1), 93_600_000_021);
  assert.equal(microsToSamples(93_600_000_021), 48_000 * 93_600 + 1);
});

test('stretched sound keeps its ends and its channels', () => {
  const pcm = Float32Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? i / 2 : 100 + (i - 1) / 2));
  const out = stretchPcm(pcm, 2, 2);
  assert.equal(out.length, 24);
  assert.deepEqual([out[0], out[1], out[22], out[23]], [0, 100, 9, 109]);
  for (let i = 2; i < 24; i++) assert.ok(out[i]! > out[i - 2]!);
  assert.equal(stretchPcm(pcm, 0, 2), pcm);
  assert.equal(stretchPcm(pcm, -3).length, 17);
});
