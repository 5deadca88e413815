import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { signUserSig } from '../../src/usersig/verify.ts';
import { SDK_APP_ID, sdkClient, TestServer } from '../kit/server.ts';

/** Keys that are replaced while the whole server runs: at the API by the official SDK, at the rooms' door by UserSigs. */

const ADMIN = 'a-token-of-the-admin-api';
const room = { roomId: 'r' };
let server: TestServer;

before(async () => {
  server = await TestServer.start({ ROOMTAPE_ADMIN__TOKEN: ADMIN });
});
after(() => server?.close());

async function replace(path: string, graceHours: number): Promise<string> {
  const headers = { authorization: `Bearer ${ADMIN}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ graceHours });
  const answer = await fetch(`${server.process.url}/admin/v1${path}`, { method: 'POST', headers, body });
  assert.equal(answer.status, 200);
  return ((await answer.json()) as { secretKey: string }).secretKey;
}

/** Whether rooms let somebody in by that UserSig; the offer is none, so that nobody enters. */
async function isLetIn(token: string): Promise<boolean> {
  const headers = { 'content-type': 'application/sdp', authorization: `Bearer ${token}` };
  const answer = await fetch(server.whip(room, 'u').url, { method: 'POST', headers, body: 'no offer' });
  return answer.status !== 401;
}

async function untilLetIn(token: string, wanted: boolean): Promise<void> {
  for (let n = 0; n < 200 && (await isLetIn(token)) !== wanted; n += 1) await new Promise((go) => setTimeout(go, 50));
  assert.equal(await isLetIn(token), wanted);
}

const sigBy = (secretKey: string): string =>
  signUserSig({ userId: 'u', sdkAppId: SDK_APP_ID, secretKey, nowMs: Date.now(), expireS: 3600 });

/** The code by which an unknown task is refused says that the signature was taken. */
async function codeOf(client: ReturnType<typeof sdkClient>): Promise<string> {
  const asked = client.DescribeCloudRecording({ SdkAppId: SDK_APP_ID, TaskId: 'none' });
  return asked.then(
    () => 'found',
    (error: { code: string }) => error.code,
  );
}

test('new and earlier keys are both taken, at the API and by rooms, also after a start; without grace the new one alone', async () => {
  const path = '/api-accounts/AKIDEXAMPLE0000000000000000000000000/key';
  const [appKey, accountKey] = [await replace(`/apps/${SDK_APP_ID}/key`, 1), await replace(path, 1)];
  const renewed = (): ReturnType<typeof sdkClient> => sdkClient(new URL(server.process.url).host, accountKey);
  const isTaken = async (): Promise<void> => {
    await untilLetIn(sigBy(appKey), true);
    assert.equal(await isLetIn(server.sign('u')), true);
    assert.doesNotMatch(await codeOf(renewed()), /AuthFailure/);
    assert.doesNotMatch(await codeOf(server.client), /AuthFailure/);
  };
  await isTaken();
  await server.restart();
  await isTaken();
  const [lastAppKey] = [await replace(`/apps/${SDK_APP_ID}/key`, 0), await replace(path, 0)];
  await untilLetIn(server.sign('u'), false);
  await untilLetIn(sigBy(appKey), false);
  await untilLetIn(sigBy(lastAppKey), true);
  assert.equal(await codeOf(server.client), 'AuthFailure.SignatureFailure');
  assert.equal(await codeOf(renewed()), 'AuthFailure.SignatureFailure');
});
