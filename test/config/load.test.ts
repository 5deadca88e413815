import assert from 'node:assert/strict';
import { mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { appDirectory } from '../../src/config/directory.ts';
import { ConfigError, helpText, loadConfig } from '../../src/config/load.ts';
import { openSecrets, withAdminToken, withDemoAccount } from '../../src/config/secrets.ts';
import type { Config } from '../../src/config/schema.ts';

function load(yaml: string | undefined, env: Record<string, string> = {}, args: string[] = []): Config {
  const loaded = loadConfig({ args, env, readFile: () => yaml });
  assert.equal(loaded.kind, 'config');
  return loaded.config;
}

function refusal(yaml: string | undefined, env: Record<string, string> = {}, args: string[] = []): string {
  try {
    load(yaml, env, args);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.message;
  }
  return assert.fail('the configuration was accepted');
}

test('an empty installation gets every default', () => {
  const config = load(undefined);
  assert.equal(config.http.port, 8080);
  assert.equal(config.http.host, '127.0.0.1');
  assert.equal(config.recorders.processes, 2);
  assert.equal(config.file_names, 'documented');
});

test('flags win over the environment, the environment over the file', () => {
  const yaml = 'http: { port: 1000, host: 0.0.0.0 }\ndata_dir: /one';
  const config = load(yaml, { ROOMTAPE_HTTP__PORT: '2000', ROOMTAPE_DATA_DIR: '/two' }, ['--port', '3000']);
  assert.deepEqual([config.http.port, config.http.host, config.data_dir], [3000, '0.0.0.0', '/two']);
});

test('lists can be set from the environment whole or by index', () => {
  const apps = JSON.stringify([{ sdk_app_id: 1, secret_key: 'abcdefgh' }]);
  assert.equal(load(undefined, { ROOMTAPE_APPS: apps }).apps[0]?.sdk_app_id, 1);
  const env = { ROOMTAPE_APPS__0__SDK_APP_ID: '7', ROOMTAPE_APPS__0__SECRET_KEY: 'abcdefgh' };
  assert.equal(load(undefined, env).apps[0]?.sdk_app_id, 7);
});

test('a list of regions is strict, and by default there is none', () => {
  assert.equal(load(undefined).api.regions, undefined);
  assert.deepEqual(load('api: { regions: [ap-guangzhou] }').api.regions, ['ap-guangzhou']);
  assert.match(refusal('api: { regions: [] }'), /^api\.regions: /);
});

test('a rule of auto recording gets its defaults, and one that would come to nothing stops the start', () => {
  const apps = (rule: string): string => `apps: [{ sdk_app_id: 1, secret_key: abcdefgh, auto_record: [{ ${rule} }] }]`;
  const [rule] = load(apps('mixed: { layout: { mode: 3 } }')).apps[0]!.auto_record;
  assert.deepEqual([rule?.max_idle_time, rule?.single, rule?.mixed?.enabled], [5, undefined, true]);
  assert.match(
    refusal(apps('single: { format: mp4 }')),
    /^apps\.0\.auto_record\.0\.single\.format: is not a known key/,
  );
  assert.match(refusal(apps('single: {}, max_idle_time: 0')), /^apps\.0\.auto_record\.0\.max_idle_time: /);
  const flow = apps('single: {}, storage: { vod: { procedure: p } }');
  assert.match(refusal(flow), /^apps\.0\.auto_record\.0\.storage\.vod\.procedure: the embedded library/);
  assert.match(helpText(), /apps\.N\.auto_record\.N\.mixed\.layout\.big_prefix /);
});

test('a wrong key stops the start by its name, wherever it was written', () => {
  assert.match(refusal('http: { prt: 1 }'), /^http\.prt: is not a known key/);
  assert.match(refusal('colour: red'), /^colour: is not a known key/);
  assert.match(refusal(undefined, { ROOMTAPE_HTTP__PRT: '1' }), /^http\.prt: is not a known key/);
  assert.match(refusal('apps: [{ sdk_app_id: 1, secret_key: abcdefgh, colour: red }]'), /^apps\.0\.colour/);
});

test('a wrong value stops the start with its key and the reason', () => {
  assert.match(refusal('http: { port: 99999 }'), /^http\.port: .*65535/);
  assert.match(refusal('recorders: { processes: many }'), /^recorders\.processes: /);
  assert.match(refusal('file_names: pretty'), /^file_names: /);
  assert.match(refusal('- a list'), /must be a mapping/);
  assert.match(refusal('http: { port: 1'), /roomtape\.yaml/);
  const broken = refusal('apps:\n  - sdk_app_id: 5\n    secret_key: "TheSecretOfTheApp\n');
  assert.match(broken, /^roomtape\.yaml: .+ at line \d+, column \d+$/);
  assert.match(refusal(undefined, {}, ['--prot', '1']), /--prot/);
});

test('a named file that is missing stops the start', () => {
  assert.match(refusal(undefined, {}, ['--config', '/nowhere.yaml']), /\/nowhere\.yaml: no such file/);
});

test('an account may only name apps that exist', () => {
  assert.match(refusal('accounts: [{ secret_id: AKID1, secret_key: abcdefgh, apps: [5] }]'), /^accounts\.0\.apps: 5/);
});

const appWith = (storage: string): string => `apps: [{ sdk_app_id: 1, secret_key: abcdefgh, storage: ${storage} }]`;

const storageOf = (yaml: string): unknown => appDirectory(load(yaml)).app(1)?.storage;

test('files go to the library, or to an account at Tencent VOD', () => {
  assert.deepEqual(storageOf('apps: [{ sdk_app_id: 1, secret_key: abcdefgh }]'), { kind: 'library' });
  assert.deepEqual(storageOf(appWith('{ library: {} }')), { kind: 'library' });
  const given =
    '{ tencent_vod: { secret_id: AKIDxyz, secret_key: abcdefgh, sub_app_id: 7, endpoint: "127.0.0.1:81" } }';
  assert.deepEqual(storageOf(appWith(given)), {
    kind: 'tencent-vod',
    secretId: 'AKIDxyz',
    secretKey: 'abcdefgh',
    subAppId: 7,
    region: undefined,
    endpoint: '127.0.0.1:81',
    protocol: 'https',
    cosDomain: undefined,
  });
});

test('storage of an app is one of two, and a wrong key of it stops the start by its name', () => {
  const vod = 'tencent_vod: { secret_id: AKIDxyz, secret_key: abcdefgh }';
  assert.match(refusal(appWith(`{ library: {}, ${vod} }`)), /^apps\.0\.storage\.tencent_vod: .*library/);
  assert.match(
    refusal(appWith('{ tencent_vod: { secret_id: AKIDxyz } }')),
    /^apps\.0\.storage\.tencent_vod\.secret_key: /,
  );
  const url = '{ tencent_vod: { secret_id: AKIDxyz, secret_key: abcdefgh, endpoint: "http://x" } }';
  assert.match(refusal(appWith(url)), /^apps\.0\.storage\.tencent_vod\.endpoint: must be HOST/);
  assert.match(refusal(appWith('{ bucket: {} }')), /^apps\.0\.storage\.bucket: is not a known key/);
});

test('callbacks go where each group is wanted; recording alone by default', () => {
  const callbacks = (callback: string) => {
    const yaml = `apps: [{ sdk_app_id: 5, secret_key: abcdefgh, callback: ${callback} }]`;
    const { callback: recording, roomCallbacks } = appDirectory(load(yaml)).app(5)!;
    return { recording, ...roomCallbacks };
  };
  const main = { url: 'http://a.example/', key: 'k' };
  const written = 'url: http://a.example/, key: k';
  assert.deepEqual(callbacks(`{ ${written} }`), { recording: main });
  assert.deepEqual(callbacks(`{ ${written}, groups: [recording, room, media] }`), {
    recording: main,
    room: main,
    media: main,
  });
  const apart = `{ ${written}, groups: [room, media], room_url: "http://r.example/", media_url: "http://m.example/" }`;
  assert.deepEqual(callbacks(apart), {
    recording: undefined,
    room: { ...main, url: 'http://r.example/' },
    media: { ...main, url: 'http://m.example/' },
  });
  const wrong = `apps: [{ sdk_app_id: 5, secret_key: abcdefgh, callback: { ${written}, groups: [rooms] } }]`;
  assert.match(refusal(wrong), /^apps\.0\.callback\.groups\.0: /);
});

test('permission control is off unless an app turns it on', () => {
  const app = (more: string) => appDirectory(load(`apps: [{ sdk_app_id: 5, secret_key: abcdefgh${more} }]`)).app(5);
  assert.equal(app('')?.advancedPermission, false);
  assert.equal(app(', advanced_permission: true')?.advancedPermission, true);
});

test('help lists every key with its environment rule and reason', () => {
  for (const key of [
    'http.port',
    'apps.N.callback.url',
    'apps.N.storage.tencent_vod.secret_key',
    'recorders.lease_seconds',
    'data_dir',
  ]) {
    assert.ok(helpText().includes(` ${key} `), key);
  }
});

test('secrets are made once, kept private, and fill in the demo account', () => {
  const dir = mkdtempSync(join(tmpdir(), 'roomtape-secrets-'));
  const first = openSecrets(dir);
  assert.equal(first.fresh, true);
  assert.deepEqual(openSecrets(dir), { secrets: first.secrets, fresh: false });
  assert.equal(statSync(join(dir, 'secrets.json')).mode & 0o777, 0o600);
  const config = withDemoAccount(load(undefined), first.secrets);
  assert.equal(config.apps[0]?.sdk_app_id, first.secrets.demo.sdkAppId);
  assert.deepEqual(config.accounts[0]?.apps, [first.secrets.demo.sdkAppId]);
});

test('how much space recorders leave, and for how long things are kept', () => {
  const { jobs, spool, library, recorders } = load(undefined);
  assert.deepEqual([jobs, spool, library, recorders.stop_free_mb], [{ give_up_hours: 168 }, {}, {}, undefined]);
  assert.match(
    refusal('recorders: { least_free_mb: 40, stop_free_mb: 40 }'),
    /^recorders\.stop_free_mb: must be less than least_free_mb/,
  );
  assert.equal(load('recorders: { least_free_mb: 40, stop_free_mb: 39 }').recorders.stop_free_mb, 39);
  assert.equal(load('recorders: { least_free_mb: 0 }').recorders.least_free_mb, 0, 'what was valid stays so');
  assert.match(refusal('jobs: { give_up_hours: 0 }'), /^jobs\.give_up_hours: /);
  assert.match(refusal('spool: { most_gb: 0 }'), /^spool\.most_gb: /);
  assert.match(refusal('library: { keep_days: 0.5 }'), /^library\.keep_days: /);
});

test('a data directory of an earlier version gets a token of the admin API once, and keeps all else', () => {
  const dir = mkdtempSync(join(tmpdir(), 'roomtape-secrets-'));
  const { adminToken, ...earlier } = openSecrets(dir).secrets;
  assert.match(adminToken ?? '', /^[0-9a-f]{64}$/);
  writeFileSync(join(dir, 'secrets.json'), JSON.stringify(earlier));
  const opened = openSecrets(dir).secrets;
  assert.equal(opened.adminToken, undefined);
  const completed = withAdminToken(dir, opened);
  assert.deepEqual(completed, { ...earlier, adminToken: completed.adminToken });
  assert.deepEqual(openSecrets(dir).secrets, completed);
  assert.deepEqual(withAdminToken(dir, completed), completed);
  assert.equal(statSync(join(dir, 'secrets.json')).mode & 0o777, 0o600);
});

test('a token of the admin API may be configured, and is long enough and sent in a header', () => {
  assert.equal(load('admin: { token: a-long-enough-token }').admin.token, 'a-long-enough-token');
  for (const token of ['short', 'with a blank in the middle', 'nötig sind Zeichen von ASCII']) {
    assert.throws(() => load(`admin: { token: '${token}' }`), /admin\.token: /);
  }
});

test('where the command line finds a server is no key of one', () => {
  const env = { ROOMTAPE_URL: 'http://rooms.example', ROOMTAPE_ADMIN_TOKEN: 'a-token-of-the-admin-api' };
  assert.deepEqual(load(undefined, env), load(undefined));
});
