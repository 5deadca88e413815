import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordedIn, usageClass } from '../../src/usage/recorded-time.ts';
import { dayStartMs, timePoints } from '../../src/usage/time-points.ts';

const utc = (text: string): number => Date.parse(text);

test('days begin at midnight in Beijing, and only days that exist', () => {
  assert.equal(dayStartMs('2026-02-28'), utc('2026-02-27T16:00:00Z'));
  assert.equal(dayStartMs('2024-02-29'), utc('2024-02-28T16:00:00Z'));
  for (const none of ['2026-02-29', '2026-02-30', '2026-13-01', '2026-1-1', '', '2026-02-28T00:00']) {
    assert.equal(dayStartMs(none), undefined, none);
  }
});

test('one day is told in five minutes, more by day', () => {
  const day = dayStartMs('2026-03-01')!;
  const fine = timePoints(day, day);
  assert.equal(fine.length, 288);
  assert.deepEqual([fine[0]?.key, fine[287]?.key], ['2026-03-01 00:00:00', '2026-03-01 23:55:00']);
  const coarse = timePoints(day, dayStartMs('2026-03-31')!);
  assert.deepEqual([coarse.length, coarse[0]?.key, coarse[30]?.key], [31, '2026-03-01', '2026-03-31']);
});

test('a recording counts where it lies, by the size of its picture', () => {
  const sizes = [
    [null, null],
    [0, 0],
    [640, 480],
    [640, 481],
    [1280, 720],
    [1080, 1920],
    [2560, 1440],
    [3840, 2160],
  ] as const;
  assert.deepEqual(
    sizes.map(([width, height]) => usageClass(width, height)),
    ['audio', 'audio', 'sd', 'hd', 'hd', 'full-hd', '2k', '4k'],
  );
  const point = { key: '', fromMs: 1000, toMs: 2000 };
  const spans = [
    { usage: 'sd', startMs: 0, endMs: 1500 },
    { usage: 'sd', startMs: 1900, endMs: 5000 },
    { usage: 'audio', startMs: 2000, endMs: 3000 },
    { usage: 'hd', startMs: 0, endMs: 9000 },
  ] as const;
  assert.deepEqual(
    [...recordedIn(point, spans)],
    [
      ['sd', 600],
      ['hd', 1000],
    ],
  );
});
