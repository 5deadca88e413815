import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import { openInstallation, settlePort } from '../../src/process/installation.ts';
import { startServerRole } from '../../src/server/server-role.ts';
import { storage } from '../api/create-cases.ts';
import { base, sdkAppId, secretId, secretKey, sendTo, signedCall, type Json } from '../api/recording-api.ts';
import { receiver, until } from '../callbacks/receiver.ts';
import { silentLog, tempFolder } from '../tasks/fixture.ts';

const clock = systemClock({ unref: true });

/** A server role with these overrides beside one account and one app; calls its API. */
async function serverWith(t: TestContext, callbackUrl: string, env: Record<string, string>) {
  const port = await settlePort('127.0.0.1', 0);
  const app = { sdk_app_id: sdkAppId, secret_key: `key of ${sdkAppId}`, callback: { url: callbackUrl } };
  const opened = openInstallation({
    args: ['--data-dir', await tempFolder(t), '--port', String(port)],
    env: {
      ROOMTAPE_APPS: JSON.stringify([app]),
      ROOMTAPE_ACCOUNTS: JSON.stringify([{ secret_id: secretId, secret_key: secretKey, apps: [sdkAppId] }]),
      ...env,
    },
  });
  if (typeof opened === 'string') throw new Error(opened);
  const role = await startServerRole({ name: 'server', installation: opened, clock, log: silentLog });
  t.after(() => role.close());
  return (action: string, parameters: Json) =>
    sendTo(port, signedCall(`127.0.0.1:${port}`, action, JSON.stringify(parameters), clock));
}

test('a server follows its configuration: refusals told by 301, and the forms of callback and error', async (t) => {
  const { url, got } = await receiver(t, (_message, response) => response.end());
  const call = await serverWith(t, url, {
    ROOMTAPE_COMPAT__BOTH_STORAGES: 'event',
    ROOMTAPE_COMPAT__UNKNOWN_TASK: 'task_not_exist',
    ROOMTAPE_COMPAT__EVENT_TS: 'number',
    ROOMTAPE_COMPAT__ROOM_ID: 'client',
  });
  const answer = await call('CreateCloudRecording', base({ StorageParams: { CloudStorage: storage } }));
  const { TaskId } = answer.response;
  assert.equal(typeof TaskId, 'string', answer.text);
  await until('the 301', () => got.length === 1);
  const { EventType, EventInfo } = JSON.parse(got[0]!.body) as { EventType: number; EventInfo: Json };
  assert.deepEqual([EventType, EventInfo['TaskId'], EventInfo['Payload']], [301, TaskId, { Status: 1 }]);
  assert.deepEqual([EventInfo['RoomId'], typeof EventInfo['EventTs']], [10001, 'number']);
  const gone = await call('DescribeCloudRecording', { SdkAppId: sdkAppId, TaskId });
  assert.equal(gone.code, 'FailedOperation.TaskNotExist');
  assert.equal(got.length, 1, 'nothing more is told');
});
