import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { test } from 'node:test';
import { CallbackReceiver } from '../kit/callback-receiver.ts';
import { startS3 } from '../kit/s3-server.ts';
import { TencentVodSpeaker } from '../kit/tencent-vod-speaker.ts';
import { create, newTask, sdkAppId } from '../tasks/fixture.ts';
import { adminBench } from './admin-fixture.ts';

const PATH = `/apps/${sdkAppId}`;

test('apps are listed and shown with where each setting comes from; no secret is in any answer', async (t) => {
  const b = await adminBench(t);
  const list = await b.ask('/apps');
  assert.deepEqual(list.body.items, [
    {
      app: sdkAppId,
      isConfigured: true,
      hasCallback: false,
      storage: 'library',
      recordsByRule: false,
      accounts: 1,
      liveTasks: 0,
      libraryBytes: 0,
    },
  ]);
  const shown = await b.ask(PATH);
  assert.deepEqual(
    [shown.body.callback.value, shown.body.limits.value.concurrent_tasks, shown.body.limits.changedBy],
    [null, 100, 'configuration'],
  );
  assert.deepEqual(
    shown.body.apiAccounts.map(({ secretId }: { secretId: string }) => secretId),
    ['AKIDconfigured'],
  );
  assert.doesNotMatch(JSON.stringify([list.body, shown.body]), /secret key of/);
  assert.equal((await b.ask('/apps/77')).status, 404);
});

test('sections are set by operators, refused at the field that is wrong, and audited', async (t) => {
  const b = await adminBench(t);
  const put = (section: string, body: object) => b.ask(`${PATH}/${section}`, { method: 'PUT', body });
  const limits = await put('limits', { concurrent_tasks: 2, library_gb: 1.5 });
  assert.deepEqual([limits.status, limits.body.value.concurrent_tasks, limits.body.changedBy], [200, 2, 'admin token']);
  await b.tasks.create(newTask());
  const wrong: readonly (readonly [string, object, string])[] = [
    ['limits', { concurrent_tasks: 0 }, 'concurrent_tasks'],
    ['callback', { url: 'ftp://a.example/' }, 'url'],
    ['callback', { url: 'http://a.example/', key: 'no key!' }, 'key'],
    ['callback', { url: 'http://a.example/', key: '********' }, 'key'],
    ['playback', { play_key: 'short' }, 'play_key'],
    [
      'storage',
      { tencent_vod: { secret_id: 'AKID', secret_key: 'x'.repeat(8), endpoint: '169.254.169.254' } },
      'tencent_vod.endpoint',
    ],
    ['naming', { file_names: 'mine' }, 'file_names'],
    ['entry', { advanced_permission: 'yes' }, 'advanced_permission'],
  ];
  for (const [section, body, at] of wrong) {
    const refused = await put(section, body);
    assert.deepEqual([refused.status, refused.body.errors?.[0]?.at], [400, at], section);
  }
  const set = await put('callback', { url: 'http://a.example/?token=sesame', key: 'sesame1' });
  assert.deepEqual([set.body.value.key, set.body.value.url], ['********', 'http://a.example/?token=sesame']);
  assert.equal((await b.ask(`${PATH}/callback`, { method: 'DELETE' })).status, 204);
  assert.equal(b.registry.app(sdkAppId)?.callback, undefined);
  const audit = await b.ask('/audit');
  assert.deepEqual(
    audit.body.items.map(({ action }: { action: string }) => action),
    ['app.callback', 'app.callback', 'app.limits'],
  );
  const requests = await b.ask('/audit/requests');
  assert.doesNotMatch(JSON.stringify([audit.body, requests.body]), /sesame/);
});

test('a rule that asks for what the new storage has not stands in its way', async (t) => {
  const b = await adminBench(t);
  const vod = { secret_id: 'AKIDvod', secret_key: 'sesame of vod' };
  assert.equal((await b.ask(`${PATH}/storage`, { method: 'PUT', body: { tencent_vod: vod } })).status, 200);
  const rule = { single: {}, storage: { vod: { procedure: 'p' } } };
  assert.equal((await b.ask(`${PATH}/auto-record`, { method: 'PUT', body: rule })).status, 200);
  const refused = await b.ask(`${PATH}/storage`, { method: 'PUT', body: { library: {} } });
  assert.equal(refused.status, 409);
});

