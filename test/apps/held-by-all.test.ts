import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openAppRegistry } from '../../src/apps/app-registry.ts';
import { FakeClock } from '../../src/clock.ts';
import { configSchema } from '../../src/config/schema.ts';
import { syncResponse } from '../../src/worker-api/schemas.ts';
import { newTask, sdkAppId, serviceOn, syncOf, tempStore } from '../tasks/fixture.ts';

const ada = { actor: 'ada', origin: 'api' } as const;

test('limits, names and storage of an app reach tasks and recorders without a restart', async (t) => {
  const clock = new FakeClock();
  const store = await tempStore(t, clock);
  const configured = configSchema.parse({ apps: [{ sdk_app_id: sdkAppId, secret_key: 'a secret key' }] });
  const apps = await openAppRegistry(store, configured);
  const tasks = await serviceOn(store, clock, { apps });
  await tasks.create(newTask({ botUserId: 'one' }));
  const claim = async () => {
    const answer = await tasks.sync(syncOf('r', { wantTasks: 10 }));
    return syncResponse.parse(JSON.parse(JSON.stringify(answer))).newTasks[0]!;
  };
  const first = await claim();
  assert.deepEqual([first.naming.mode, first.mostStreams], ['documented', 25]);
  const { limits } = apps.entry(sdkAppId)!.sections;
  await apps.set(sdkAppId, 'limits', { ...limits, concurrent_tasks: 1 }, ada);
  assert.equal(await tasks.create(newTask({ botUserId: 'two' })), 'restricted');
  await apps.set(sdkAppId, 'limits', { ...limits, streams_per_task: 3 }, ada);
  await apps.set(sdkAppId, 'naming', { file_names: 'wire' }, ada);
  await tasks.create(newTask({ botUserId: 'two' }));
  const answer = await tasks.sync(syncOf('r2', { wantTasks: 10 }));
  const second = answer.newTasks.find(({ botUserId }) => botUserId === 'two')!;
  assert.deepEqual([second.naming.mode, second.mostStreams], ['wire', 3]);
  clock.advance(20_000);
  const again = (await tasks.sync(syncOf('r3', { wantTasks: 10 }))).newTasks.find(
    ({ taskId }) => taskId === first.taskId,
  )!;
  assert.equal(again.naming.mode, 'documented', 'a task keeps the names that it began with');
});
