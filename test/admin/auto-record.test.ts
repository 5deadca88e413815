import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sdkAppId } from '../tasks/fixture.ts';
import { adminBench } from './admin-fixture.ts';

const PATH = `/apps/${sdkAppId}/auto-record`;
const BUCKET = { vendor: 's3', region: 'us-east-1', bucket: 'b', access_key: 'a', secret_key: 'sesame' };

test('a rule is set, shown with its defaults and its moment, changed and ended, and each change is audited', async (t) => {
  const b = await adminBench(t);
  assert.equal((await b.ask(PATH)).status, 404);
  const set = await b.ask(PATH, { method: 'PUT', body: { single: {} } });
  assert.equal(set.status, 200);
  assert.deepEqual(
    [set.body.effectiveMs, set.body.origin, set.body.rule.max_idle_time, set.body.rule.single.formats],
    [b.clock.wallMs(), 'api', 5, ['mp4']],
  );
  assert.deepEqual((await b.ask(PATH)).body, set.body);
  b.clock.advance(1000);
  const changed = await b.ask(PATH, { method: 'PUT', body: { ...set.body.rule, max_idle_time: 60 } });
  assert.deepEqual(
    [
      changed.body.rule.max_idle_time,
      changed.body.effectiveMs - set.body.effectiveMs,
      changed.body.revision > set.body.revision,
    ],
    [60, 1000, true],
  );
  assert.equal((await b.ask(PATH, { method: 'DELETE' })).status, 204);
  assert.equal((await b.ask(PATH, { method: 'DELETE' })).status, 204, 'once more changes nothing');
  assert.equal((await b.ask(PATH)).status, 404);
  const first = await b.ask(`${PATH}/revisions?limit=2`);
  const second = await b.ask(`${PATH}/revisions?limit=2&cursor=${first.body.next}`);
  assert.deepEqual(first.body.items[0].rule, null);
  assert.deepEqual([first.body.items[1], ...second.body.items, second.body.next], [changed.body, set.body, null]);
  const audit = await b.ask('/audit');
  assert.deepEqual(
    audit.body.items.map(({ actor, action, subject, atMs }: Record<string, unknown>) => [actor, action, subject, atMs]),
    [
      ['admin token', 'auto-record.remove', `app ${sdkAppId}`, changed.body.effectiveMs],
      ['admin token', 'auto-record.set', `app ${sdkAppId}`, changed.body.effectiveMs],
      ['admin token', 'auto-record.set', `app ${sdkAppId}`, set.body.effectiveMs],
    ],
  );
  assert.deepEqual(audit.body.items[1].before, set.body.rule);
  assert.deepEqual(audit.body.items[1].after, changed.body.rule);
  assert.equal(audit.body.items[0].after, null);
});

test('secrets are not shown anywhere, and what is shown can be sent back', async (t) => {
  const b = await adminBench(t);
  const rule = { single: {}, storage: { bucket: BUCKET }, callback: { url: 'http://c.example/', key: 'opensesame' } };
  const set = await b.ask(PATH, { method: 'PUT', body: rule });
  const again = await b.ask(PATH, { method: 'PUT', body: { ...set.body.rule, max_idle_time: 9 } });
  assert.equal(again.status, 200);
  const answers = [set, again, await b.ask(PATH), await b.ask(`${PATH}/revisions`), await b.ask('/audit')];
  assert.doesNotMatch(JSON.stringify(answers.map(({ body }) => body)), /sesame/);
  const row = await b.store.db
    .selectFrom('auto_record_rule')
    .select('rule')
    .orderBy('revision', 'desc')
    .executeTakeFirst();
  assert.match(row?.rule ?? '', /"sesame".*"opensesame"/);
});

test('a rule that does not fit is refused by the key that says it, and changes nothing', async (t) => {
  const b = await adminBench(t);
  const cases: readonly (readonly [object, string])[] = [
    [{ single: { formats: ['aac'] } }, 'single.formats'],
    [{ single: {}, colour: 'red' }, 'colour'],
    [{ single: {}, storage: { vod: { procedure: 'p' } } }, 'storage.vod.procedure'],
    [{ single: {}, storage: { bucket: { ...BUCKET, bucket: 'no bucket' } } }, 'storage.bucket.bucket'],
    [{ single: {}, storage: { bucket: { ...BUCKET, secret_key: '********' } } }, 'storage.bucket.secret_key'],
  ];
  for (const [rule, at] of cases) {
    const refused = await b.ask(PATH, { method: 'PUT', body: rule });
    assert.deepEqual([refused.status, refused.type, refused.body.errors[0].at], [400, 'application/problem+json', at]);
  }
  assert.equal((await b.ask(PATH)).status, 404);
  assert.equal((await b.ask('/audit')).body.items.length, 0);
  for (const method of ['GET', 'PUT', 'DELETE']) {
    const body = method === 'PUT' ? { single: {} } : undefined;
    assert.equal((await b.ask('/apps/77/auto-record', { method, body })).status, 404, `${method} of an unknown app`);
  }
});
