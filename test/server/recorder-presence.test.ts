import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../src/clock.ts';
import { RecorderPresence } from '../../src/server/recorder-presence.ts';
import type { RecorderLoad, SyncResponse } from '../../src/worker-api/messages.ts';
import { idleLoad, syncOf } from '../tasks/fixture.ts';

const answer: SyncResponse = {
  leaseMs: 15_000,
  keptTasks: [],
  keptJobs: [],
  newTasks: [],
  newJobs: [],
  stops: [],
  changes: [],
};

function presence() {
  const clock = new FakeClock();
  const recorders = new RecorderPresence(clock);
  const sync = recorders.watching(async () => answer);
  const tell = (recorderId: string, load: Partial<RecorderLoad>): Promise<SyncResponse> =>
    sync(syncOf(recorderId, { load: { ...idleLoad, ...load } }));
  return { clock, recorders, tell };
}

test('a task is carried when any recorder that is there would carry one of its kind', async () => {
  const { recorders, tell } = presence();
  await tell('a', { busy: 900, takes: { single: false, mixed: false } });
  assert.deepEqual([recorders.refusal('single'), recorders.refusal('mixed')], ['recorders busy', 'recorders busy']);
  await tell('b', { busy: 700, takes: { single: true, mixed: false } });
  assert.deepEqual([recorders.refusal('single'), recorders.refusal('mixed')], [undefined, 'recorders busy']);
  await tell('a', { busy: 300 });
  assert.equal(recorders.refusal('mixed'), undefined);
});

test('full disks are told apart from busy recorders', async () => {
  const { recorders, tell } = presence();
  const nothing = { single: false, mixed: false };
  await tell('a', { spoolFull: true, takes: nothing });
  assert.equal(recorders.refusal('mixed'), 'spools full');
  await tell('b', { takes: nothing });
  assert.equal(recorders.refusal('mixed'), 'recorders busy');
});

test('a recorder that is gone carries nothing, and while none is there a task waits for one', async () => {
  const { clock, recorders, tell } = presence();
  assert.equal(recorders.refusal('mixed'), undefined);
  await tell('a', {});
  clock.advance(4_000);
  await tell('b', { takes: { single: false, mixed: false } });
  assert.equal(recorders.refusal('mixed'), undefined);
  clock.advance(2_000);
  assert.equal(recorders.refusal('mixed'), 'recorders busy');
  clock.advance(4_000);
  assert.equal(recorders.refusal('mixed'), undefined);
});

test('the metrics tell how they do', async () => {
  const { recorders, tell } = presence();
  await tell('a', { busy: 900, lagMs: 2_300, effort: 2, takes: { single: false, mixed: false } });
  await tell('b', { busy: 300, freeMb: 40 });
  assert.deepEqual(recorders.stats(), {
    connected: 2,
    tasks: 0,
    jobs: 0,
    busyPermille: { mean: 600, most: 900 },
    lagMs: 2_300,
    effortStep: 2,
    leastFreeMb: 40,
    taking: { single: 1, mixed: 1 },
  });
});
