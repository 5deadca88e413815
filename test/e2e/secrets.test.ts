import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { forkSyntheticAnchor } from '../../src/synthetic/forked-anchor.ts';
import { RECORDER_PRIVILEGES, signPrivateMapKey } from '../../src/usersig/private-map-key.ts';
import { signUserSig } from '../../src/usersig/verify.ts';
import { startS3 } from '../kit/s3-server.ts';
import { committedFiles, SDK_APP_ID, TestServer, testSecrets } from '../kit/server.ts';
import { signedCall } from '../api/recording-api.ts';
import { systemClock } from '../../src/clock.ts';

/**
 * A whole server at level trace goes through everything that touches a secret, what fails included; then nothing that it
 * wrote or answered holds one of them.
 */

const ROOM = { roomId: '10001' };
const OTHER_APP = 1_400_000_777;
const bucketKeys = { AccessKey: 'AKIDBucketAccessKey0001', SecretKey: 'BucketSecretKey0000000002' };
/** Secrets by what they are; those that come up on the way are added. */
const secrets: Record<string, string> = {
  ...testSecrets,
  playKey: 'PlayKeyOfTheTest000001',
  otherApp: 'SecretOfTheOtherApp0000003',
  otherCallback: 'CallbackKeyOther04',
  callbackPassword: 'CallbackPassword05',
  callbackToken: 'CallbackQueryToken06',
  bucketAccessKey: bucketKeys.AccessKey,
  bucketSecretKey: bucketKeys.SecretKey,
};
/** What the server said, by who said it: its log, and answers that are not meant to carry secrets. */
const said: Record<string, string> = {};
let server: TestServer;

const apps = (callback: object) => [
  { sdk_app_id: SDK_APP_ID, secret_key: testSecrets.APP_SECRET, callback, play_key: secrets['playKey'] },
  {
    sdk_app_id: OTHER_APP,
    secret_key: secrets['otherApp'],
    callback: {
      url: `http://user:${secrets['callbackPassword']}@127.0.0.1:9/x?token=${secrets['callbackToken']}`,
      key: secrets['otherCallback'],
      groups: ['recording', 'room', 'media'],
    },
  },
];

before(async () => {
  server = await TestServer.start((callback) => ({
    ROOMTAPE_LOG__LEVEL: 'trace',
    ROOMTAPE_RECORDERS__PROCESSES: '1',
    ROOMTAPE_APPS: JSON.stringify(apps(callback)),
  }));
  const file = readFileSync(join(server.dataDir, 'secrets.json'), 'utf8');
  secrets['installationToken'] = (JSON.parse(file) as { token: string }).token;
});

after(() => server?.close());

/** Asks, and keeps what was answered. */
async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const answer = await fetch(path.startsWith('http') ? path : server.process.url + path, init);
  const kind = answer.headers.get('content-type') ?? '';
  // The answer of a session that was opened is for its own client, who is told the session's name by it.
  if (answer.status !== 201 && /json|text/.test(kind))
    said[`${init.method ?? 'GET'} ${path.slice(0, 60)} ${Object.keys(said).length}`] = await answer.text();
  return answer;
}

const offer = (name: string): string => readFileSync(new URL(`../rooms/offers/${name}.sdp`, import.meta.url), 'utf8');

function sigOf(userId: string): string {
  const sig = server.sign(userId);
  secrets[`UserSig of ${userId}`] = sig;
  return sig;
}

async function recordAndPlay(storeHost: string): Promise<void> {
  const whip = { ...server.whip(ROOM, 'alice'), token: sigOf('alice') };
  const anchor = await forkSyntheticAnchor({ ...whip, name: 'alice', colour: '#c03030' });
  const taskId = await server.record(ROOM, 1, { UserSig: sigOf('recorder_1') });
  const inBucket = await intoBucket(storeHost);
  await server.untilStatus(taskId, 'InProgress');
  await watch();
  await sleep(3000);
  const events = await server.stop(taskId);
  await server.client.DeleteCloudRecording({ SdkAppId: SDK_APP_ID, TaskId: inBucket });
  await anchor.close();
  const [file] = committedFiles(events);
  assert.ok(file);
  const url = new URL(file.VideoUrl);
  secrets['sign of a link'] = url.searchParams.get('sign')!;
  assert.equal((await ask(url.href)).status, 200);
  url.searchParams.set('t', '1');
  assert.equal((await ask(url.href)).status, 403);
}

