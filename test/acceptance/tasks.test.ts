import assert from 'node:assert/strict';
import { after } from 'node:test';
import { startSyntheticAnchor } from '../../src/synthetic/anchor.ts';
import { base, foreignAppId, sdkAppId, userSig, type Json } from '../api/recording-api.ts';
import { contractCase } from '../kit/contract-case.ts';
import {
  createRecording,
  hostOf,
  outcomeOf,
  plainAccount,
  plainAppId,
  sdkClient,
  startApiServer,
} from './api-server.ts';

/** Describe, Modify and Delete of contract §9 as the official SDK calls them; what a change looks like is in layout.test.ts. */

const server = await startApiServer();
after(() => server.close());
const client = sdkClient(hostOf(server));
const ids = (TaskId: string) => ({ SdkAppId: sdkAppId, TaskId });

async function create(room: number, changes: Json = {}): Promise<string> {
  const UserId = `bot_${room}`;
  const request = base({ RoomId: String(room), UserId, UserSig: userSig(UserId), ...changes });
  const { TaskId } = await createRecording(client, request);
  await server.receiver.waitForEvent(TaskId!, 301, 10_000);
  return TaskId!;
}

const modify = (TaskId: string, more: object = {}): Promise<unknown> =>
  client.ModifyCloudRecording({ ...ids(TaskId), ...more });

contractCase('Q2 E21', 'InProgress once an anchor publishes; a numeric room is a text in callbacks', async () => {
  const taskId = await create(201);
  assert.equal((await client.DescribeCloudRecording(ids(taskId))).Status, 'Idle');
  const path = `/whip/${sdkAppId}/201/anna?media=main`;
  const anchor = { url: `${server.process.url}${path}`, token: userSig('anna'), name: 'anna', colour: '#507020' };
  const anna = await startSyntheticAnchor(anchor);
  const deadline = Date.now() + 10_000;
  for (;;) {
    const { Status, StorageFileList } = await client.DescribeCloudRecording(ids(taskId));
    assert.deepEqual(StorageFileList, []);
    if (Status === 'InProgress') break;
    assert.ok(Date.now() < deadline, 'never InProgress');
  }
  await anna.close();
  for (const event of server.receiver.events(taskId)) assert.equal(event.EventInfo.RoomId, '201');
});

contractCase('Q5 Q6 Q7 Q8', 'unknown tasks, missing parameters, other apps', async () => {
  const taskId = await create(202);
  const calls = [
    (request: object) => client.DescribeCloudRecording(request as never),
    (request: object) => client.ModifyCloudRecording(request as never),
    (request: object) => client.DeleteCloudRecording(request as never),
  ];
  const plain = sdkClient(hostOf(server), { credential: plainAccount });
  for (const call of calls) {
    assert.equal(await outcomeOf(call(ids('nobody'))), 'ResourceNotFound');
    assert.equal(await outcomeOf(call({ SdkAppId: sdkAppId })), 'MissingParameter.TaskId');
    assert.equal(await outcomeOf(call({ TaskId: taskId })), 'MissingParameter.SdkAppId');
    assert.equal(await outcomeOf(call({ SdkAppId: foreignAppId, TaskId: taskId })), 'InvalidParameter.SdkAppId');
  }
  const others = plain.DescribeCloudRecording({ SdkAppId: plainAppId, TaskId: taskId });
  assert.equal(await outcomeOf(others), 'ResourceNotFound');
});

contractCase('Q9 Q11 Q12', 'Modify with nothing, with lists alone, of a single recording', async () => {
  const mixed = await create(203, { MixLayoutParams: { MixLayoutMode: 1 } });
  assert.equal(await outcomeOf(modify(mixed)), 'ok');
  assert.equal(await outcomeOf(modify(mixed, { SubscribeStreamUserIds: { UnSubscribeVideoUserIds: ['b'] } })), 'ok');
  const single = await create(204, { RecordParams: { RecordMode: 1 } });
  assert.equal(await outcomeOf(modify(single, { MixLayoutParams: { MixLayoutMode: 1 } })), 'ok');
});

contractCase('Q13', 'Modify to a layout that does not exist', async () => {
  const taskId = await create(205);
  const refused = modify(taskId, { MixLayoutParams: { MixLayoutMode: 9 } });
  assert.equal(await outcomeOf(refused), 'InvalidParameter.OutOfRange');
  assert.equal((await client.DescribeCloudRecording(ids(taskId))).Status, 'Idle');
});

contractCase('Q15 Q16', 'Delete ends the task with LeaveCode 0, once', async () => {
  const taskId = await create(206);
  assert.equal((await client.DeleteCloudRecording(ids(taskId))).TaskId, taskId);
  assert.equal(await outcomeOf(client.DeleteCloudRecording(ids(taskId))), 'ResourceNotFound');
  await server.receiver.waitForEvent(taskId, 312, 15_000);
  const events = server.receiver.events(taskId);
  assert.deepEqual(
    events.map((event) => event.EventType),
    [301, 302, 312],
  );
  assert.deepEqual(events[1]!.EventInfo.Payload, { LeaveCode: 0 });
});

contractCase('E8 E9', 'rooms that are not there, and too many users', async () => {
  assert.equal(
    await outcomeOf(client.DismissRoom({ SdkAppId: sdkAppId, RoomId: 999 })),
    'FailedOperation.RoomNotExist',
  );
  const text = client.DismissRoomByStrRoomId({ SdkAppId: sdkAppId, RoomId: 'nowhere' });
  assert.equal(await outcomeOf(text), 'FailedOperation.RoomNotExist');
  const UserIds = Array.from({ length: 11 }, (_, i) => `u${i}`);
  const many = client.RemoveUser({ SdkAppId: sdkAppId, RoomId: 999, UserIds });
  assert.equal(await outcomeOf(many), 'InvalidParameter.UserIds');
});
