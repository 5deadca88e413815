import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axisTicks } from '../../console/parts/time-axis.ts';

const shanghai = 8 * 3_600_000;
const at = (text: string): number => Date.parse(text);
const texts = (from: string, to: string, most: number, offset = 0): string[] =>
  axisTicks(at(from), at(to), most, offset).map(({ atMs }) => new Date(atMs).toISOString());

test('ticks are round local times, as many as may be', () => {
  assert.deepEqual(texts('2026-01-02T03:00:07Z', '2026-01-02T03:00:33Z', 6), [
    '2026-01-02T03:00:10.000Z',
    '2026-01-02T03:00:15.000Z',
    '2026-01-02T03:00:20.000Z',
    '2026-01-02T03:00:25.000Z',
    '2026-01-02T03:00:30.000Z',
  ]);
  assert.deepEqual(texts('2026-01-01T15:00:00Z', '2026-01-03T15:00:00Z', 2, shanghai), [
    '2026-01-01T16:00:00.000Z',
    '2026-01-02T16:00:00.000Z',
  ]);
  for (const hours of [0.001, 0.1, 1, 7, 24, 100, 5000]) {
    const ticks = axisTicks(0, hours * 3_600_000, 8, shanghai);
    assert.ok(ticks.length <= 9, String(hours));
  }
});
