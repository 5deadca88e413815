import assert from 'node:assert/strict';
import { test } from 'node:test';
import { claimTask, sdkAppId } from '../tasks/fixture.ts';
import { adminBench } from './admin-fixture.ts';

const path = `/rooms/${sdkAppId}/number/10001/recordings`;

test('an operator says how a room is recorded', async (t) => {
  const { ask, tasks, clock } = await adminBench(t);
  const wishes = { mode: 'mixed', containers: ['hls', 'mp4'], layout: 'share', users: ['a', 'b.*$'], mostSeconds: 60 };
  const { status, body } = await ask(path, { method: 'POST', body: wishes });
  assert.equal(status, 201);
  const shown = (await ask(`/tasks/${encodeURIComponent(body.taskId)}`)).body;
  const { outputs, layout, subscription, mostSeconds, streams } = shown.parameters;
  assert.deepEqual(
    [outputs, layout.mode, subscription.audio.allow, subscription.video.allow, mostSeconds, streams],
    [['hls', 'mp4'], 'share', ['a', 'b.*$'], ['a', 'b.*$'], 60, 'audio-video'],
  );
  // The recorder gets the longest time along.
  assert.equal((await claimTask(tasks, 'recorder-1')).plan.mostSeconds, 60);
  // It can be stopped for as long as it may run.
  assert.equal(shown.apiUntilMs - clock.wallMs(), 30 * 86_400_000);
});

test('sound alone is recorded for AAC', async (t) => {
  const { ask } = await adminBench(t);
  const { body } = await ask(path, { method: 'POST', body: { mode: 'single', containers: ['aac'] } });
  const shown = (await ask(`/tasks/${encodeURIComponent(body.taskId)}`)).body;
  assert.deepEqual([shown.parameters.streams, shown.parameters.outputs], ['audio', ['aac']]);
});

test('what does not go together is refused by name', async (t) => {
  const { ask, store } = await adminBench(t);
  const bad: readonly (readonly [object, string])[] = [
    [{ mode: 'mixed', containers: [] }, 'containers'],
    [{ mode: 'mixed', containers: ['mp4', 'aac'] }, 'containers'],
    [{ mode: 'mixed', containers: ['mp4', 'mp4'] }, 'containers'],
    [{ mode: 'single', layout: 'grid' }, 'layout'],
    [{ mode: 'mixed', layout: 'custom' }, 'layout'],
    [{ mode: 'mixed', users: [''] }, 'users.0'],
    [{ mode: 'mixed', mostSeconds: 0 }, 'mostSeconds'],
    [{ mode: 'mixed', mostSeconds: 30 * 86_400 + 1 }, 'mostSeconds'],
  ];
  for (const [body, at] of bad) {
    const answer = await ask(path, { method: 'POST', body });
    assert.deepEqual([answer.status, answer.body.errors?.[0]?.at], [400, at], JSON.stringify(body));
  }
  assert.equal((await store.db.selectFrom('task').selectAll().execute()).length, 0);
});
