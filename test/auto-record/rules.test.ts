import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { AutoRecordRules } from '../../src/auto-record/rules.ts';
import { HiddenSecretError, withoutSecrets } from '../../src/auto-record/secrets.ts';
import { FakeClock } from '../../src/clock.ts';
import type { Store } from '../../src/store/store.ts';
import { sdkAppId, tempStore } from '../tasks/fixture.ts';
import { ruleOf } from './auto-world.ts';

const ada = { actor: 'ada', origin: 'api' } as const;
const BUCKET = { vendor: 's3', region: 'us-east-1', bucket: 'b', access_key: 'a', secret_key: 'sesame' };

async function bench(t: TestContext): Promise<{ clock: FakeClock; store: Store; rules: AutoRecordRules }> {
  const clock = new FakeClock();
  const store = await tempStore(t, clock);
  return { clock, store, rules: new AutoRecordRules(store) };
}

const auditOf = async (store: Store) =>
  (await store.db.selectFrom('audit').selectAll().orderBy('id').execute()).map(
    ({ at_ms: at, actor, action, subject, before, after }) => ({ at, actor, action, subject, before, after }),
  );

test('every change is a revision with its moment, and is audited with who, what was before and what is now', async (t) => {
  const { clock, store, rules } = await bench(t);
  const [first, second] = [ruleOf({ single: {} }), ruleOf({ mixed: { content: 'audio' } })];
  const start = clock.wallMs();
  await rules.set(sdkAppId, first, ada);
  clock.advance(1000);
  await rules.set(sdkAppId, second, ada);
  clock.advance(1000);
  await rules.remove(sdkAppId, { ...ada, actor: 'bob' });
  assert.equal(await rules.current(sdkAppId), undefined);
  const revisions = await rules.revisions(sdkAppId);
  assert.deepEqual(
    revisions.map(({ effectiveMs, rule }) => [effectiveMs - start, rule]),
    [
      [0, first],
      [1000, second],
      [2000, undefined],
    ],
  );
  const audit = await auditOf(store);
  assert.deepEqual(
    audit.map(({ at, actor, action, subject }) => [at - start, actor, action, subject]),
    [
      [0, 'ada', 'auto-record.set', `app ${sdkAppId}`],
      [1000, 'ada', 'auto-record.set', `app ${sdkAppId}`],
      [2000, 'bob', 'auto-record.remove', `app ${sdkAppId}`],
    ],
  );
  assert.deepEqual(JSON.parse(audit[1]!.before!), first);
  assert.deepEqual(JSON.parse(audit[1]!.after!), second);
  assert.equal(audit[2]!.after, null);
});

test('the same rule again is no revision, and another process reads what this one wrote', async (t) => {
  const { clock, store, rules } = await bench(t);
  const rule = { single: {}, callback: { url: 'http://example.com/c' } };
  const set = await rules.set(sdkAppId, ruleOf(rule), ada);
  clock.advance(1000);
  assert.deepEqual(await rules.set(sdkAppId, ruleOf(rule), ada), set);
  assert.equal((await rules.revisions(sdkAppId)).length, 1);
  assert.equal((await auditOf(store)).length, 1);
  assert.deepEqual(await new AutoRecordRules(store).current(sdkAppId), set);
  assert.deepEqual(await rules.apps(), [sdkAppId]);
});

test('secrets are neither shown nor audited; written back hidden they stay, and cannot stay where there are none', async (t) => {
  const { store, rules } = await bench(t);
  const rule = ruleOf({ single: {}, storage: { bucket: BUCKET }, callback: { url: 'http://a.b/', key: 'opensesame' } });
  const shown = withoutSecrets(rule);
  await assert.rejects(rules.set(sdkAppId, shown, ada), HiddenSecretError);
  assert.deepEqual(await rules.revisions(sdkAppId), []);
  await rules.set(sdkAppId, rule, ada);
  const changed = { ...shown, max_idle_time: 77 };
  await rules.set(sdkAppId, changed, ada);
  assert.deepEqual((await rules.current(sdkAppId))?.rule, { ...rule, max_idle_time: 77 });
  assert.doesNotMatch(JSON.stringify([shown, await auditOf(store)]), /sesame/);
});

test('the configuration’s rule is taken over once; after that the latest change holds, wherever it was made', async (t) => {
  const { clock, rules } = await bench(t);
  const [written, changed] = [ruleOf({ single: {} }), ruleOf({ mixed: {} })];
  const now = async () => (await rules.current(sdkAppId))?.rule;
  await rules.adopt(sdkAppId, undefined);
  assert.deepEqual(await rules.apps(), []);
  await rules.adopt(sdkAppId, written);
  assert.deepEqual(await now(), written);
  clock.advance(1000);
  await rules.adopt(sdkAppId, written);
  assert.equal((await rules.revisions(sdkAppId)).length, 1, 'the same at the next start');
  await rules.set(sdkAppId, changed, ada);
  await rules.adopt(sdkAppId, written);
  assert.deepEqual(await now(), changed, 'what the API changed holds over a start');
  await rules.adopt(sdkAppId, ruleOf({ single: { content: 'audio' } }));
  assert.deepEqual((await now())?.single?.content, 'audio', 'what the configuration changed holds');
  await rules.adopt(sdkAppId, undefined);
  assert.equal(await now(), undefined, 'what is gone from the configuration ends');
  await rules.set(sdkAppId, changed, ada);
  await rules.adopt(sdkAppId, undefined);
  assert.deepEqual(await now(), changed, 'what came from the API does not');
});
