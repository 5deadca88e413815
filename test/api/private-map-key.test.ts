import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import type { AppDirectory } from '../../src/config/apps.ts';
import type { RoomKey } from '../../src/room-key.ts';
import { privilege, RECORDER_PRIVILEGES, signPrivateMapKey } from '../../src/usersig/private-map-key.ts';
import { create, eventsOf, newTask, claimTask, serviceOn, syncOf, tempStore } from '../tasks/fixture.ts';
import { base, directory, sdkAppId, startApi } from './recording-api.ts';

/** C49: with advanced permission control a bot without the right to enter is refused by event 301, not by an error. */

const apps: AppDirectory = {
  account: (id) => directory.account(id),
  app: (id) => {
    const app = directory.app(id);
    return app && { ...app, advancedPermission: true };
  },
};

const api = await startApi({ apps, clock: systemClock({ unref: true }) });

const room: RoomKey = { sdkAppId, kind: 'number', roomId: '10001' };
const keyOf = (privileges: number, userId = 'recorder_10001', of: RoomKey = room): string =>
  signPrivateMapKey({
    userId,
    room: of,
    secretKey: `key of ${sdkAppId}`,
    nowMs: Date.now(),
    expireS: 300,
    privileges,
  });

async function refusalOf(PrivateMapKey: string | undefined): Promise<string | undefined> {
  const answer = await api.call('CreateCloudRecording', base(PrivateMapKey === undefined ? {} : { PrivateMapKey }));
  assert.equal(answer.code, undefined, 'the call itself succeeds');
  assert.equal(typeof answer.response['TaskId'], 'string');
  return api.tasks.created.at(-1)?.refusal;
}

test('C49: what a key must grant', async () => {
  assert.equal(await refusalOf(keyOf(RECORDER_PRIVILEGES)), undefined);
  assert.equal(await refusalOf(keyOf(privilege.enterRoom)), undefined);
  assert.match((await refusalOf(undefined)) ?? '', /no PrivateMapKey/);
  assert.match((await refusalOf('')) ?? '', /no PrivateMapKey/);
  assert.match((await refusalOf(keyOf(RECORDER_PRIVILEGES & ~privilege.enterRoom))) ?? '', /missing-privilege/);
  assert.match((await refusalOf(keyOf(255, 'another'))) ?? '', /wrong-user/);
  assert.match((await refusalOf(keyOf(255, undefined, { ...room, roomId: '10002' }))) ?? '', /wrong-room/);
  assert.match((await refusalOf('forged')) ?? '', /PrivateMapKey/);
});

async function refusing(t: TestContext) {
  const clock = systemClock({ unref: true });
  const store = await tempStore(t, clock);
  return { store, tasks: await serviceOn(store, clock) };
}

test('C49: a refused task ends in the transaction that makes it: 301 Status 1, nothing more, nobody may claim it', async (t) => {
  const { store, tasks } = await refusing(t);
  const taskId = await create(tasks, newTask({ refusal: 'no PrivateMapKey' }));
  assert.deepEqual(await eventsOf(store, taskId), [{ type: 301, payload: { Status: 1 } }]);
  assert.equal(await tasks.describe(sdkAppId, taskId), undefined);
  assert.equal(await tasks.stop(sdkAppId, taskId), false);
  assert.deepEqual((await tasks.sync(syncOf('r', { wantTasks: 5 }))).newTasks, []);
});

test('a refused bot does not interrupt the one that is there', async (t) => {
  const { tasks } = await refusing(t);
  const first = await create(tasks);
  await claimTask(tasks, 'r');
  await create(tasks, newTask({ refusal: 'no PrivateMapKey' }));
  assert.equal((await tasks.describe(sdkAppId, first))?.status, 'Idle');
});
