import assert from 'node:assert/strict';
import { after } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createCases, rp } from '../api/create-cases.ts';
import { base, sdkAppId, userSig, type Json } from '../api/recording-api.ts';
import { signUserSig } from '../../src/usersig/verify.ts';
import {
  createRecording,
  hostOf,
  outcomeOf,
  plainAccount,
  plainAppId,
  sdkClient,
  startApiServer,
} from './api-server.ts';
import { contractCase } from '../kit/contract-case.ts';

const server = await startApiServer();
after(() => server.close());
const client = sdkClient(hostOf(server));

const create = (changes: Json = {}) => createRecording(client, base(changes));

for (const [name, changes, code] of createCases) {
  const id = /^C\d+/.exec(name)?.[0];
  // The SDK itself leaves out what is null, so that case is its own; a list of millions is no case of the contract.
  if (!id) continue;
  contractCase(id, `${name}: ${code}`, async () => assert.equal(await outcomeOf(create(changes)), code));
}

contractCase('C1', 'the TaskId has the alphabet of a folder name', async () => {
  assert.match((await create()).TaskId ?? '', /^[A-Za-z0-9+.-]+$/);
});

contractCase('C44', 'the 101st live task of an app is refused, and there is room again when one ends', async () => {
  const plain = sdkClient(hostOf(server), { credential: plainAccount });
  const call = async (room: number) => {
    const UserId = `bot_${room}`;
    const secret = { sdkAppId: plainAppId, secretKey: `key of ${plainAppId}` };
    const UserSig = signUserSig({ userId: UserId, ...secret, nowMs: Date.now(), expireS: 600 });
    const request = base({ SdkAppId: plainAppId, RoomId: String(room), UserId, UserSig, ...rp({ MaxIdleTime: 600 }) });
    return createRecording(plain, request);
  };
  const tasks: string[] = [];
  for (let room = 1; room <= 100; room += 1) {
    // Twenty a second are allowed.
    if (room % 18 === 0) await sleep(1100);
    tasks.push((await call(room)).TaskId!);
  }
  await sleep(1100);
  assert.equal(await outcomeOf(call(101)), 'FailedOperation.RestrictedConcurrency');
  await plain.DeleteCloudRecording({ SdkAppId: plainAppId, TaskId: tasks[0]! });
  assert.equal(await outcomeOf(call(101)), 'ok');
});

contractCase('C46', 'the same bot in the same room again ends the task before with 101', async () => {
  const bot = { RoomId: '46', UserId: 'same_bot', UserSig: userSig('same_bot') };
  const first = (await create(bot)).TaskId!;
  await server.receiver.waitForEvent(first, 301, 10_000);
  const second = (await create(bot)).TaskId!;
  const stop = await server.receiver.waitForEvent(first, 302, 10_000);
  assert.deepEqual(stop.EventInfo.Payload, { LeaveCode: 101 });
  const start = await server.receiver.waitForEvent(second, 301, 10_000);
  assert.deepEqual(start.EventInfo.Payload, { Status: 0 });
});

contractCase('C47', 'another bot in the same room: both tasks live', async () => {
  const tasks: string[] = [];
  for (const UserId of ['one_bot', 'other_bot']) {
    tasks.push((await create({ RoomId: '47', UserId, UserSig: userSig(UserId) })).TaskId!);
  }
  for (const TaskId of tasks) {
    await server.receiver.waitForEvent(TaskId, 301, 10_000);
    assert.equal((await client.DescribeCloudRecording({ SdkAppId: sdkAppId, TaskId })).Status, 'Idle');
  }
});
