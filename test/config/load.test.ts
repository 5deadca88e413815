import assert from 'node:assert/strict';
import { mkdtempSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ConfigError, helpText, loadConfig } from '../../src/config/load.ts';
import { openSecrets, withDemoAccount } from '../../src/config/secrets.ts';
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
  assert.match(refusal(undefined, {}, ['--prot', '1']), /--prot/);
});

test('a named file that is missing stops the start', () => {
  assert.match(refusal(undefined, {}, ['--config', '/nowhere.yaml']), /\/nowhere\.yaml: no such file/);
});

test('an account may only name apps that exist', () => {
  assert.match(refusal('accounts: [{ secret_id: AKID1, secret_key: abcdefgh, apps: [5] }]'), /^accounts\.0\.apps: 5/);
});

test('help lists every key with its environment rule and reason', () => {
  for (const key of ['http.port', 'apps.N.callback.url', 'recorders.lease_seconds', 'data_dir']) {
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
