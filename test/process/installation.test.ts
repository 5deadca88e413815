import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { test, type TestContext } from 'node:test';
import { ConfigError } from '../../src/config/load.ts';
import { openInstallation, settlePort, type Installation } from '../../src/process/installation.ts';

function tempDir(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'roomtape-installation-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

function open(dataDir: string, env: Record<string, string> = {}): Installation {
  const opened = openInstallation({ args: ['--data-dir', dataDir], env, readFile: () => undefined });
  assert.ok(typeof opened !== 'string');
  return opened;
}

const refusal = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.message;
  }
  return assert.fail('not refused');
};

test('a fresh directory gets secrets that only its owner reads, and the demo account', (t) => {
  const dir = join(tempDir(t), 'data');
  const { fresh, config, secrets } = open(dir);
  assert.equal(fresh, true);
  assert.equal(statSync(join(dir, 'secrets.json')).mode & 0o777, 0o600);
  assert.deepEqual(
    config.apps.map((app) => [app.sdk_app_id, app.secret_key]),
    [[secrets.demo.sdkAppId, secrets.demo.appSecret]],
  );
  assert.deepEqual(config.accounts, [
    { secret_id: secrets.demo.secretId, secret_key: secrets.demo.secretKey, apps: [secrets.demo.sdkAppId] },
  ]);
});

test('the next start has the same secrets and is not fresh', (t) => {
  const dir = tempDir(t);
  const first = open(dir);
  const second = open(dir);
  assert.deepEqual(second.secrets, first.secrets);
  assert.equal(second.fresh, false);
});

test('an installation with apps of its own has no demo app', (t) => {
  const apps = [{ sdk_app_id: 1_400_000_001, secret_key: 'a secret of one app' }];
  const { config } = open(tempDir(t), { ROOMTAPE_APPS: JSON.stringify(apps) });
  assert.deepEqual(
    config.apps.map((app) => app.sdk_app_id),
    [1_400_000_001],
  );
  assert.deepEqual(config.accounts, []);
});

test('the data directory is absolute, whatever it was given as', (t) => {
  const dir = tempDir(t);
  assert.equal(open(relative(process.cwd(), dir)).config.data_dir, dir);
});

test('links begin with the public URL, without a slash at its end', (t) => {
  const dir = tempDir(t);
  assert.equal(open(dir).publicUrl, 'http://127.0.0.1:8080');
  assert.equal(open(dir, { ROOMTAPE_HTTP__PORT: '9000' }).publicUrl, 'http://127.0.0.1:9000');
  const behindProxy = { ROOMTAPE_HTTP__PUBLIC_URL: 'https://rec.example/base//' };
  assert.equal(open(dir, behindProxy).publicUrl, 'https://rec.example/base');
});

test('help makes nothing', (t) => {
  const dir = join(tempDir(t), 'data');
  const text = openInstallation({ args: ['--help', '--data-dir', dir], env: {} });
  assert.ok(typeof text === 'string' && text.includes('data_dir'));
  assert.equal(existsSync(dir), false);
});

test('a data directory that cannot be made is refused by its key and the reason', (t) => {
  const file = join(tempDir(t), 'file');
  writeFileSync(file, '');
  const message = refusal(() => open(join(file, 'data')));
  assert.match(message, /^data_dir: .*ENOTDIR/);
});

test('damaged secrets are refused, and not replaced: everything signed with them would be void', (t) => {
  for (const text of ['{', '{}', 'null']) {
    const dir = tempDir(t);
    writeFileSync(join(dir, 'secrets.json'), text);
    assert.match(
      refusal(() => open(dir)),
      /^data_dir: .*secrets\.json is damaged$/,
      text,
    );
    assert.equal(statSync(join(dir, 'secrets.json')).size, text.length);
  }
});

test('a port that is given is taken as it is; 0 becomes one that is free', async () => {
  assert.equal(await settlePort('127.0.0.1', 8080), 8080);
  const port = await settlePort('127.0.0.1', 0);
  assert.ok(port > 0);
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  server.close();
});
