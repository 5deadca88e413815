import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gridPlan } from '../../src/layout/layout-plan.ts';
import { wallMs } from '../../src/units.ts';
import { everybody } from '../../src/worker-api/messages.ts';
import { base, foreignAppId, sdkAppId, startApi } from './recording-api.ts';

const api = await startApi();
const create = async (): Promise<string> => {
  const { response } = await api.call('CreateCloudRecording', base());
  return String(response['TaskId']);
};
const actions = ['DescribeCloudRecording', 'ModifyCloudRecording', 'DeleteCloudRecording'] as const;
const modify = (parameters: object) => api.call('ModifyCloudRecording', { SdkAppId: sdkAppId, ...parameters });

test('Q1: Describe right after Create', async () => {
  const TaskId = await create();
  const { response } = await api.call('DescribeCloudRecording', { SdkAppId: sdkAppId, TaskId });
  const { RequestId, ...fields } = response;
  assert.deepEqual(fields, { TaskId, Status: 'Idle', StorageFileList: [] });
  assert.equal(typeof RequestId, 'string');
});

test('Q15, Q5, Q16: Delete ends the task, after that nobody finds it', async () => {
  const TaskId = await create();
  const deleted = await api.call('DeleteCloudRecording', { SdkAppId: sdkAppId, TaskId });
  assert.deepEqual(Object.keys(deleted.response), ['TaskId', 'RequestId']);
  assert.equal(deleted.response['TaskId'], TaskId);
  for (const action of actions) {
    assert.equal((await api.call(action, { SdkAppId: sdkAppId, TaskId })).code, 'ResourceNotFound');
  }
});

test('Q9, Q10, Q11: what a Modify leaves out goes back to its default (contract §2.8)', async () => {
  const TaskId = await create();
  const { response } = await modify({ TaskId });
  assert.deepEqual(Object.keys(response), ['TaskId', 'RequestId']);
  assert.deepEqual(api.tasks.changes.at(-1), { layout: gridPlan, subscription: everybody });
  await modify({ TaskId, MixLayoutParams: { MixLayoutMode: 1, MaxResolutionUserId: 'a' } });
  const { layout, subscription } = api.tasks.changes.at(-1)!;
  assert.deepEqual([layout.mode, layout.big, subscription], ['floating', { userId: 'a', mediaId: 'main' }, everybody]);
  await modify({ TaskId, SubscribeStreamUserIds: { UnSubscribeAudioUserIds: ['b'] } });
  assert.deepEqual(api.tasks.changes.at(-1), {
    layout: gridPlan,
    subscription: { ...everybody, audio: { allow: [], block: ['b'] } },
  });
});

test('Q12: a single recording has no layout, so anything may stand there', async () => {
  const { response } = await api.call('CreateCloudRecording', base({ RecordParams: { RecordMode: 1 } }));
  await modify({ TaskId: response['TaskId'], MixLayoutParams: { MixLayoutMode: 2, WaterMarkList: [{}] } });
  assert.deepEqual(api.tasks.changes.at(-1)?.layout, gridPlan);
});

test('Q13: Modify is judged like Create, by the canvas of the task', async () => {
  const TaskId = await create();
  const before = api.tasks.changes.length;
  const entry = { Top: 0, Left: 351, Width: 10, Height: 10 };
  const refused: [object, string][] = [
    [{ MixLayoutParams: { MixLayoutMode: 9 } }, 'InvalidParameter.OutOfRange'],
    [{ MixLayoutParams: {} }, 'MissingParameter'],
    [{ MixLayoutParams: { MixLayoutMode: 4, MixLayoutList: [entry] } }, 'InvalidParameter.OutOfRange'],
    [{ MixLayoutParams: { MixLayoutMode: 3, WaterMarkList: [{}] } }, 'MissingParameter'],
    [
      { SubscribeStreamUserIds: { SubscribeVideoUserIds: ['a'], UnSubscribeVideoUserIds: ['b'] } },
      'InvalidParameter.OutOfRange',
    ],
  ];
  for (const [parameters, code] of refused) assert.equal((await modify({ TaskId, ...parameters })).code, code);
  assert.equal(api.tasks.changes.length, before);
});

test('Q3, Q4: Describe lists what is in the bucket (contract §2.7)', async () => {
  const TaskId = await create();
  const beginMs = wallMs(1_700_000_000_123);
  api.tasks.files = [
    { userId: 'a', name: 'x_audio.m3u8', trackType: 'audio', beginMs },
    { userId: '', name: 'y.m3u8', trackType: 'audio_video', beginMs },
  ];
  const { response } = await api.call('DescribeCloudRecording', { SdkAppId: sdkAppId, TaskId });
  api.tasks.files = [];
  assert.deepEqual(response['StorageFileList'], [
    { UserId: 'a', FileName: 'x_audio.m3u8', TrackType: 'audio', BeginTimeStamp: 1_700_000_000_123 },
    { UserId: '', FileName: 'y.m3u8', TrackType: 'audio_video', BeginTimeStamp: 1_700_000_000_123 },
  ]);
});

for (const action of actions) {
  const code = async (parameters: object) => (await api.call(action, parameters)).code;

  test(`Q5: ${action} of an unknown task`, async () => {
    assert.equal(await code({ SdkAppId: sdkAppId, TaskId: 'nobody' }), 'ResourceNotFound');
  });

  test(`Q6, Q7: ${action} with a parameter missing`, async () => {
    assert.equal(await code({ SdkAppId: sdkAppId }), 'MissingParameter.TaskId');
    assert.equal(await code({ SdkAppId: sdkAppId, TaskId: '' }), 'MissingParameter.TaskId');
    assert.equal(await code({ TaskId: 'x' }), 'MissingParameter.SdkAppId');
  });

  test(`Q8: ${action} through another app`, async () => {
    const TaskId = await create();
    assert.equal(await code({ SdkAppId: foreignAppId, TaskId }), 'InvalidParameter.SdkAppId');
  });

  test(`${action} with wrong types and unknown members`, async () => {
    assert.equal(await code({ SdkAppId: sdkAppId, TaskId: 5 }), 'InvalidParameter');
    assert.equal(await code({ SdkAppId: sdkAppId, TaskId: 'x', RoomId: '1' }), 'UnknownParameter');
    assert.equal(await code({ SdkAppId: sdkAppId, TaskId: 'x'.repeat(1025) }), 'InvalidParameter.OutOfRange');
  });
}
