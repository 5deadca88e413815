import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LoadMeter } from '../../src/recorder/load-meter.ts';
import type { TaskLoad } from '../../src/recorder/task-load.ts';
import { micros, monoUs } from '../../src/units.ts';

/** A process whose seconds the test makes up: shares of each second at work and on a core. */
function machine(freeMb: () => number = () => 5000.5) {
  const spent = { active: 0, cpu: 0, total: 0 };
  const meter = new LoadMeter({ utilization: () => ({ ...spent }), mostBusy: 850, freeMb, leastFreeMb: 256 });
  const live = (seconds: number, active: number, tasks: () => readonly TaskLoad[] = () => [], onCore = 1): void => {
    for (let i = 0; i < seconds; i++) {
      spent.active += 1000 * active;
      spent.cpu += 1000 * active * onCore;
      spent.total += 1000;
      meter.sample(monoUs(spent.total * 1000), tasks());
    }
  };
  return { meter, live };
}

/** Mixes that each spend `share` of every second. */
function mixes(count: number, share: number, change: Partial<TaskLoad> = {}): () => TaskLoad[] {
  let seconds = 0;
  return () => {
    seconds += 1;
    const spentUs = micros(Math.round(seconds * share * 1_000_000));
    return Array.from({ length: count }, () => ({
      mode: 'mixed',
      flowing: true,
      spentUs,
      lagUs: micros(0),
      ...change,
    }));
  };
}

const singles =
  (count: number, flowing = true): (() => TaskLoad[]) =>
  () =>
    Array.from({ length: count }, () => ({ mode: 'single', flowing, spentUs: micros(0), lagUs: micros(0) }));

test('an idle recorder takes whatever comes, however many empty rooms it waits in', () => {
  const { meter, live } = machine();
  live(20, 0.01, singles(150, false));
  assert.deepEqual(meter.load(0), {
    busy: 10,
    lagMs: 0,
    effort: 0,
    freeMb: 5000,
    spoolFull: false,
    takes: { single: true, mixed: true },
  });
});

test('what one more mix costs is learnt from those that run', () => {
  const { meter, live } = machine();
  live(20, 0.48, mixes(2, 0.23));
  assert.deepEqual(meter.load(0).takes, { single: true, mixed: true }, '0.48 and 0.23 more are carried');
  live(20, 0.72, mixes(3, 0.23));
  assert.deepEqual(meter.load(0).takes, { single: true, mixed: false }, '0.72 and 0.23 more are not');
});

test('mixes that turn out cheap let more in than was supposed before any was measured', () => {
  const { meter, live } = machine();
  live(20, 0.72, singles(40));
  assert.equal(meter.load(0).takes.mixed, false, 'a mix is supposed to cost a fifth of a core');
  const cheap = mixes(1, 0.04);
  live(30, 0.74, () => [...cheap(), ...singles(40)()]);
  assert.equal(meter.load(0).takes.mixed, true);
});

test('what others take of the cores makes a recorder busy, and its tasks no dearer', () => {
  const { meter, live } = machine();
  // One mix of a quarter of a core that has to wait for the core as long again.
  live(30, 0.5, mixes(1, 0.5), 0.5);
  assert.equal(meter.load(0).busy, 500);
  assert.equal(meter.load(0).takes.mixed, true, '0.5 and 0.25 more');
  live(30, 0.7, mixes(1, 0.7), 0.35 / 0.7);
  assert.equal(meter.load(0).takes.mixed, false, '0.7 and 0.35 more');
});

test('mixes that cost nearly a core are taken one at a time', () => {
  const { meter, live } = machine();
  live(20, 0.9, mixes(1, 0.9));
  assert.deepEqual(meter.load(0).takes, { single: false, mixed: false });
  live(20, 0.02);
  assert.deepEqual(meter.load(0).takes, { single: true, mixed: true });
});

test('who is behind, or leaves something out already, takes nothing', () => {
  const { meter, live } = machine();
  live(20, 0.3, mixes(1, 0.25, { lagUs: micros(1_200_000) }));
  assert.deepEqual(meter.load(0).takes, { single: false, mixed: false });
  assert.equal(meter.load(0).lagMs, 1200);
  live(20, 0.3, mixes(1, 0.25));
  assert.deepEqual(meter.load(1).takes, { single: false, mixed: false });
  assert.deepEqual(meter.load(0).takes, { single: true, mixed: true });
});

test('with too little space on its disk it takes nothing, until there is more', () => {
  let free = 255;
  const { meter, live } = machine(() => free);
  assert.deepEqual(
    [meter.load(0).spoolFull, meter.load(0).takes],
    [true, { single: false, mixed: false }],
    'known before the first second has passed',
  );
  free = 256;
  live(1, 0.01);
  assert.deepEqual([meter.load(0).spoolFull, meter.load(0).takes], [false, { single: true, mixed: true }]);
});

test('one dear mix is forgotten, or no mix would ever be let in again to show what it costs', () => {
  const { meter, live } = machine();
  live(30, 0.85, mixes(1, 0.8));
  live(5, 0.3, singles(20));
  assert.equal(meter.load(0).takes.mixed, false);
  live(240, 0.3, singles(20));
  assert.equal(meter.load(0).takes.mixed, true);
});

test('the work of a mix that ends is not booked to the single recordings beside it', () => {
  const { meter, live } = machine();
  const eight = mixes(8, 0.09);
  live(20, 0.75, () => [...eight(), ...singles(1)()]);
  live(1, 0.75, singles(1));
  assert.equal(meter.load(0).takes.single, true);
});

test('one busy second is no load, and a task that ended is no negative work', () => {
  const { meter, live } = machine();
  live(10, 0.1, mixes(1, 0.09));
  live(1, 1, mixes(1, 0.09));
  assert.equal(meter.load(0).takes.mixed, true);
  live(10, 0.1);
  assert.ok(meter.load(0).busy < 130, `${meter.load(0).busy}`);
});
