import assert from 'node:assert/strict';
import { test } from 'node:test';
import { base, foreignAppId, sdkAppId, startApi } from './recording-api.ts';

const api = await startApi();
const create = async (): Promise<string> => {
  const { response } = await api.call('CreateCloudRecording', base());
  return String(response['TaskId']);
};
const actions = ['DescribeCloudRecording', 'DeleteCloudRecording'] as const;

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
