import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import fastify, { type FastifyInstance } from 'fastify';
import { appDirectory } from '../../src/config/directory.ts';
import { openInstallation, settlePort, type Installation } from '../../src/process/installation.ts';
import { registerDemoPage } from '../../src/server/demo-routes.ts';
import { startServerRole } from '../../src/server/server-role.ts';
import { createTaskQueries } from '../../src/tasks/queries.ts';
import { systemClock } from '../../src/clock.ts';
import { verifyUserSig } from '../../src/usersig/verify.ts';
import {
  bench,
  claimJobs,
  create,
  doneReport,
  nameOf,
  newTask,
  plainLinks,
  recordedFile,
  recordTask,
  sdkAppId,
  silentLog,
  tempFolder,
  type Bench,
} from '../tasks/fixture.ts';

const SECRET = 'the secret of the first app';
const TOKEN = 'token of the installation';

async function installation(t: TestContext): Promise<Installation> {
  const apps = [
    { sdk_app_id: sdkAppId, secret_key: SECRET },
    { sdk_app_id: sdkAppId + 1, secret_key: 'the secret of another' },
  ];
  const opened = openInstallation({
    args: ['--data-dir', await tempFolder(t)],
    env: { ROOMTAPE_APPS: JSON.stringify(apps) },
  });
  if (typeof opened === 'string') throw new Error(opened);
  return opened;
}