test('keys are told once, replaced, and those of made accounts and apps end with them', async (t) => {
  const b = await adminBench(t);
  const rotated = await b.ask(`${PATH}/key`, { method: 'POST', body: { graceHours: 1 } });
  assert.equal(rotated.body.earlierUntilMs, b.clock.wallMs() + 3_600_000);
  const shown = await b.ask(PATH);
  assert.equal(shown.body.key.earlierUntilMs, rotated.body.earlierUntilMs);
  b.clock.advance(3_600_000);
  assert.equal((await b.ask(PATH)).body.key.earlierUntilMs, null);
  const made = await b.ask('/apps', { method: 'POST', body: {} });
  assert.equal(made.status, 201);
  const { app, account } = made.body;
  const replaced = await b.ask(`/api-accounts/${account.secretId}/key`, { method: 'POST', body: { graceHours: 0 } });
  assert.equal(replaced.body.earlierUntilMs, null);
  assert.equal(b.registry.account(account.secretId)?.secretKey, replaced.body.secretKey);
  const texts = [
    shown,
    await b.ask(`/apps/${app}`),
    await b.ask('/api-accounts'),
    await b.ask('/audit'),
    await b.ask('/audit/requests'),
  ];
  for (const secret of [rotated.body.secretKey, made.body.secretKey, account.secretKey, replaced.body.secretKey])
    assert.ok(!JSON.stringify(texts.map(({ body }) => body)).includes(secret));
  const both = await b.ask(`/api-accounts/${account.secretId}/apps`, {
    method: 'PUT',
    body: { apps: [app, sdkAppId] },
  });
  assert.deepEqual(both.body.apps, [app, sdkAppId]);
  const unknown = await b.ask(`/api-accounts/${account.secretId}/apps`, { method: 'PUT', body: { apps: [app, 9] } });
  assert.deepEqual([unknown.status, unknown.body.errors[0].at], [400, 'apps.1']);
  assert.equal((await b.ask('/apps', { method: 'POST', body: { app } })).status, 409);
  assert.equal((await b.ask(PATH, { method: 'DELETE' })).status, 409, 'one of the configuration stays');
  const taskId = await create(b.tasks, newTask({ room: { sdkAppId: app, kind: 'number', roomId: '1' } }));
  for (const state of ['active', 'finishing'] as const) {
    await b.store.db.updateTable('task').set({ state }).where('id', '=', taskId).execute();
    assert.equal((await b.ask(`/apps/${app}`, { method: 'DELETE' })).status, 409, `its recording is ${state}`);
  }
  await b.store.db.updateTable('task').set({ state: 'ended' }).where('id', '=', taskId).execute();
  assert.equal((await b.ask(`/apps/${app}`, { method: 'DELETE' })).status, 204);
  assert.equal((await b.ask(`/apps/${app}`)).status, 404);
  assert.equal((await b.ask(`/api-accounts/${account.secretId}`, { method: 'DELETE' })).status, 204);
  assert.equal((await b.ask('/api-accounts/AKIDconfigured', { method: 'DELETE' })).status, 409);
});

test('a test event says that it is one, is signed, and what went wrong with it is told', async (t) => {
  const b = await adminBench(t);
  const receiver = await CallbackReceiver.start({ key: 'recordkey' });
  t.after(() => receiver.close());
  const send = (body: object) => b.ask(`${PATH}/callback/test`, { method: 'POST', body });
  assert.equal((await send({})).status, 409, 'there is no callback yet');
  await b.ask(`${PATH}/callback`, { method: 'PUT', body: { url: receiver.url, key: 'recordkey' } });
  const sent = await send({});
  assert.deepEqual([sent.body.finding, sent.body.status, sent.body.eventType], ['ok', 200, 399]);
  const [got] = receiver.received;
  assert.equal(got?.signed, true);
  assert.deepEqual(
    [got?.event?.EventType, got?.event?.EventInfo.TaskId, got?.event?.EventInfo.Payload['Test']],
    [399, 'roomtape.test', true],
  );
  assert.equal((await send({ group: 'room' })).body.eventType, 199);
  receiver.answerWith(() => ({ status: 403, body: 'wrong sign' }));
  const refused = await send({ callback: { url: receiver.url, key: '********' } });
  assert.deepEqual(
    [refused.body.finding, refused.body.status, refused.body.answer],
    ['unauthorized', 403, 'wrong sign'],
  );
  const findings: readonly (readonly [string, string])[] = [
    ['http://127.0.0.1:1/', 'no-connection'],
    ['http://169.254.169.254/', 'address-refused'],
    ['http://nobody.invalid/', 'unknown-host'],
  ];
  for (const [url, finding] of findings) assert.equal((await send({ callback: { url } })).body.finding, finding, url);
});

