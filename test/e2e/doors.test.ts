import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, after, describe, test } from 'node:test';
import { askAt } from '../admin/admin-fixture.ts';
import { SDK_APP_ID, TestServer } from '../kit/server.ts';

/** What anybody may fetch of a whole server, by design, and why. */
const open = [
  ['/healthz', 'load balancers ask'],
  ['/readyz', 'load balancers ask'],
  ['/metrics', 'the proxy before it keeps strangers away (production checklist)'],
  ['/console/', 'the page that asks who one is; what it shows comes from the admin API'],
] as const;

/** What has a door of its own, and what it says to who brings no key for it. */
const doors = [
  ['POST', `/whip/${SDK_APP_ID}/1/anna`, 401, 'a UserSig'],
  ['POST', `/whep/${SDK_APP_ID}/1/anna?viewer=bob`, 401, 'a UserSig'],
  ['POST', `/whep/${SDK_APP_ID}/1/anna?viewer=roomtape.watch.0`, 401, 'a ticket of the console'],
  ['GET', '/vod/1/1234567890123456789/file.mp4', 404, 'an address that cannot be guessed'],
  ['GET', '/vod/../../secrets.json', 404, 'nothing but files of the library'],
  ['GET', '/vod/1/..%2F..%2Fsecrets.json/x', 404, 'nothing but files of the library'],
  ['POST', '/worker/v1/sync', 401, 'the token of the installation'],
  ['POST', '/worker/v1/gone', 401, 'the token of the installation'],
  ['POST', '/worker/v1/jobs/1/report', 401, 'the token of the installation'],
  ['GET', '/rooms/v1/rooms', 404, 'rooms listen to the other roles elsewhere'],
  ['PUT', '/rooms/v1/apps', 404, 'rooms listen to the other roles elsewhere'],
  ['GET', '/console/..%2f..%2fsecrets.json', 404, 'nothing but the console'],
] as const;

describe('a whole server, asked by a stranger', () => {
  let server: TestServer;
  before(async () => {
    server = await TestServer.start();
  });
  after(() => server.close());

  test('every path of the admin API, its document included, wants a session or the token', async () => {
    const { adminToken: token } = JSON.parse(readFileSync(join(server.dataDir, 'secrets.json'), 'utf8'));
    const admin = `${server.process.url}/admin/v1`;
    const { body } = await askAt(`${admin}/openapi.json`, { token });
    assert.equal((await askAt(`${admin}/openapi.json`, {})).status, 401);
    const asked: string[] = [];
    for (const [path, operations] of Object.entries<object>(body.paths))
      for (const method of Object.keys(operations)) {
        const url = `${admin}${path.replaceAll(/\{\w+\}/g, '1')}`;
        const body = method === 'get' || method === 'delete' ? {} : { body: {} };
        const { status } = await askAt(url, { method: method.toUpperCase(), ...body });
        if (method === 'post' && path === '/session') assert.equal(status, 400);
        else assert.equal(status, 401, `${method} ${path}`);
        asked.push(path);
      }
    for (const path of ['/tasks/{taskId}/preview', '/tasks/{taskId}/verification', '/library/files/{fileId}/archive'])
      assert.ok(asked.includes(path), `${path} is a path`);
  });

  test('what is open is open by design', async () => {
    for (const [path, why] of open) assert.equal((await fetch(server.process.url + path)).status, 200, why);
  });

  test('all else has a door of its own', async () => {
    for (const [method, path, status, key] of doors) {
      const headers = { 'content-type': path.startsWith('/wh') ? 'application/sdp' : 'application/json' };
      const body = method === 'GET' ? {} : { body: path.startsWith('/wh') ? 'v=0\r\n' : '{}', headers };
      const answer = await fetch(server.process.url + path, { method, ...body });
      assert.equal(answer.status, status, `${method} ${path} wants ${key}`);
    }
    const unsigned = await askAt(server.process.url, {
      method: 'POST',
      body: { SdkAppId: SDK_APP_ID },
      headers: { 'x-tc-action': 'DescribeCloudRecording', 'x-tc-version': '2019-07-22' },
    });
    assert.match(unsigned.body.Response.Error.Code, /^AuthFailure|^MissingParameter|^InvalidParameter/);
  });
});
