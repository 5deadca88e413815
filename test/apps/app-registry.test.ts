import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { openAppRegistry, type AppRegistry } from '../../src/apps/app-registry.ts';
import { HIDDEN_SECRET } from '../../src/auto-record/rule.ts';
import { HiddenSecretError } from '../../src/auto-record/secrets.ts';
import { FakeClock } from '../../src/clock.ts';
import { heldKeys } from '../../src/config/apps.ts';
import { configSchema } from '../../src/config/schema.ts';
import type { Store } from '../../src/store/store.ts';
import { sdkAppId, tempStore } from '../tasks/fixture.ts';

const ada = { actor: 'ada', origin: 'api' } as const;
const HOUR = 3_600_000;
const SECRET_ID = 'AKIDconfigured';

const configured = (app: object = {}, account: object = {}) =>
  configSchema.parse({
    apps: [{ sdk_app_id: sdkAppId, secret_key: 'first secret', ...app }],
    accounts: [{ secret_id: SECRET_ID, secret_key: 'first account secret', apps: [sdkAppId], ...account }],
  });

async function bench(t: TestContext): Promise<{ clock: FakeClock; store: Store; registry: AppRegistry }> {
  const clock = new FakeClock();
  const store = await tempStore(t, clock);
  return { clock, store, registry: await openAppRegistry(store, configured()) };
}

const auditOf = (store: Store) => store.db.selectFrom('audit').selectAll().orderBy('id').execute();
const callback = (url: string, key?: string) => ({
  url,
  groups: ['recording' as const],
  retry_hours: 0,
  ...(key === undefined ? {} : { key }),
});

test('a first start takes over what the configuration says, without a line in the audit', async (t) => {
  const { store, registry } = await bench(t);
  assert.equal(registry.app(sdkAppId)?.secretKey, 'first secret');
  assert.deepEqual(registry.account(SECRET_ID)?.apps, [sdkAppId]);
  assert.equal(registry.entry(sdkAppId)?.changes.limits?.changedBy, 'configuration');
  assert.deepEqual(await auditOf(store), []);
  assert.equal(registry.app(77), undefined);
});

test('a change holds at once and over a start; what the configuration changes later holds instead', async (t) => {
  const { store, registry } = await bench(t);
  let changes = 0;
  registry.onChange(() => (changes += 1));
  await registry.set(sdkAppId, 'limits', { ...registry.entry(sdkAppId)!.sections.limits, concurrent_tasks: 3 }, ada);
  await registry.set(sdkAppId, 'naming', { file_names: 'wire' }, ada);
  assert.deepEqual(
    [registry.app(sdkAppId)?.limits.concurrentTasks, registry.app(sdkAppId)?.fileNames, changes],
    [3, 'wire', 2],
  );
  const again = await openAppRegistry(store, configured());
  assert.deepEqual([again.app(sdkAppId)?.limits.concurrentTasks, again.app(sdkAppId)?.fileNames], [3, 'wire']);
  const edited = await openAppRegistry(store, configured({ limits: { concurrent_tasks: 9 } }));
  assert.deepEqual(
    [edited.app(sdkAppId)?.limits.concurrentTasks, edited.app(sdkAppId)?.fileNames],
    [9, 'wire'],
    'the section that was not edited keeps what the API said',
  );
  assert.deepEqual(
    (await auditOf(store)).map(({ actor, action, subject }) => [actor, action, subject]),
    [
      ['ada', 'app.limits', `app ${sdkAppId}`],
      ['ada', 'app.naming', `app ${sdkAppId}`],
      ['configuration', 'app.limits', `app ${sdkAppId}`],
    ],
  );
});

test('a callback that leaves the configuration ends only there where it came from it', async (t) => {
  const { store } = await bench(t);
  const written = await openAppRegistry(store, configured({ callback: callback('http://a.example/') }));
  assert.equal(written.app(sdkAppId)?.callback?.url, 'http://a.example/');
  const without = await openAppRegistry(store, configured());
  assert.equal(without.app(sdkAppId)?.callback, undefined);
  await without.set(sdkAppId, 'callback', callback('http://b.example/'), ada);
  await openAppRegistry(store, configured({ callback: callback('http://a.example/') }));
  const changed = await openAppRegistry(store, configured({ callback: callback('http://a.example/') }));
  assert.equal(changed.app(sdkAppId)?.callback?.url, 'http://a.example/');
  await changed.set(sdkAppId, 'callback', callback('http://b.example/'), ada);
  const gone = await openAppRegistry(store, configured());
  assert.equal(gone.app(sdkAppId)?.callback?.url, 'http://b.example/', 'what came from the API stays');
  const back = await openAppRegistry(store, configured({ callback: callback('http://a.example/') }));
  assert.equal(back.app(sdkAppId)?.callback?.url, 'http://a.example/', 'what is written again holds again');
});

