import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ntpToWallUs, middleNtp, wallUsToNtp } from '../../src/rtp/ntp.ts';
import { sequenceDelta, timestampDelta, Unwrapper } from '../../src/rtp/unwrap.ts';
import { wallUs } from '../../src/units.ts';

test('16 bits: two wraps with a packet out of order across each', () => {
  const unwrapper = new Unwrapper(16);
  const values = [65_534, 0, 65_535, 1, 30_000, 60_000, 65_535, 2, 1];
  assert.deepEqual(
    values.map((value) => unwrapper.unwrap(value) - 65_536),
    [65_534, 65_536, 65_535, 65_537, 95_536, 125_536, 131_071, 131_074, 131_073],
  );
});

test('a value just before the first stays positive', () => {
  const unwrapper = new Unwrapper(16);
  assert.equal(unwrapper.unwrap(1), 65_537);
  assert.equal(unwrapper.unwrap(65_534), 65_534);
});

test('32 bits: 26 hours of 90 kHz video wrap twice and stay exact', () => {
  const unwrapper = new Unwrapper(32);
  const start = 0xffff_f000;
  const frames = 26 * 3600 * 30;
  let last = 0;
  for (let frame = 0; frame < frames; frame += 1) last = unwrapper.unwrap((start + frame * 3000) % 2 ** 32);
  assert.equal(last, 2 ** 32 + start + (frames - 1) * 3000);
});

test('reset makes the next value a first one', () => {
  const unwrapper = new Unwrapper(32);
  unwrapper.unwrap(5);
  unwrapper.unwrap(2 ** 32 - 5);
  unwrapper.reset();
  assert.equal(unwrapper.unwrap(7), 2 ** 32 + 7);
});

test('deltas are the shorter way round', () => {
  assert.equal(sequenceDelta(2, 65_534), 4);
  assert.equal(sequenceDelta(65_534, 2), -4);
  assert.equal(sequenceDelta(65_536 * 3 + 1, 65_536 * 5), 1);
  assert.equal(timestampDelta(5, 0xffff_fffb), 10);
  assert.equal(timestampDelta(0xffff_fffb, 5), -10);
});

test('NTP: exact microseconds both ways, and the era after 2036', () => {
  assert.equal(ntpToWallUs(2_208_988_800 + 1_700_000_000, 0x8000_0000), 1_700_000_000_500_000);
  // 0xffffffff/2^32 s is 0.9999999997 s: rounded down.
  assert.equal(ntpToWallUs(2_208_988_800, 0xffff_ffff), 999_999);
  assert.equal(ntpToWallUs(0, 0), Date.UTC(2036, 1, 7, 6, 28, 16) * 1000);
  for (let us = 0; us < 1_000_000; us += 37) {
    const { seconds, fraction } = wallUsToNtp(wallUs(1_700_000_000_000_000 + us));
    assert.ok(fraction < 2 ** 32);
    assert.equal(ntpToWallUs(seconds, fraction), 1_700_000_000_000_000 + us);
  }
  const late = wallUs(Date.UTC(2040, 0, 1) * 1000 + 1);
  const { seconds, fraction } = wallUsToNtp(late);
  assert.equal(ntpToWallUs(seconds, fraction), late);
  assert.equal(middleNtp(0x1234_5678, 0x9abc_def0), 0x5678_9abc);
});
