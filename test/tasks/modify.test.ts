import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gridPlan, type LayoutPlan } from '../../src/layout/layout-plan.ts';
import { everybody, type PlanChange } from '../../src/worker-api/messages.ts';
import { syncResponse } from '../../src/worker-api/schemas.ts';
import { bench, claimTask, create, newTask, plan, sdkAppId, syncOf } from './fixture.ts';

const floating: LayoutPlan = { ...gridPlan, mode: 'floating' };
const change: PlanChange = {
  layout: floating,
  subscription: { audio: { allow: [], block: ['b'] }, video: { allow: ['a'], block: [] } },
};
const mixed = newTask({ plan: { ...plan, mode: 'mixed' } });

test('a changed plan reaches the recorder that holds the task, once', async (t) => {
  const { tasks } = await bench(t);
  const taskId = await create(tasks, mixed);
  const { epoch, revision } = await claimTask(tasks, 'r');
  const held = (known: number) => syncOf('r', { tasks: [{ taskId, epoch, revision: known }] });
  assert.deepEqual((await tasks.sync(held(revision))).changes, []);
  assert.deepEqual(await tasks.modify(sdkAppId, taskId, () => change), { revision: 1 });
  assert.deepEqual((await tasks.sync(held(0))).changes, [{ taskId, revision: 1, ...change }]);
  assert.deepEqual((await tasks.sync(held(1))).changes, []);
});

test('a later owner begins with the plan as it is now', async (t) => {
  const { tasks, clock } = await bench(t);
  const taskId = await create(tasks, mixed);
  await claimTask(tasks, 'r');
  await tasks.modify(sdkAppId, taskId, () => change);
  clock.advance(20_000);
  const taken = await claimTask(tasks, 'other');
  assert.deepEqual([taken.revision, taken.plan.layout, taken.plan.subscription], [1, floating, change.subscription]);
});

test('Q9: what a change does not say is not kept', async (t) => {
  const { tasks } = await bench(t);
  const taskId = await create(tasks, mixed);
  await tasks.modify(sdkAppId, taskId, () => change);
  await tasks.modify(sdkAppId, taskId, () => ({ layout: gridPlan, subscription: everybody }));
  const { plan: now } = await claimTask(tasks, 'r');
  assert.deepEqual([now.layout, now.subscription], [gridPlan, everybody]);
});

test('Q13: a change that is refused leaves everything as it was', async (t) => {
  const { tasks } = await bench(t);
  const taskId = await create(tasks, mixed);
  const refuse = (): PlanChange => {
    throw new Error('it leaves the canvas');
  };
  await assert.rejects(tasks.modify(sdkAppId, taskId, refuse), /leaves the canvas/);
  const { plan: now, revision } = await claimTask(tasks, 'r');
  assert.deepEqual([now.layout, revision], [gridPlan, 0]);
});

test('Q14: nothing is found after ResourceExpiredHour, in another app, or once the task was asked to stop', async (t) => {
  const { tasks, clock } = await bench(t);
  const taskId = await create(tasks, mixed);
  assert.equal(await tasks.modify(sdkAppId + 1, taskId, () => change), undefined);
  assert.equal(await tasks.modify(sdkAppId, 'unknown', () => change), undefined);
  clock.advance(72 * 3_600_000);
  assert.equal(await tasks.modify(sdkAppId, taskId, () => change), undefined);
  const stopped = await create(tasks, mixed);
  await claimTask(tasks, 'r');
  await tasks.stop(sdkAppId, stopped);
  assert.equal(await tasks.modify(sdkAppId, stopped, () => change), undefined);
});

test('D-7, D-9: the recorder gets with the plan what its layout depends on, as it claims and as it is changed', async (t) => {
  const { tasks } = await bench(t);
  const share: LayoutPlan = { ...gridPlan, mode: 'share', sharePictures: 24, absentBig: 'promote' };
  const taskId = await create(tasks, newTask({ plan: { ...plan, mode: 'mixed', layout: share } }));
  // Through the schema of the wire, which drops what it does not know.
  const claimed = syncResponse.parse(await tasks.sync(syncOf('r', { wantTasks: 1 })));
  assert.deepEqual(claimed.newTasks[0]?.plan.layout, share);
  await tasks.modify(sdkAppId, taskId, () => ({ ...change, layout: { ...share, mode: 'floating' } }));
  const held = syncOf('r', { tasks: [{ taskId, epoch: claimed.newTasks[0]?.epoch ?? 0, revision: 0 }] });
  const { changes } = syncResponse.parse(await tasks.sync(held));
  assert.deepEqual(changes[0]?.layout, { ...share, mode: 'floating' });
});