/** An app whose receiver of room events is not there, in an address with a password and a token. */
async function enterWhereCallbacksFail(): Promise<void> {
  const who = {
    userId: 'carol',
    sdkAppId: OTHER_APP,
    secretKey: secrets['otherApp']!,
    nowMs: Date.now(),
    expireS: 300,
  };
  const token = signUserSig(who);
  secrets['UserSig of carol'] = token;
  const url = `${server.process.url}/whip/${OTHER_APP}/7/carol`;
  const anchor = await forkSyntheticAnchor({ url, token, name: 'carol', colour: '#3040c0' });
  await sleep(4000);
  await anchor.close();
}

/** A store that does not know these keys: errors of the SDK, which quote them, and uploads that are tried again. */
async function intoBucket(host: string): Promise<string> {
  const bucket = {
    Vendor: 1,
    Region: 'us-east-1',
    Bucket: 'recordings',
    ...bucketKeys,
    EndpointUrl: `http://${host}`,
  };
  const StorageParams = { CloudStorage: bucket };
  return server.record(ROOM, 1, { StorageParams, UserSig: sigOf('recorder_b') }, 'recorder_b');
}

async function watch(): Promise<void> {
  const nowMs = Date.now();
  const room = { sdkAppId: SDK_APP_ID, kind: 'number', roomId: ROOM.roomId } as const;
  const who = { userId: 'bob', sdkAppId: SDK_APP_ID, secretKey: testSecrets.APP_SECRET, nowMs };
  const key = signPrivateMapKey({ ...who, room, expireS: 300, privileges: RECORDER_PRIVILEGES });
  secrets['PrivateMapKey'] = key;
  const path = `/whep/${SDK_APP_ID}/${ROOM.roomId}/alice?viewer=bob&private_map_key=${encodeURIComponent(key)}`;
  const headers = { 'content-type': 'application/sdp', authorization: `Bearer ${sigOf('bob')}` };
  const opened = await ask(path, { method: 'POST', headers, body: offer('chromium-watch') });
  assert.equal(opened.status, 201);
  secrets['WHEP session'] = opened.headers.get('location')!.split('/').at(-1)!;
  for (const body of ['v=0', offer('ffmpeg').slice(0, 400)]) {
    const refused = await ask(path, { method: 'POST', headers, body });
    assert.ok(refused.status >= 400 && refused.status < 500);
  }
  const forged = { ...headers, authorization: `Bearer ${secrets['UserSig of alice']}` };
  assert.equal((await ask(path, { method: 'POST', headers: forged, body: offer('ffmpeg') })).status, 401);
}

/** Calls that are refused in every way, each with secrets in it. */
async function refusedCalls(): Promise<void> {
  const { host } = new URL(server.process.url);
  const body = (more: object): string =>
    JSON.stringify({ SdkAppId: SDK_APP_ID, RoomId: '5', UserId: 'mallory', UserSig: sigOf('bot5'), ...more });
  const storage = { StorageParams: { CloudStorage: { Vendor: 0, Region: 'x', Bucket: 'b', ...bucketKeys } } };
  for (const text of [body(storage), body({ RecordParams: 5 }), body({ Unknown: bucketKeys.SecretKey }).slice(0, -2)]) {
    const { headers = {} } = signedCall(host, 'CreateCloudRecording', text, systemClock());
    secrets[`signature ${text.length}`] = /Signature=(\w+)/.exec(headers['authorization']!)![1]!;
    await ask('/', { method: 'POST', headers, body: text });
    const other = `${headers['authorization']!.slice(0, -4)}0000`;
    await ask('/', { method: 'POST', headers: { ...headers, authorization: other }, body: text });
  }
  await ask(`/?Action=CreateCloudRecording&UserSig=${sigOf('bot6')}&Signature=abcdefgh`);
}

