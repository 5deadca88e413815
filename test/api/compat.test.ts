import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Compat } from '../../src/config/compat.ts';
import { gridPlan } from '../../src/layout/layout-plan.ts';
import { storage, vod } from './create-cases.ts';
import {
  base,
  sdkAppId,
  sign,
  startApi,
  userSig,
  type ApiUnderTest,
  type Json,
  type WireRequest,
} from './recording-api.ts';

/** The other answers of contract §0.2 in the API; the defaults are in the other files here. */

const withCompat = (compat: Partial<Compat>): Promise<ApiUnderTest> => startApi({ compat });
const create = (api: ApiUnderTest, changes: Json = {}) => api.call('CreateCloudRecording', base(changes));
const taskActions = ['DescribeCloudRecording', 'ModifyCloudRecording', 'DeleteCloudRecording'] as const;

test('D-5: bare MissingParameter everywhere, with the message of the longer code', async () => {
  const [two, bare] = [await startApi(), await withCompat({ missing_parameter: 'bare' })];
  const nested = { StorageParams: { CloudVod: undefined, CloudStorage: { ...storage, Bucket: '' } } };
  const cases: [string, Json, string][] = [
    ['CreateCloudRecording', base({ RoomId: undefined }), 'RoomId'],
    ['CreateCloudRecording', base({ StorageParams: { CloudVod: undefined } }), 'CloudStorage'],
    ['CreateCloudRecording', base(nested), 'Bucket'],
    ...taskActions.map((action): [string, Json, string] => [action, { SdkAppId: sdkAppId }, 'TaskId']),
    ['RemoveUser', { SdkAppId: sdkAppId, RoomId: 1, UserIds: [] }, 'UserIds'],
  ];
  for (const [action, parameters, name] of cases) {
    const [long, short] = [await two.call(action, parameters), await bare.call(action, parameters)];
    assert.deepEqual([long.code, short.code], [`MissingParameter.${name}`, 'MissingParameter'], action);
    assert.equal(short.message, long.message);
  }
  assert.equal((await create(bare, { RoomIdType: 2 })).code, 'InvalidParameter.OutOfRange');
});

test('D-6: FailedOperation.TaskNotExist for a task that is unknown or has ended', async () => {
  const api = await withCompat({ unknown_task: 'task_not_exist' });
  const { TaskId } = (await create(api)).response;
  await api.call('DeleteCloudRecording', { SdkAppId: sdkAppId, TaskId });
  for (const action of taskActions) {
    for (const id of ['nobody', TaskId]) {
      const answer = await api.call(action, { SdkAppId: sdkAppId, TaskId: id });
      assert.equal(answer.code, 'FailedOperation.TaskNotExist', `${action} ${String(id)}`);
      assert.match(answer.message, /does not exist/);
    }
  }
});

const both = { StorageParams: { CloudStorage: storage } };

test('D-8: a recording with two destinations is refused, or accepted and told by event', async () => {
  const refusing = await startApi();
  assert.equal((await create(refusing, both)).code, 'UnsupportedOperation');
  assert.equal(refusing.tasks.created.length, 0);
  const telling = await withCompat({ both_storages: 'event' });
  const answer = await create(telling, both);
  assert.equal(answer.code, undefined, answer.text);
  assert.equal(typeof answer.response['TaskId'], 'string');
  assert.match(telling.tasks.created[0]?.refusal ?? '', /CloudStorage.*CloudVod/);
  await create(telling);
  assert.equal(telling.tasks.created[1]?.refusal, undefined);
  // What else is wrong with the request is still said at once.
  assert.equal((await create(telling, vod({ MediaType: 2 }))).code, 'UnsupportedOperation');
  assert.equal((await create(telling, { ...both, UserSig: 'bad' })).code, 'InvalidParameter.UserSig');
});

test('D-10: an invalid UserSig is refused, or accepted and told by event', async () => {
  const telling = await withCompat({ bad_user_sig: 'event' });
  for (const UserSig of ['bad', userSig('somebody'), userSig('recorder_10001', 0)]) {
    const answer = await create(telling, { UserSig });
    assert.equal(answer.code, undefined, answer.text);
    assert.match(telling.tasks.created.at(-1)?.refusal ?? '', /UserSig/);
  }
  assert.equal((await create(telling)).code, undefined);
  assert.equal(telling.tasks.created.at(-1)?.refusal, undefined);
  assert.equal((await create(telling, { UserSig: '' })).code, 'MissingParameter.UserSig');
  assert.equal((await create(telling, both)).code, 'UnsupportedOperation');
});

test('D-12: MaxIdleTime of a request without it', async () => {
  const api = await withCompat({ idle_seconds: 5 });
  await create(api);
  await create(api, { RecordParams: { MaxIdleTime: 30 } });
  assert.deepEqual(
    api.tasks.created.map(({ plan }) => plan.maxIdleSeconds),
    [5, 30],
  );
});

for (const [name, compat, expected] of [
  ['the defaults leave nothing in the plan', {}, {}],
  ['D-7: 24 pictures', { share_pictures: 24 }, { sharePictures: 24 }],
  ['D-9: promote', { absent_big_user: 'promote' }, { absentBig: 'promote' }],
] as const) {
  test(`${name}: Create and Modify put it into the plan`, async () => {
    const api = await withCompat(compat);
    const MixLayoutParams = { MixLayoutMode: 2, MaxResolutionUserId: 'a' };
    const { TaskId } = (await create(api, { MixLayoutParams })).response;
    await api.call('ModifyCloudRecording', { SdkAppId: sdkAppId, TaskId, MixLayoutParams });
    const layout = { ...gridPlan, mode: 'share', big: { userId: 'a', mediaId: 'main' }, ...expected };
    const plans = [api.tasks.created[0]?.plan.layout, api.tasks.changes[0]?.layout];
    // As text: that is how a plan is stored.
    assert.deepEqual(JSON.parse(JSON.stringify(plans)), [layout, layout]);
  });
}

/** A signed call whose credential scope names `service`. */
function scoped(service: string, action: string, version: string, parameters: Json): WireRequest {
  const body = JSON.stringify(parameters);
  const headers = { 'content-type': 'application/json', host: 'example.com' };
  const timestamp = 1_700_000_000;
  const authorization = sign({ headers, body, timestamp, service });
  const common = { 'x-tc-action': action, 'x-tc-version': version, 'x-tc-timestamp': String(timestamp) };
  return { body, headers: { ...headers, ...common, authorization } };
}

test('D-13: the scope of a signature may name any service, or only that of the product', async () => {
  const [any, strict] = [await startApi(), await withCompat({ scope_service: 'trtc' })];
  const codes = async (service: string, action: string, version: string, parameters: Json) => {
    const request = scoped(service, action, version, parameters);
    return [(await any.send(request)).code, (await strict.send(request)).code];
  };
  const describe = (service: string) =>
    codes(service, 'DescribeCloudRecording', '2019-07-22', { SdkAppId: sdkAppId, TaskId: 'x' });
  const search = (service: string) => codes(service, 'DescribeMediaInfos', '2018-07-17', { FileIds: [] });
  const refused = 'AuthFailure.InvalidAuthorization';
  assert.deepEqual(await describe('trtc'), ['ResourceNotFound', 'ResourceNotFound']);
  for (const service of ['127', 'vod', 'TRTC'])
    assert.deepEqual(await describe(service), ['ResourceNotFound', refused]);
  const empty = 'InvalidParameterValue.FileIdsEmpty';
  assert.deepEqual(await search('vod'), [empty, empty]);
  assert.deepEqual(await search('trtc'), [empty, refused]);
});
