import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lossesByBlow, lossesIn, muteSeconds } from '../../chaos/losses.ts';
import { Random } from '../../chaos/random.ts';
import { brokenIn, emptyRow } from '../../chaos/scenario.ts';
import { markdownTable } from '../../chaos/table.ts';
import { wallUs } from '../../src/units.ts';

const fps = 10;
const numbers = (...spans: readonly [number, number][]): number[] =>
  spans.flatMap(([from, to]) => Array.from({ length: to - from }, (_, index) => from + index));

test('runs of missing pictures are losses, single ones are not', () => {
  const losses = lossesIn(numbers([1000, 1050], [1052, 1100], [1125, 1200]), fps);
  assert.deepEqual(losses, [{ from: 110_000_000, to: 112_400_000, seconds: 2.5 }]);
});

test('a loss belongs to the blow that it follows or was shortly before', () => {
  const blows = [{ at: wallUs(100_000_000) }, { at: wallUs(110_000_000) }, { at: wallUs(120_000_000) }];
  const loss = (from: number, seconds: number) => ({
    from: wallUs(from * 1e6),
    to: wallUs((from + seconds) * 1e6),
    seconds,
  });
  assert.deepEqual(lossesByBlow([loss(100.1, 1), loss(108.5, 2), loss(111, 0.5), loss(90, 5)], blows), [1, 2.5, 0]);
});

test('a second without its beep is mute, unless pictures are missing around it', () => {
  const seen = numbers([1000, 1100], [1130, 1300]);
  const beeps = [
    101, 102, 104, 105, 106, 107, 108, 109, 115, 116, 117, 118, 120, 121, 122, 123, 124, 125, 126, 127, 128, 129,
  ];
  assert.deepEqual(muteSeconds(seen, beeps, fps), [103, 119]);
  assert.deepEqual(muteSeconds([], [], fps), []);
});

test('a seed gives the same numbers, within their bounds', () => {
  const draw = (seed: number): number[] => {
    const random = new Random(seed);
    return Array.from({ length: 100 }, () => random.between(5, 9));
  };
  assert.deepEqual(draw(7), draw(7));
  assert.notDeepEqual(draw(7), draw(8));
  assert.ok(draw(7).every((value) => value >= 5 && value < 9));
});

test('a row is broken by what was lost, by a file that does not play, by a fault; and the table says so', () => {
  const row = { ...emptyRow('kills', '3 kills'), lost: [0.5, 2], allowed: 3 };
  assert.deepEqual(brokenIn(row), []);
  assert.equal(brokenIn({ ...row, allowed: 1 }).length, 1);
  assert.equal(brokenIn({ ...row, unplayable: ['a file'] }).length, 1);
  assert.equal(brokenIn({ ...row, faults: ['2 terminal events'] }).length, 1);
  const [, , held, broken] = markdownTable([row, { ...row, allowed: 1 }]).split('\n');
  assert.match(held!, /\| 2\.00 .*\| held +\|$/);
  assert.match(broken!, /\| \*\*broken\*\* +\|$/);
});