/** The worker API and the rooms' own routes with a wrong token, and with the right one and what they refuse. */
async function refusedWorkers(): Promise<void> {
  const token = secrets['installationToken']!;
  for (const bearer of [`${token.slice(0, -1)}_`, token])
    for (const path of [
      '/worker/v1/sync',
      '/worker/v1/tasks/x/report',
      '/worker/v1/jobs/9/report',
      '/worker/v1/spool',
    ]) {
      const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' };
      await ask(path, { method: 'POST', headers, body: `{"token":"${token}"}` });
      await ask(path, { method: 'POST', headers, body: `{"token":"${token}"` });
    }
}

/** A start that is refused says which key is wrong, and nothing of its value. */
async function wrongConfigurations(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'roomtape-wrong-'));
  const app = (more: string): string => `apps:\n  - sdk_app_id: 5\n    secret_key: ${secrets['otherApp']}\n${more}`;
  const files = [
    app(`    callback: { url: "http://h", key: "${secrets['otherCallback']}!" }\n`),
    app(`    play_key: "${secrets['playKey']}\n`),
    app(`    ${secrets['playKey']}\n`),
    app(`    callback: { url: "no-url-${secrets['callbackToken']}" }\n`),
    app(`accounts:\n  - secret_id: a\n    secret_key: ${testSecrets.SECRET_KEY}\n    apps: [6]\n`),
  ];
  for (const [index, text] of files.entries()) {
    const path = join(folder, `${index}.yaml`);
    writeFileSync(path, text);
    said[`start with ${index}.yaml`] = await refusedStart(path, folder);
  }
  rmSync(folder, { recursive: true });
}

function refusedStart(config: string, dataDir: string): Promise<string> {
  const entry = fileURLToPath(new URL('../../src/process/main.ts', import.meta.url));
  const child = spawn(process.execPath, [
    entry,
    '--config',
    config,
    '--data-dir',
    join(dataDir, 'data'),
    '--port',
    '0',
  ]);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => (text += bytes.toString()));
  return new Promise((resolve) => {
    child.once('close', (code) => {
      assert.equal(code, 1, text);
      resolve(text);
    });
  });
}

/** The log as soon as it tells of all that is looked through here; the test's own time limit ends a wait in vain. */
async function logWith(words: readonly string[]): Promise<string> {
  for (;;) {
    const log = readFileSync(join(server.dataDir, 'server.log'), 'utf8');
    const missing = words.filter((word) => !log.includes(word));
    if (missing.length === 0) return log;
    await sleep(500);
  }
}

test('no secret is in a log, a refusal, a metric or a page, whatever goes wrong', { timeout: 170_000 }, async (t) => {
  await recordAndPlay((await startS3(t)).host);
  await enterWhereCallbacksFail();
  await refusedCalls();
  await refusedWorkers();
  await wrongConfigurations();
  for (const path of ['/metrics', '/readyz', '/healthz', '/demo/', '/nothing', '/vod/1/2/x', '/rooms/v1/stats'])
    await ask(path);
  said['log'] = await logWith([
    'api call refused',
    'finishing failed',
    'publishing',
    'finished',
    'callback attempt failed',
  ]);
  const found = Object.entries(said).flatMap(([where, text]) =>
    Object.entries(secrets)
      .filter(([, secret]) => text.includes(secret) || text.includes(encodeURIComponent(secret)))
      .map(
        ([what, secret]) =>
          `${what} in ${where}: …${text.slice(Math.max(0, text.indexOf(secret) - 150), text.indexOf(secret) + 40)}`,
      ),
  );
  assert.deepEqual(found, []);
});