test('storage is tried: the library, Tencent VOD with right and wrong keys, and a bucket', async (t) => {
  const b = await adminBench(t);
  const library = await b.ask(`${PATH}/storage/test`, { method: 'POST', body: {} });
  assert.deepEqual([library.body.finding, library.body.steps.length], ['ok', 3]);
  rmSync(b.libraryRoot, { recursive: true });
  const gone = await b.ask(`${PATH}/storage/test`, { method: 'POST', body: {} });
  assert.deepEqual([gone.body.finding, 'freeMb' in gone.body], ['not-writable', false]);
  const speaker = await TencentVodSpeaker.start();
  t.after(() => speaker.close());
  const vod = {
    secret_id: speaker.secretId,
    secret_key: speaker.secretKey,
    endpoint: speaker.endpoint,
    protocol: 'http',
  };
  const tried = async (change: object) =>
    (await b.ask(`${PATH}/storage/test`, { method: 'POST', body: { storage: { tencent_vod: { ...vod, ...change } } } }))
      .body;
  assert.equal((await tried({})).finding, 'ok');
  assert.equal((await tried({ sub_app_id: 1500000001 })).finding, 'ok');
  assert.equal((await tried({ sub_app_id: 12 })).finding, 'no-sub-app');
  const wrong = await tried({ secret_key: 'another secret key' });
  assert.deepEqual([wrong.finding, JSON.stringify(wrong).includes('another secret')], ['wrong-keys', false]);
  speaker.misbehave('DescribeSubAppIds', { how: 'refuse', code: 'UnauthorizedOperation.CamNoAuth' });
  assert.equal((await tried({})).finding, 'keys-only');
  assert.equal(speaker.count('ApplyUpload'), 0);
  assert.equal((await tried({ endpoint: '127.0.0.1:1' })).finding, 'unreachable');
});

test('a bucket gets a small object, which is looked for and removed again', async (t) => {
  const b = await adminBench(t);
  const s3 = await startS3(t);
  const { accessKey, secretKey, region, bucket, endpoint } = s3.destination();
  const place = { vendor: 's3', region, bucket, endpoint, access_key: accessKey, secret_key: secretKey, prefix: ['a'] };
  const tried = async (body: object) => (await b.ask(`${PATH}/bucket/test`, { method: 'POST', body })).body;
  assert.equal((await b.ask(`${PATH}/bucket/test`, { method: 'POST', body: {} })).status, 409);
  const well = await tried({ bucket: place });
  assert.deepEqual(
    [well.finding, well.steps.map(({ step, isOk }: { step: string; isOk: boolean }) => [step, isOk])],
    [
      'ok',
      [
        ['write', true],
        ['read', true],
        ['delete', true],
      ],
    ],
  );
  assert.deepEqual(await s3.list(), []);
  await b.ask(`${PATH}/auto-record`, { method: 'PUT', body: { single: {}, storage: { bucket: place } } });
  assert.equal((await tried({})).finding, 'ok', 'the bucket of the rule');
  assert.equal((await tried({ bucket: { ...place, secret_key: '********' } })).finding, 'ok');
  assert.equal((await tried({ bucket: { ...place, secret_key: 'wrong' } })).finding, 'wrong-keys');
  assert.equal((await tried({ bucket: { ...place, bucket: 'nowhere' } })).finding, 'no-bucket');
  assert.equal((await tried({ bucket: { ...place, endpoint: 'http://127.0.0.1:1' } })).finding, 'unreachable');
  assert.equal((await tried({ bucket: { ...place, bucket: 'no bucket' } })).errors[0].at, 'bucket.bucket');
});