/** Answers as the rooms role does; undefined is a role that is away. */
async function roomsRole(t: TestContext, rooms: readonly object[] | undefined): Promise<string> {
  const server = createServer((request, response) => {
    const allowed = request.headers.authorization === `Bearer ${TOKEN}`;
    response.writeHead(allowed ? 200 : 401).end(JSON.stringify({ rooms }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  if (rooms) t.after(() => server.close());
  else await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

interface Page {
  readonly b: Bench;
  readonly http: FastifyInstance;
}

async function demoPage(
  t: TestContext,
  options: { rooms?: readonly object[]; concurrentTasks?: number } = {},
): Promise<Page> {
  const b = await bench(t, options);
  const http = fastify();
  const opened = await installation(t);
  await registerDemoPage(http, {
    installation: opened,
    tasks: b.tasks,
    queries: createTaskQueries({ store: b.store, links: plainLinks('https://rec.example/base') }),
    rooms: { origin: await roomsRole(t, options.rooms), token: TOKEN },
    clock: b.clock,
    apps: appDirectory(opened.config),
  });
  t.after(() => http.close());
  return { b, http };
}

/** A request as the page makes it; `problem` is the body of a refusal. */
async function ask({ http }: Page, method: 'GET' | 'POST' | 'DELETE', url: string, body?: unknown) {
  const payload =
    body === undefined ? {} : { payload: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const answer = await http.inject({ method, url, ...payload });
  return { status: answer.statusCode, headers: answer.headers, body: answer.json<Record<string, unknown>>() };
}

async function refused(
  page: Page,
  status: number,
  detail: RegExp,
  ...request: [method: 'GET' | 'POST' | 'DELETE', url: string, body?: unknown]
) {
  const answer = await ask(page, ...request);
  const name = JSON.stringify(request);
  assert.equal(answer.status, status, name);
  assert.match(String(answer.headers['content-type']), /^application\/problem\+json/, name);
  assert.equal(answer.body['type'], 'about:blank', name);
  assert.equal(answer.body['status'], status, name);
  assert.match(String(answer.body['detail']), detail, name);
  return answer;
}

test('a ticket is a UserSig of the first app, with the addresses to publish and to watch', async (t) => {
  const page = await demoPage(t);
  const { status, body } = await ask(page, 'POST', '/demo/api/tickets', { room: ' 会议/1 ', user: 'anna_1' });
  assert.equal(status, 200);
  const room = encodeURIComponent('会议/1');
  assert.equal(body['whipUrl'], `/whip/${sdkAppId}/${room}/anna_1`);
  assert.equal(body['whepUrl'], `/whep/${sdkAppId}/${room}`);
  const check = {
    sig: String(body['userSig']),
    userId: 'anna_1',
    sdkAppId,
    secretKey: SECRET,
    nowMs: page.b.clock.wallMs(),
  };
  assert.deepEqual(verifyUserSig(check), { ok: true, expiresMs: page.b.clock.wallMs() + 3_600_000 });
  assert.equal(verifyUserSig({ ...check, userId: 'bert' }).ok, false);
});

test('bad requests get problem documents that name what is wrong', async (t) => {
  const page = await demoPage(t);
  const tickets = ['POST', '/demo/api/tickets'] as const;
  await refused(page, 400, /^user: .*letters, digits/, ...tickets, { room: '1', user: 'Anna Müller' });
  await refused(page, 400, /^user: /, ...tickets, { room: '1' });
  await refused(page, 400, /^room: /, ...tickets, { room: '', user: 'anna' });
  await refused(page, 400, /1 to 4294967294/, ...tickets, { room: '0007', user: 'anna' });
  await refused(page, 400, /control characters/, ...tickets, { room: 'a\u0000b', user: 'anna' });
  await refused(page, 400, /bytes/, ...tickets, { room: '会'.repeat(64), user: 'anna' });
  await refused(page, 400, /./, ...tickets);
  await refused(page, 400, /object/, ...tickets, [1]);
  await refused(page, 400, /^mode: /, 'POST', '/demo/api/recordings', { room: '1', mode: 'both' });
  await refused(page, 400, /^room: /, 'GET', '/demo/api/recordings');
  await refused(page, 400, /^room: /, 'GET', '/demo/api/anchors?room=');
  await refused(page, 404, /part/, 'GET', '/demo/nothing.js');
  await refused(page, 404, /part/, 'GET', '/demo/%2e%2e%2fserver-role.ts');
});

test('a body that is not JSON is refused', async (t) => {
  const { http } = await demoPage(t);
  for (const type of ['application/json', 'text/plain']) {
    const answer = await http.inject({
      method: 'POST',
      url: '/demo/api/tickets',
      payload: '{',
      headers: { 'content-type': type },
    });
    assert.equal(answer.statusCode, 400, type);
    assert.match(String(answer.headers['content-type']), /^application\/problem\+json/);
  }
});

test('another app can be neither named, nor listed, nor stopped', async (t) => {
  const page = await demoPage(t);
  await refused(page, 400, /sdkAppId/, 'POST', '/demo/api/tickets', {
    room: '1',
    user: 'anna',
    sdkAppId: sdkAppId + 1,
  });
  const room = { sdkAppId: sdkAppId + 1, kind: 'number', roomId: '10001' } as const;
  const foreign = await create(page.b.tasks, newTask({ room }));
  const { body } = await ask(page, 'GET', '/demo/api/recordings?room=10001');
  assert.deepEqual(body['tasks'], []);
  await refused(page, 404, /no such recording/i, 'DELETE', `/demo/api/recordings/${encodeURIComponent(foreign)}`);
  assert.equal((await page.b.tasks.describe(sdkAppId + 1, foreign))?.status, 'Idle');
});

test('recordings start, are listed with their state, and stop once', async (t) => {
  const page = await demoPage(t);
  const started = await ask(page, 'POST', '/demo/api/recordings', { room: '10001', mode: 'mixed' });
  const taskId = String(started.body['taskId']);
  const listed = async () => (await ask(page, 'GET', '/demo/api/recordings?room=10001')).body['tasks'];
  const expected = {
    taskId,
    mode: 'mixed',
    status: 'Idle',
    createdMs: page.b.clock.wallMs(),
    failedFiles: 0,
    hasNone: true,
    files: [],
  };
  assert.deepEqual(await listed(), [expected]);
  assert.deepEqual((await ask(page, 'GET', '/demo/api/recordings?room=10002')).body['tasks'], []);
  const url = `/demo/api/recordings/${encodeURIComponent(taskId)}`;
  assert.equal((await ask(page, 'DELETE', url)).status, 200);
  await refused(page, 404, /stopped before/, 'DELETE', url);
  assert.notEqual(((await listed()) as { status: string }[])[0]!.status, 'Idle');
});

test('a file that its destination refuses counts as failed, not as none', async (t) => {
  const page = await demoPage(t);
  await recordTask(page.b, [recordedFile('anna')]);
  for (let i = 0; i < 5; i += 1) {
    const [job] = await claimJobs(page.b.tasks, 'r', 1);
    const { epoch } = job!;
    await page.b.tasks.reportJob(job!.jobId, {
      kind: 'failed',
      epoch,
      reason: 'denied',
      permanent: false,
      fault: 'destination',
    });
    page.b.clock.advance(61_000);
  }
  const { body } = await ask(page, 'GET', '/demo/api/recordings?room=10001');
  const [{ status, failedFiles, hasNone, files }] = body['tasks'] as [Record<string, unknown>];
  assert.deepEqual(
    { status, failedFiles, hasNone, files },
    { status: 'ended', failedFiles: 1, hasNone: false, files: [] },
  );
});

test('one recording more than the app may have is refused with advice', async (t) => {
  const page = await demoPage(t, { concurrentTasks: 1 });
  assert.equal((await ask(page, 'POST', '/demo/api/recordings', { room: '1', mode: 'single' })).status, 200);
  await refused(page, 429, /Stop one/, 'POST', '/demo/api/recordings', { room: '2', mode: 'single' });
});

test('finished files are listed with a link to this server, whatever its public name', async (t) => {
  const page = await demoPage(t);
  await recordTask(page.b, [recordedFile('anna')]);
  const [job] = await claimJobs(page.b.tasks, 'r');
  await page.b.tasks.reportJob(job!.jobId, doneReport(job!));
  const { body } = await ask(page, 'GET', '/demo/api/recordings?room=10001');
  const [task] = body['tasks'] as { status: string; files: { url: string; durationMs: number; userId: string }[] }[];
  assert.equal(task!.status, 'ended');
  const [file] = task!.files;
  assert.equal(file!.userId, 'anna');
  assert.equal(file!.durationMs, 10_000);
  assert.ok(file!.url.startsWith('/'), file!.url);
  assert.ok(decodeURIComponent(file!.url).endsWith(`${job!.fileId}/${nameOf(job!)}`), file!.url);
});

test('anchors of exactly that room are listed, without ids of the machinery', async (t) => {
  const tracks = [{ track: 7, mediaId: 'main', media: 'video', codec: 'h264' }];
  const listing = (kind: string, app: number, userId: string) => ({
    room: { sdkAppId: app, kind, roomId: '10001' },
    anchors: [{ userId, order: 1, enteredMs: 5, tracks }],
  });
  const rooms = [
    listing('string', sdkAppId, 'namesake'),
    listing('number', sdkAppId + 1, 'stranger'),
    listing('number', sdkAppId, 'anna'),
  ];
  const page = await demoPage(t, { rooms });
  const { body } = await ask(page, 'GET', '/demo/api/anchors?room=10001');
  assert.deepEqual(body, { anchors: [{ userId: 'anna', tracks: [{ mediaId: 'main', media: 'video' }] }] });
  assert.deepEqual((await ask(page, 'GET', '/demo/api/anchors?room=10002')).body, { anchors: [] });
});

test('while the rooms are away the answer is 503 and when to come back', async (t) => {
  const answer = await refused(await demoPage(t), 503, /again in a second/, 'GET', '/demo/api/anchors?room=1');
  assert.equal(answer.headers['retry-after'], '1');
});

test('every part of the page is served, with its type', async (t) => {
  const { http } = await demoPage(t);
  const seen = new Set<string>();
  const load = async (url: string): Promise<void> => {
    if (seen.has(url)) return;
    seen.add(url);
    const answer = await http.inject(url);
    assert.equal(answer.statusCode, 200, url);
    if (url.endsWith('.js')) assert.match(String(answer.headers['content-type']), /^text\/javascript/);
    const links = answer.body.matchAll(/(?:from '\.\/|href="|src=")([a-z-]+\.(?:js|css))/g);
    for (const [, name] of links) await load(`/demo/${name}`);
  };
  await load('/demo/');
  assert.ok(seen.has('/demo/demo.css') && seen.has('/demo/sdp-session.js'), [...seen].join());
  assert.equal((await http.inject('/demo')).headers.location, '/demo/');
});

/** The status of /demo/ on a server role that listens on that host. */
async function statusOn(t: TestContext, host: string, more: Record<string, string> = {}): Promise<number> {
  const port = await settlePort('127.0.0.1', 0);
  const args = ['--data-dir', await tempFolder(t), '--port', String(port)];
  const opened = openInstallation({ args, env: { ROOMTAPE_HTTP__HOST: host, ...more } });
  if (typeof opened === 'string') throw new Error(opened);
  const role = await startServerRole({
    name: 'server',
    installation: opened,
    clock: systemClock({ unref: true }),
    log: silentLog,
  });
  t.after(() => role.close());
  const answer = await fetch(`http://127.0.0.1:${port}/demo/`);
  await answer.arrayBuffer();
  return answer.status;
}

test('the page is off where others than the users of the machine reach it, unless it is asked for', async (t) => {
  assert.equal(await statusOn(t, '127.0.0.1'), 200);
  assert.equal(await statusOn(t, '127.0.0.1', { ROOMTAPE_DEMO_PAGE: 'off' }), 404);
  assert.equal(await statusOn(t, '0.0.0.0'), 404);
  assert.equal(await statusOn(t, '0.0.0.0', { ROOMTAPE_DEMO_PAGE: 'on' }), 200);
});
