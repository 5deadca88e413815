import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RtpTimeline } from '../../src/timeline/rtp-timeline.ts';
import { WindowedMin } from '../../src/timeline/windowed-min.ts';
import { rtpTicks, wallUs } from '../../src/units.ts';
import { randomFrom, T0 } from './streams.ts';

test('the least value of the window, as a plain search finds it', () => {
  const random = randomFrom(1);
  const window = new WindowedMin(10, 6);
  const seen: { t: number; v: number }[] = [];
  for (let t = 0; t < 3000; t += Math.floor(random() * (random() < 0.01 ? 200 : 4))) {
    const v = random();
    seen.push({ t, v });
    window.add(t, v);
    const from = (Math.floor(t / 10) - 5) * 10;
    assert.equal(window.min, Math.min(...seen.filter((s) => s.t >= from).map((s) => s.v)));
  }
  window.clear();
  assert.equal(window.min, Number.POSITIVE_INFINITY);
});

test('RTP time goes on over its 32-bit wrap', () => {
  const time = new RtpTimeline(90_000);
  const start = 2 ** 32 - 90_000;
  time.settle(rtpTicks(start), wallUs(T0));
  const before = time.toMicros(rtpTicks(start), wallUs(T0));
  assert.equal(time.toMicros(rtpTicks(90_000), wallUs(T0 + 2_000_000)) - before, 2_000_000);
  assert.equal(time.toMicros(rtpTicks(start - 90_000), wallUs(T0)) - before, -1_000_000);
});

test('a track silent for a day comes back in the right cycle', () => {
  const time = new RtpTimeline(90_000);
  time.settle(rtpTicks(5), wallUs(T0));
  const day = 86_400 * 90_000;
  const back = time.toMicros(rtpTicks((5 + day) % 2 ** 32), wallUs(T0 + 86_400_500_000));
  assert.equal(back - time.toMicros(rtpTicks(5), wallUs(T0)), 86_400_000_000);
});
