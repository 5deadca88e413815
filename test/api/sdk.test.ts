import assert from 'node:assert/strict';
import { test } from 'node:test';
import { trtc } from 'tencentcloud-sdk-nodejs/tencentcloud/services/trtc/index.js';
import { systemClock } from '../../src/clock.ts';
import { base, sdkAppId, secretId, secretKey, startApi, type ApiUnderTest } from './recording-api.ts';

type Client = InstanceType<typeof trtc.v20190722.Client>;
type CreateRequest = Parameters<Client['CreateCloudRecording']>[0];

/** The SDK reads the real clock, so what would exceed the rate of one server has servers of its own. */
const start = (): Promise<ApiUnderTest> => startApi({ clock: systemClock({ unref: true }) });
const api = await start();

type Credential = ConstructorParameters<typeof trtc.v20190722.Client>[0]['credential'];

interface Transport {
  readonly signMethod: 'TC3-HMAC-SHA256' | 'HmacSHA1' | 'HmacSHA256';
  readonly reqMethod: 'GET' | 'POST';
}
const tc3Post: Transport = { signMethod: 'TC3-HMAC-SHA256', reqMethod: 'POST' };
const transports: readonly Transport[] = (['TC3-HMAC-SHA256', 'HmacSHA1', 'HmacSHA256'] as const).flatMap(
  (signMethod) => (['POST', 'GET'] as const).map((reqMethod) => ({ signMethod, reqMethod })),
);

const clientOf = (
  endpoint: string,
  { signMethod, reqMethod }: Transport = tc3Post,
  credential: Credential = { secretId, secretKey },
): Client =>
  new trtc.v20190722.Client({
    credential,
    region: 'ap-guangzhou',
    profile: { signMethod, httpProfile: { endpoint, protocol: 'http://', reqMethod, reqTimeout: 10 } },
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

const caseOf = ({ signMethod, reqMethod }: Transport): string => {
  if (signMethod !== 'TC3-HMAC-SHA256') return 'T3';
  return reqMethod === 'POST' ? 'T1' : 'T2';
};

for (const transport of transports) {
  const name = `${transport.signMethod} ${transport.reqMethod}`;
  const api = await start();
  for (const endpoint of [api.host, `localhost:${api.port}`]) {
    test(`${endpoint === api.host ? caseOf(transport) : 'T6'}: ${name} at ${endpoint}`, async () => {
      const client = clientOf(endpoint, transport);
      const { TaskId, RequestId } = await client.CreateCloudRecording(request());
      assert.ok(TaskId);
      assert.match(RequestId ?? '', /^[0-9a-f-]{36}$/);
      const described = await client.DescribeCloudRecording({ SdkAppId: sdkAppId, TaskId });
      assert.equal(described.Status, 'Idle');
      assert.deepEqual(described.StorageFileList, []);
      assert.equal((await client.DeleteCloudRecording({ SdkAppId: sdkAppId, TaskId })).TaskId, TaskId);
      await assertThrows(client.DescribeCloudRecording({ SdkAppId: sdkAppId, TaskId }), 'ResourceNotFound');
    });
  }

  test(`${name} carries what TC3 POST carries`, async () => {
    const rich = request({
      RoomId: '会议/1 a+b&c=d',
      RoomIdType: 0,
      RecordParams: { RecordMode: 2, MaxIdleTime: 77, StreamType: 1 },
      StorageParams: {
        CloudVod: { TencentVod: { ExpireTime: 5, UserDefineRecordId: 'cls7', SourceContext: "a+b%'~*!" } },
      },
      MixTranscodeParams: { VideoParams: { Width: 640, Height: 480, Fps: 15, BitRate: 550_000, Gop: 2 } },
      MixLayoutParams: { MixLayoutMode: 3, PureAudioDisableLayout: false },
    });
    await clientOf(api.host).CreateCloudRecording(rich);
    const expected = api.tasks.created.at(-1);
    await clientOf(api.host, transport).CreateCloudRecording(rich);
    assert.deepEqual(api.tasks.created.at(-1), expected);
    assert.notEqual(api.tasks.created.at(-1), expected);
  });

  test(`T25: ${name} throws the code with the RequestId`, async () => {
    const client = clientOf(api.host, transport);
    await assertThrows(client.CreateCloudRecording(request({ UserId: null })), 'MissingParameter.UserId');
    await assertThrows(client.CreateCloudRecording(request({ Foo: 1 })), 'UnknownParameter');
    await assertThrows(client.CreateCloudRecording(request({ SdkAppId: 'x' })), 'InvalidParameter');
    const wrongKey = clientOf(api.host, transport, { secretId, secretKey: 'wrong' });
    await assertThrows(wrongKey.CreateCloudRecording(request()), 'AuthFailure.SignatureFailure');
    const nobody = clientOf(api.host, transport, { secretId: 'AKIDnobody', secretKey });
    await assertThrows(nobody.CreateCloudRecording(request()), 'AuthFailure.SecretIdNotFound');
    const temporary = clientOf(api.host, transport, { secretId, secretKey, token: 'of the cloud' });
    await assertThrows(temporary.CreateCloudRecording(request()), 'AuthFailure.TokenFailure');
  });
}

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
  await assertThrows(client.ModifyCloudRecording({ SdkAppId: sdkAppId, TaskId: 'x' }), 'ResourceNotFound');
});
