import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adminRoutes } from '../../src/admin/routes.ts';
import { recordedFile, recordTask, sdkAppId } from '../tasks/fixture.ts';
import { adminBench, type Ask } from './admin-fixture.ts';

const post = (more: Ask): Ask => ({ method: 'POST', ...more });

test('whatever does not fit is refused by name, and changes nothing', async (t) => {
  const { ask, store } = await adminBench(t);
  const bad: readonly (readonly [string, Ask, number, string])[] = [
    ['/tasks?limit=0', {}, 400, 'limit'],
    ['/tasks?limit=501', {}, 400, 'limit'],
    ['/tasks?limit=ten', {}, 400, 'limit'],
    ['/tasks?cursor=nonsense', {}, 400, 'cursor'],
    [`/tasks?cursor=${Buffer.from('[1]').toString('base64url')}`, {}, 400, 'cursor'],
    ['/tasks?state=lost', {}, 400, 'state'],
    ['/tasks?stat=ended', {}, 400, 'stat'],
    ['/tasks?from=yesterday', {}, 400, 'from'],
    ['/tasks?from=', {}, 400, 'from'],
    ['/tasks?app=1&app=2', {}, 400, 'app'],
    ['/callbacks?type=-1', {}, 400, 'type'],
    [`/callbacks/${'x'.repeat(65)}`, {}, 400, 'id'],
    ['/callbacks/replay', post({ body: {} }), 400, 'app'],
    ['/callbacks/replay', post({ body: { app: '1' } }), 400, 'app'],
    ['/callbacks/replay', post({ body: { app: 1, form: 5 } }), 400, 'form'],
    ['/callbacks/replay', post({ body: [] }), 400, ''],
    ['/callbacks/replay', post({}), 400, ''],
  ];
  for (const [path, more, status, at] of bad) {
    const answer = await ask(path, more);
    assert.deepEqual([path, answer.status, answer.type], [path, status, 'application/problem+json']);
    assert.deepEqual(Object.keys(answer.body), ['type', 'title', 'status', 'detail', 'errors']);
    assert.equal(answer.body.errors[0].at, at, path);
  }
  assert.equal((await store.db.selectFrom('callback_replay').selectAll().execute()).length, 0);
});

test('what the framework refuses is a problem document too', async (t) => {
  const { ask } = await adminBench(t);
  const noJson = await ask('/callbacks/replay', post({ text: '{"app":' }));
  const tooLong = await ask('/callbacks/replay', post({ text: `{"app":"${'x'.repeat(1024 * 1024)}"}` }));
  const noRoute = await ask('/nothing');
  const wrongMethod = await ask('/tasks', { method: 'DELETE' });
  for (const [answer, status] of [
    [noJson, 400],
    [tooLong, 413],
    [noRoute, 404],
    [wrongMethod, 404],
  ] as const) {
    assert.deepEqual([answer.status, answer.type, answer.body.status], [status, 'application/problem+json', status]);
    assert.equal(answer.headers.get('cache-control'), 'no-store');
  }
});

test('a fault of the server says nothing of its inside', async (t) => {
  const { ask, store } = await adminBench(t);
  await store.close();
  const { status, type, body } = await ask('/tasks');
  assert.deepEqual([status, type], [500, 'application/problem+json']);
  assert.equal(body.detail, 'The server failed; its log says how.');
});

test('every list and object is what its schema says, with nothing besides', async (t) => {
  const b = await adminBench(t);
  const taskId = encodeURIComponent(await recordTask(b, [recordedFile('alice')]));
  const [, { id }] = (await b.ask('/callbacks')).body.items;
  await b.store.db
    .insertInto('callback_attempt')
    .values({
      stream: decodeURIComponent(taskId),
      seq: 2,
      attempt: 1,
      started_ms: 1,
      duration_ms: 1,
      url: 'u',
      error: 'e',
      answer: '',
      outcome: 'failed',
    })
    .execute();
  const app = String(sdkAppId);
  await b.ask(`/apps/${app}/auto-record`, { method: 'PUT', body: { single: {} } });
  await b.store.db
    .insertInto('evidence_due')
    .values({ task_id: decodeURIComponent(taskId), marks: 1 })
    .execute();
  await b.evidence.work();
  let checked = 0;
  for (const { method, path, answer } of adminRoutes) {
    // Files of running tasks have a test of their own.
    if (method !== 'GET' || answer.file !== undefined) continue;
    const { status, body } = await b.ask(path.replace('{taskId}', taskId).replace('{id}', id).replace('{app}', app));
    assert.deepEqual([path, status], [path, answer.status]);
    assert.deepEqual(answer.schema?.parse(body), body, path);
    checked += 1;
  }
  assert.ok(checked >= 5);
});

test('the OpenAPI document names every route, and refers to nothing that it does not have', async (t) => {
  const { ask } = await adminBench(t);
  const { status, type, body } = await ask('/openapi.json');
  assert.deepEqual([status, type, body.openapi], [200, 'application/json; charset=utf-8', '3.1.0']);
  const operations = Object.entries<Record<string, { operationId: string }>>(body.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId }]) => ({
      route: `${method.toUpperCase()} ${path}`,
      operationId,
    })),
  );
  assert.deepEqual(
    operations.map(({ route }) => route).toSorted(),
    adminRoutes.map(({ method, path }) => `${method} ${path}`).toSorted(),
  );
  assert.equal(new Set(operations.map(({ operationId }) => operationId)).size, adminRoutes.length);
  for (const [, name] of JSON.stringify(body).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)) {
    assert.ok(body.components.schemas[name!], name);
  }
  assert.doesNotMatch(JSON.stringify(body), /\$defs/);
  const [limit] = body.paths['/tasks'].get.parameters.filter((one: { name: string }) => one.name === 'limit');
  assert.deepEqual(limit.schema, { default: 100, type: 'integer', minimum: 1, maximum: 500 });
  assert.equal(body.paths['/callbacks/{id}'].get.parameters[0].required, true);
  assert.deepEqual(body.paths['/callbacks/replay'].post.requestBody.content['application/json'].schema.required, [
    'app',
  ]);
});

test('an app that nobody has owns no callbacks', async (t) => {
  const { ask } = await adminBench(t);
  const { status, body } = await ask('/callbacks/replay', post({ body: { app: sdkAppId + 1 } }));
  assert.deepEqual([status, body], [202, { accepted: 0 }]);
});

test('the designer of layouts is told how this server draws', async (t) => {
  const { ask } = await adminBench(t);
  assert.deepEqual((await ask('/layout-compat')).body, { share_pictures: 24, absent_big_user: 'promote' });
});
