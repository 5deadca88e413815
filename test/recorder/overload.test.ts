import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Overload } from '../../src/recorder/overload.ts';
import { micros, monoUs } from '../../src/units.ts';

/** A recorder by the second; answers the step of each. */
function recorder() {
  const overload = new Overload(5);
  let second = 0;
  const live = (seconds: number, lagSeconds: number, busy: number): number[] =>
    Array.from({ length: seconds }, () => {
      second += 1;
      return overload.sample({ at: monoUs(second * 1e6), lagUs: micros(lagSeconds * 1e6), busy });
    });
  return { overload, live };
}

test('a hiccup leaves everything as it is', () => {
  const { live } = recorder();
  assert.deepEqual(live(3, 0, 0.7), [0, 0, 0]);
  assert.deepEqual([...live(1, 4, 1), ...live(3, 0.2, 0.9)], [0, 0, 0, 0]);
});

test('while it falls behind, a step more every three seconds, up to the last', () => {
  const { live } = recorder();
  assert.deepEqual(live(15, 5, 1), [0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 4, 4]);
});

test('a step that helps is the last one', () => {
  const { live } = recorder();
  live(5, 3, 1);
  assert.equal(live(10, 2, 1).at(-1), 2, 'what is left is being caught up with');
  assert.equal(live(30, 0.8, 0.95).at(-1), 2, 'and then there is no reason for more');
});

test('when it has kept up for a while with time to spare, one step back at a time', () => {
  const { live } = recorder();
  live(5, 3, 1);
  assert.equal(live(60, 0.1, 0.9).at(-1), 2, 'no time to spare');
  const steps = live(40, 0.1, 0.5);
  assert.deepEqual([steps[14], steps[15], steps[30], steps[31]], [2, 1, 1, 0]);
});

test('what was tried too early is tried again ever more rarely', () => {
  const { overload, live } = recorder();
  live(2, 3, 1);
  const waits = [1, 2, 3, 4].map(() => {
    let seconds = 0;
    for (; overload.step > 0; seconds++) live(1, 0.1, 0.7);
    // With everything done it is behind again at once.
    while (overload.step === 0) live(1, 3, 1);
    return seconds;
  });
  assert.deepEqual(waits, [16, 31, 61, 121]);
});

test('a relapse of several steps is one mistake, and at the last step nothing gets worse', () => {
  const { overload, live } = recorder();
  live(2, 3, 1);
  live(16, 0.1, 0.7);
  live(40, 5, 1);
  assert.equal(overload.step, 4);
  const steps = live(125, 0.1, 0.7);
  assert.deepEqual([steps[29], steps[30], steps[61], steps[92], steps[123]], [4, 3, 2, 1, 0]);
});

test('with nothing left to do it goes back at once', () => {
  const { live } = recorder();
  live(15, 5, 1);
  assert.deepEqual(live(5, 0, 0.01), [3, 2, 1, 0, 0]);
});