test('a new key holds at once and the one before it for as long as was said, also after a start', async (t) => {
  const { clock, store, registry } = await bench(t);
  const made = await registry.rotateAppKey(sdkAppId, 2 * HOUR, ada);
  assert.equal(made.earlierUntilMs, clock.wallMs() + 2 * HOUR);
  const keysOf = (one: AppRegistry) => heldKeys(one.app(sdkAppId)!, clock.wallMs());
  assert.deepEqual(keysOf(registry), [made.secretKey, 'first secret']);
  clock.advance(HOUR);
  const replaced: string[] = [];
  const again = await openAppRegistry(store, configured(), (subject) => replaced.push(subject));
  assert.deepEqual(keysOf(again), [made.secretKey, 'first secret']);
  assert.deepEqual(replaced, [`app ${sdkAppId}`]);
  clock.advance(HOUR);
  assert.deepEqual(keysOf(again), [made.secretKey]);
  const text = JSON.stringify(await auditOf(store));
  assert.match(text, /app\.key\.rotate/);
  assert.ok(!text.includes(made.secretKey) && !text.includes('first secret'), 'no key is in the audit');
});

test('without grace none of the earlier keys is taken any more, whatever was said of them', async (t) => {
  const { clock, registry } = await bench(t);
  const first = await registry.rotateAccountKey(SECRET_ID, 24 * HOUR, ada);
  assert.equal(heldKeys(registry.account(SECRET_ID)!, clock.wallMs()).length, 2);
  const second = await registry.rotateAccountKey(SECRET_ID, 0, ada);
  assert.deepEqual(heldKeys(registry.account(SECRET_ID)!, clock.wallMs()), [second.secretKey]);
  assert.notEqual(first.secretKey, second.secretKey);
  assert.equal(second.earlierUntilMs, undefined);
});

test('another key in the configuration ends those that the API made', async (t) => {
  const { clock, store, registry } = await bench(t);
  await registry.rotateAppKey(sdkAppId, 24 * HOUR, ada);
  const edited = await openAppRegistry(store, configured({ secret_key: 'second secret' }));
  assert.deepEqual(heldKeys(edited.app(sdkAppId)!, clock.wallMs()), ['second secret']);
});

test('secrets written as hidden stay; where there are none that is refused, and no secret is audited', async (t) => {
  const { store, registry } = await bench(t);
  await assert.rejects(
    registry.set(sdkAppId, 'callback', callback('http://c/', HIDDEN_SECRET), ada),
    HiddenSecretError,
  );
  await registry.set(sdkAppId, 'callback', callback('http://c.example/?token=sesame', 'sesame1'), ada);
  await registry.set(sdkAppId, 'callback', callback('http://d.example/?token=sesame', HIDDEN_SECRET), ada);
  assert.equal(registry.app(sdkAppId)?.callback?.key, 'sesame1');
  await registry.set(sdkAppId, 'playback', { play_key: 'sesame12345', play_link_hours: 5 }, ada);
  const vod = {
    secret_id: 'AKIDvod',
    secret_key: 'sesame of vod',
    endpoint: 'vod.example',
    protocol: 'https' as const,
  };
  await registry.set(sdkAppId, 'storage', { tencent_vod: vod }, ada);
  assert.doesNotMatch(JSON.stringify(await auditOf(store)), /sesame/);
  assert.equal(registry.app(sdkAppId)?.storage.kind, 'tencent-vod');
});

test('apps and accounts are made and removed, and nothing of one is inherited by the next of its number', async (t) => {
  const { store, registry } = await bench(t);
  const made = await registry.createApp(5000, ada);
  assert.equal(made?.sdkAppId, 5000);
  assert.equal(await registry.createApp(5000, ada), undefined);
  assert.equal(await registry.createApp(sdkAppId, ada), undefined, 'nor one of the configuration');
  const account = await registry.createAccount([5000], ada);
  await registry.set(5000, 'entry', { advanced_permission: true }, ada);
  const again = await openAppRegistry(store, configured());
  assert.equal(again.app(5000)?.secretKey, made?.secretKey);
  assert.equal(again.account(account.secretId)?.secretKey, account.secretKey);
  await again.removeApp(5000, ada);
  assert.deepEqual([again.app(5000), again.account(account.secretId)?.apps], [undefined, []]);
  await again.createApp(5000, ada);
  assert.equal(again.app(5000)?.advancedPermission, false);
  await again.removeAccount(account.secretId, ada);
  assert.equal((await openAppRegistry(store, configured())).account(account.secretId), undefined);
});
