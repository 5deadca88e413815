import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create, newTask, sdkAppId } from '../tasks/fixture.ts';
import { adminBench } from './admin-fixture.ts';

const room = { sdkAppId, kind: 'string', roomId: 'a/b 会议' } as const;
const roomPath = `/rooms/${sdkAppId}/string/${encodeURIComponent(room.roomId)}`;
const live = { room, anchors: [{ userId: 'al/ice', tracks: [{ mediaId: 'main', media: 'video' }] }] } as const;

test('live rooms come with their anchors and active recordings', async (t) => {
  const b = await adminBench(t);
  b.rooms.live = [live];
  const taskId = await create(b.tasks, newTask({ room }));
  await create(b.tasks, newTask());
  const { status, body } = await b.ask('/rooms');
  assert.equal(status, 200);
  assert.deepEqual(body.items, [
    { app: sdkAppId, room: { kind: 'string', id: room.roomId }, anchors: live.anchors, taskIds: [taskId] },
  ]);
});

test('a recording is started and stopped, once', async (t) => {
  const b = await adminBench(t);
  const started = await b.ask(`${roomPath}/recordings`, { method: 'POST', body: { mode: 'mixed' } });
  assert.equal(started.status, 201);
  const path = `/tasks/${encodeURIComponent(started.body.taskId as string)}`;
  const shown = await b.ask(path);
  assert.deepEqual([shown.body.mode, shown.body.room.id, shown.body.state], ['mixed', room.roomId, 'active']);
  assert.equal((await b.ask(`${path}/stop`, { method: 'POST' })).status, 202);
  assert.equal((await b.ask(`${path}/stop`, { method: 'POST' })).status, 409);
  assert.equal((await b.ask('/tasks/none/stop', { method: 'POST' })).status, 404);
});

test('a room that cannot be and an app that is not are refused', async (t) => {
  const b = await adminBench(t);
  const record = (path: string) => b.ask(`${path}/recordings`, { method: 'POST', body: { mode: 'single' } });
  assert.equal((await record(`/rooms/${sdkAppId}/number/letters`)).status, 400);
  assert.equal((await record('/rooms/7/number/1')).status, 404);
});

test('a user is removed and a room dissolved, where somebody is in it', async (t) => {
  const b = await adminBench(t);
  const user = `${roomPath}/users/${encodeURIComponent('al/ice')}`;
  assert.equal((await b.ask(user, { method: 'DELETE' })).status, 404);
  b.rooms.live = [live];
  assert.equal((await b.ask(user, { method: 'DELETE' })).status, 204);
  assert.equal((await b.ask(roomPath, { method: 'DELETE' })).status, 204);
  assert.deepEqual(b.rooms.told.slice(1), [
    ['remove', room, ['al/ice']],
    ['dismiss', room],
  ]);
});

test('rooms that are out of reach are told as such', async (t) => {
  const b = await adminBench(t);
  b.rooms.list = () => Promise.reject(new Error('no connection'));
  const { status, type, headers } = await b.ask('/rooms');
  assert.deepEqual([status, type, headers.get('retry-after')], [503, 'application/problem+json', '1']);
});
