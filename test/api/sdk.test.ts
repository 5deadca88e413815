import assert from 'node:assert/strict';
import { test } from 'node:test';
import { trtc } from 'tencentcloud-sdk-nodejs/tencentcloud/services/trtc/index.js';
import { systemClock } from '../../src/clock.ts';
import { base, sdkAppId, secretId, secretKey, startApi } from './recording-api.ts';

type Client = InstanceType<typeof trtc.v20190722.Client>;
type CreateRequest = Parameters<Client['CreateCloudRecording']>[0];

const api = await startApi({ clock: systemClock({ unref: true }) });

const clientOf = (endpoint: string, credential = { secretId, secretKey }): Client =>
  new trtc.v20190722.Client({
    credential,
    region: 'ap-guangzhou',
    profile: {
      signMethod: 'TC3-HMAC-SHA256',
      httpProfile: { endpoint, protocol: 'http://', reqMethod: 'POST', reqTimeout: 10 },
    },
  });
const client = clientOf(api.host);
const request = (changes = {}): CreateRequest => base(changes) as unknown as CreateRequest;

/** What the SDK throws: T25 wants the code and the RequestId in it. */
async function assertThrows(work: Promise<unknown>, code: string): Promise<void> {
  await assert.rejects(work, (error: Error & { code?: string; requestId?: string }) => {
    assert.equal(error.code, code);
    assert.match(error.requestId ?? '', /^[0-9a-f-]{36}$/);
    assert.notEqual(error.message, '');
    return true;
  });
}

test('T1: create, describe and delete by the official SDK', async () => {
  const { TaskId, RequestId } = await client.CreateCloudRecording(request());
  assert.ok(TaskId);
  assert.match(RequestId ?? '', /^[0-9a-f-]{36}$/);
  const described = await client.DescribeCloudRecording({ SdkAppId: sdkAppId, TaskId });
  assert.equal(described.Status, 'Idle');
  assert.deepEqual(described.StorageFileList, []);
  assert.equal((await client.DeleteCloudRecording({ SdkAppId: sdkAppId, TaskId })).TaskId, TaskId);
  await assertThrows(client.DescribeCloudRecording({ SdkAppId: sdkAppId, TaskId }), 'ResourceNotFound');
});

test('T6: an endpoint by name, whose port ends up in the credential scope', async () => {
  const { TaskId } = await clientOf(`localhost:${api.port}`).CreateCloudRecording(request());
  assert.ok(TaskId);
});

test('an empty TencentVod and a room with a slash and Chinese characters', async () => {
  const StorageParams = { CloudVod: { TencentVod: {} } };
  await client.CreateCloudRecording({ ...request({ RoomId: '会议/1', RoomIdType: 0 }), StorageParams });
  assert.equal(api.tasks.created.at(-1)?.room.roomId, '会议/1');
});

test('T25: errors reach the caller with code and RequestId', async () => {
  await assertThrows(client.CreateCloudRecording(request({ UserId: null })), 'MissingParameter.UserId');
  await assertThrows(client.CreateCloudRecording(request({ Foo: 1 })), 'UnknownParameter');
  await assertThrows(client.CreateCloudRecording(request({ SdkAppId: String(sdkAppId) })), 'InvalidParameter');
  await assertThrows(client.CreateCloudRecording(request({ RoomId: '0' })), 'InvalidParameter.OutOfRange');
  await assertThrows(client.CreateCloudRecording(request({ UserSig: 'forged' })), 'InvalidParameter.UserSig');
  await assertThrows(client.ModifyCloudRecording({ SdkAppId: sdkAppId, TaskId: 'x' }), 'InvalidAction');
  const wrongKey = clientOf(api.host, { secretId, secretKey: 'wrong' });
  await assertThrows(wrongKey.CreateCloudRecording(request()), 'AuthFailure.SignatureFailure');
  const nobody = clientOf(api.host, { secretId: 'AKIDnobody', secretKey });
  await assertThrows(nobody.CreateCloudRecording(request()), 'AuthFailure.SecretIdNotFound');
});
