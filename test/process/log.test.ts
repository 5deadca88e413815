import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { withoutSecrets } from '../../src/process/log.ts';

const SECRET = 'eJwtzEELgjAYxvHvsnPI5nSa0K0';
const child = fileURLToPath(new URL('./logging-child.ts', import.meta.url));

/** Lines that a process of its own logs at a level; the logger writes to the real standard error. */
async function logged(level: string): Promise<Record<string, unknown>[]> {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [child, level, SECRET]);
  assert.equal(stdout, '', 'standard output is for people');
  assert.ok(!stderr.includes(SECRET), stderr);
  const lines = stderr.trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

test('no secret reaches a line: at any depth, in lists, in errors, in children, in URLs', async () => {
  const lines = await logged('info');
  assert.equal(lines.length, 8);
  for (const line of lines) assert.ok(JSON.stringify(line).includes('[secret]'), JSON.stringify(line));
});

test('every line names its role, and keeps what is no secret', async () => {
  const [first] = await logged('info');
  assert.equal(first?.['role'], 'rooms');
  assert.equal(first?.['user'], 'alice');
  assert.equal(first?.['msg'], 'plain');
});

test('the level is a threshold', async () => {
  const lines = await logged('error');
  assert.deepEqual(
    lines.map((line) => line['msg']),
    ['failed'],
  );
});

test('a line stays JSON whatever the secret looks like', () => {
  for (const value of ['', 'a"b', 'back\\slash', 'line\nbreak', '","user":"x']) {
    const line = JSON.stringify({ user: 'alice', secret_key: value, tokens: 3, key: 'k', monkey: 'kept' });
    const safe = { user: 'alice', secret_key: '[secret]', tokens: 3, key: '[secret]', monkey: 'kept' };
    assert.deepEqual(JSON.parse(withoutSecrets(line)), safe, value);
  }
});

test('credentials inside a text go, the text stays', () => {
  assert.equal(
    withoutSecrets(`GET /?Action=X&UserSig=${SECRET}&B=1 failed`),
    'GET /?Action=X&UserSig=[secret]&B=1 failed',
  );
  assert.equal(
    withoutSecrets(`POST /whip/1/2/3?media=aux&private_map_key=${SECRET} failed`),
    'POST /whip/1/2/3?media=aux&private_map_key=[secret] failed',
  );
  assert.equal(
    withoutSecrets(`sent "Authorization: Bearer ${SECRET}" to it`),
    'sent "Authorization: Bearer [secret]" to it',
  );
});

test('signatures of links and stores go from texts, users and passwords from addresses', () => {
  const cases = {
    '"url":"http://h/vod/1/2/a.mp4?t=65f&us=ab&sign=SECRET"':
      '"url":"http://h/vod/1/2/a.mp4?t=65f&us=ab&sign=[secret]"',
    'GET http://b/?X-Amz-Signature=SECRET&x=1': 'GET http://b/?X-Amz-Signature=[secret]&x=1',
    'Authorization: TC3-HMAC-SHA256 Credential=AKID/x, SignedHeaders=host, Signature=SECRET':
      'Authorization: TC3-HMAC-SHA256 Credential=AKID/x, SignedHeaders=host, Signature=[secret]',
    'connect to https://user:SECRET@example.com:8443/x failed': 'connect to https://[secret]@example.com:8443/x failed',
    '"AWSAccessKeyId":"SECRET","StringToSign":"SECRET"': '"AWSAccessKeyId":"[secret]","StringToSign":"[secret]"',
    '"at":"http://h:80/a@b","design":"x=1"': '"at":"http://h:80/a@b","design":"x=1"',
  };
  for (const [line, safe] of Object.entries(cases)) assert.equal(withoutSecrets(line), safe);
});

test('secrets go from JSON inside a text too', () => {
  for (const value of ['', SECRET, 'a"b', 'back\\slash', 'line\nbreak', '","user":"x']) {
    const row = (secret: string) =>
      JSON.stringify({ kind: 'bucket', accessKey: secret, secretKey: secret, prefix: [] });
    const line = (secret: string) => JSON.stringify({ detail: `Failing row contains (1, ${row(secret)}, null).` });
    assert.equal(withoutSecrets(line(value)), line('[secret]'), value);
  }
});
