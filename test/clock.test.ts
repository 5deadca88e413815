import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock, systemClock } from '../src/clock.ts';
import { SteadyWall } from '../src/steady-wall.ts';

/** A machine whose two clocks the test moves; times in milliseconds. */
function machine() {
  const at = { mono: 5_000, wall: 1_700_000_000_000 };
  const clocks = { monotonicUs: () => at.mono * 1000, wallUs: () => at.wall * 1000 };
  const pass = (ms: number, wallMs = ms): void => {
    at.mono += ms;
    at.wall += wallMs;
  };
  return { at, clocks, pass };
}

test('a backward step of the machine clock does not hold the recording back: it is slewed away', () => {
  const { clocks, pass, at } = machine();
  const steady = new SteadyWall(clocks);
  const before = steady.nowUs();
  pass(1_000, 1_000 - 2_000);
  assert.ok(Math.abs(steady.nowUs() - before - 1_000_000) <= 1_000, 'a second is a second');
  let last = steady.nowUs();
  for (let s = 0; s < 4_100; s++) {
    pass(1_000);
    const now = steady.nowUs();
    assert.ok(now - last >= 999_000 && now - last <= 1_001_000, 'never more than 0.1 % fast or slow');
    last = now;
  }
  assert.ok(Math.abs(last / 1000 - at.wall) <= 3, 'agrees with the machine in the end');
});

test('a small forward step is slewed, a sleep of the machine is followed', () => {
  const { clocks, pass, at } = machine();
  const steady = new SteadyWall(clocks);
  pass(1_000, 1_500);
  assert.ok(at.wall - steady.nowUs() / 1000 > 490);
  pass(1_000, 3_600_000);
  assert.ok(Math.abs(steady.nowUs() / 1000 - at.wall) <= 1);
});

test('processes that begin with the same offset agree', () => {
  const { clocks, pass } = machine();
  const first = new SteadyWall(clocks);
  pass(10_000, 10_900);
  first.nowUs();
  const second = new SteadyWall(clocks, first.offsetUs);
  for (let s = 0; s < 100; s++) {
    pass(1_000);
    assert.ok(Math.abs(first.nowUs() - second.nowUs()) <= 1_000);
  }
});

test('the machine clock is the machine’s, and a second one can agree with it', () => {
  const clock = systemClock();
  assert.ok(Math.abs(clock.wallUs() / 1000 - Date.now()) < 50);
  const other = systemClock({ wallOffsetUs: clock.wallOffsetUs });
  assert.ok(Math.abs(other.wallUs() - clock.wallUs()) < 50_000);
});

test('a fake day passes at once, timers in their order', () => {
  const clock = new FakeClock();
  const heard: string[] = [];
  clock.after(86_400_000, () => heard.push('day'));
  const stop = clock.every(36_000_000, () => heard.push('ten hours'));
  clock.advance(80_000_000);
  stop();
  clock.advance(80_000_000);
  assert.deepEqual(heard, ['ten hours', 'ten hours', 'day']);
});
