import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AdminAccess } from '../../src/admin/access.ts';
import { FakeClock } from '../../src/clock.ts';
import { adminBench, adminToken } from './admin-fixture.ts';

test('without the token nothing is answered but 401 with a challenge, not even for paths that are none', async (t) => {
  const { ask } = await adminBench(t);
  for (const path of ['/tasks', '/callbacks/x/attempts', '/openapi.json', '/nothing', '']) {
    const { status, type, headers, body } = await ask(path, { token: undefined });
    assert.deepEqual([path, status, type], [path, 401, 'application/problem+json']);
    assert.equal(headers.get('www-authenticate'), 'Bearer realm="roomtape admin"');
    assert.equal(body.status, 401);
    assert.equal(body.title, 'Unauthorized');
  }
  const wrong = await ask('/tasks', { token: `${adminToken}x` });
  assert.equal(wrong.status, 401);
  assert.match(wrong.headers.get('www-authenticate') ?? '', /error="invalid_token"/);
  assert.equal((await ask('/tasks')).status, 200);
});

test('wrong tokens lock their address, ever longer, for all but the right one', async (t) => {
  const { ask, clock } = await adminBench(t);
  for (let n = 0; n < 6; n += 1) assert.equal((await ask('/tasks', { token: 'wrong' })).status, 401);
  const locked = await ask('/tasks', { token: 'wrong' });
  assert.equal((await ask('/tasks')).status, 200, 'behind a proxy everybody has this address');
  assert.deepEqual(
    [locked.status, locked.type, locked.headers.get('retry-after')],
    [429, 'application/problem+json', '1'],
  );
  clock.advance(1000);
  assert.equal((await ask('/tasks', { token: 'wrong' })).status, 401);
  assert.equal((await ask('/tasks', { token: 'wrong' })).headers.get('retry-after'), '2');
  clock.advance(2000);
  assert.equal((await ask('/tasks', { token: 'wrong' })).status, 401);
});

test('one address does not lock another, but all of an IPv6 network are one', () => {
  const access = new AdminAccess(adminToken, new FakeClock());
  const judge = (address: string, token: string) => access.judge(address, `Bearer ${token}`);
  for (let n = 0; n < 6; n += 1) judge(`2001:db8:1:2::${n}`, 'wrong');
  assert.deepEqual(judge('2001:db8:1:2:ffff::1', 'wrong'), { lockedSeconds: 1 });
  assert.equal(judge('2001:db8:1:3::1', 'wrong'), 'wrong');
  for (let n = 0; n < 6; n += 1) judge('::ffff:10.0.0.1', 'wrong');
  assert.deepEqual(judge('10.0.0.1', 'wrong'), { lockedSeconds: 1 });
  assert.equal(judge('10.0.0.2', 'wrong'), 'wrong');
});

test('a lock is never longer than a minute, and a quiet quarter of an hour is forgiven', () => {
  const clock = new FakeClock();
  const access = new AdminAccess(adminToken, clock);
  const wrong = () => access.judge('10.0.0.1', 'Bearer wrong');
  for (let n = 0; n < 30; n += 1) {
    wrong();
    clock.advance(60_000);
  }
  wrong();
  assert.deepEqual(wrong(), { lockedSeconds: 60 });
  clock.advance(900_000);
  assert.equal(wrong(), 'wrong');
  assert.equal(wrong(), 'wrong');
});
