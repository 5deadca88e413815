import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { hashPasswordNow } from '../../src/accounts/passwords.ts';
import { adminRoutes } from '../../src/admin/routes.ts';
import { adminBench, adminToken, askAt, type AdminBench, type Answer, type Ask } from './admin-fixture.ts';

const password = 'a password of some length';
const passwordHash = hashPasswordNow(password);

interface Browser {
  readonly answer: Answer;
  readonly cookie: string;
  readonly ask: (path: string, ask?: Ask) => Promise<Answer>;
}

/** The admin API with the account of the first start, and ways to come in as a browser does. */
async function door(t: TestContext) {
  const b = await adminBench(t);
  await b.accounts.administrators.seed(passwordHash);
  const signIn = (credentials: object, headers: Readonly<Record<string, string>> = {}): Promise<Answer> =>
    askAt(`${b.origin}/admin/v1/session`, { method: 'POST', body: credentials, headers });
  return { ...b, signIn, browser: (name = 'admin', secret = password) => browserOf(b, name, secret) };
}

async function browserOf(b: AdminBench, name: string, secret: string): Promise<Browser> {
  const answer = await askAt(`${b.origin}/admin/v1/session`, { method: 'POST', body: { name, password: secret } });
  const cookie = answer.headers.get('set-cookie')?.split(';', 1)[0] ?? '';
  const ask = (path: string, { headers, ...more }: Ask = {}): Promise<Answer> =>
    askAt(`${b.origin}/admin/v1${path}`, {
      ...more,
      headers: { cookie, 'x-roomtape-csrf': answer.body.csrf as string, ...headers },
    });
  return { answer, cookie, ask };
}

test('the cookie is for this server alone, hidden from scripts, and secure where the browser speaks TLS', async (t) => {
  const b = await door(t);
  const { answer } = await b.browser();
  assert.equal(answer.status, 200);
  assert.match(answer.headers.get('set-cookie')!, /^roomtape_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
  assert.deepEqual([answer.body.name, answer.body.role], ['admin', 'operator']);
  const behindProxy = await b.signIn({ name: 'admin', password }, { 'x-forwarded-proto': 'https' });
  assert.match(behindProxy.headers.get('set-cookie')!, /; Secure$/);
});

test('a wrong password and an unknown name get the same answer, and neither is in the store in clear', async (t) => {
  const b = await door(t);
  const wrong = await b.signIn({ name: 'admin', password: 'not that one' });
  const unknown = await b.signIn({ name: 'nobody', password: 'not that one' });
  assert.deepEqual([wrong.status, wrong.body], [401, unknown.body]);
  assert.equal(unknown.status, 401);
  const kept = await b.accounts.administrators.find('admin');
  assert.match(kept!.password, /^\$scrypt\$ln=15,r=8,p=3\$/);
  assert.ok(!JSON.stringify(kept).includes(password));
});

test('names come in any case, and letters in any of their forms', async (t) => {
  const b = await door(t);
  assert.equal((await b.signIn({ name: ' ADMIN ', password })).status, 200);
  const composed = 'motdepassé très sûr';
  const hash = hashPasswordNow(composed.normalize('NFC'));
  await b.accounts.administrators.add('marie', 'viewer', hash);
  assert.equal((await b.signIn({ name: 'marie', password: composed.normalize('NFD') })).status, 200);
});

test('an address is locked after wrong passwords, ever longer, for the right one as well', async (t) => {
  const b = await door(t);
  const wrong = () => b.signIn({ name: 'nobody', password: 'not that one' });
  for (let n = 0; n < 6; n += 1) assert.equal((await wrong()).status, 401);
  const locked = await b.signIn({ name: 'admin', password });
  assert.deepEqual([locked.status, locked.headers.get('retry-after')], [429, '1']);
  b.clock.advance(1000);
  assert.equal((await wrong()).status, 401);
  assert.equal((await wrong()).headers.get('retry-after'), '2');
  b.clock.advance(2000);
  assert.equal((await b.signIn({ name: 'admin', password })).status, 200);
});

test('an account is locked however many addresses guess, and guesses that come at once are all counted', async (t) => {
  const { accounts, clock } = await door(t);
  const guess = (n: number, secret = 'not that one') =>
    accounts.signIn.attempt({ name: 'admin', password: secret, address: `10.0.0.${n}` });
  const outcomes = await Promise.all(Array.from({ length: 14 }, (_, n) => guess(n)));
  assert.equal(outcomes.filter((outcome) => outcome === 'wrong').length, 11);
  assert.deepEqual(await guess(99, password), { lockedSeconds: 1 });
  clock.advance(1000);
  assert.ok('session' in Object(await guess(99, password)));
});

test('a session ends by sign-out, two hours without use, or a day; what a page asks by itself is no use', async (t) => {
  const b = await door(t);
  const { ask } = await b.browser();
  const hour = 3_600_000;
  for (let n = 0; n < 3; n += 1) {
    b.clock.advance(1.5 * hour);
    assert.equal((await ask('/session')).status, 200, 'use keeps it');
  }
  b.clock.advance(1.5 * hour);
  assert.equal((await ask('/session', { headers: { 'x-roomtape-poll': '1' } })).status, 200);
  b.clock.advance(0.6 * hour);
  assert.equal((await ask('/session')).status, 401, 'polling does not');

  const second = await b.browser();
  for (let n = 0; n < 23; n += 1) {
    b.clock.advance(hour);
    assert.equal((await second.ask('/session')).status, 200);
  }
  b.clock.advance(hour);
  assert.equal((await second.ask('/session')).status, 401, 'a day is the longest');
  await b.accounts.sessions.prune();
  assert.deepEqual(await b.store.db.selectFrom('admin_session').selectAll().execute(), []);

  const third = await b.browser();
  const out = await third.ask('/session', { method: 'DELETE' });
  assert.equal(out.status, 204);
  assert.match(out.headers.get('set-cookie')!, /^roomtape_session=; .*Max-Age=0$/);
  assert.equal((await third.ask('/session')).status, 401);
});

test('the store has no id of a session', async (t) => {
  const b = await door(t);
  const { cookie } = await b.browser();
  const id = cookie.slice('roomtape_session='.length);
  const rows = await b.store.db.selectFrom('admin_session').selectAll().execute();
  assert.equal(rows.length, 1);
  assert.ok(!JSON.stringify(rows).includes(id));
  const taken = await askAt(`${b.origin}/admin/v1/session`, {
    headers: { cookie: `roomtape_session=${rows[0]!.id_sha256}` },
  });
  assert.equal(taken.status, 401);
});

test('a new password ends the other sessions, and the old one is over', async (t) => {
  const b = await door(t);
  const [first, second] = [await b.browser(), await b.browser()];
  const change = (body: object) => first.ask('/session/password', { method: 'PUT', body });
  assert.equal((await change({ current: 'not that one', next: 'another long password' })).status, 422);
  assert.equal((await change({ current: password, next: 'too short' })).status, 400);
  assert.equal((await second.ask('/session')).status, 200);
  assert.equal((await change({ current: password, next: 'another long password' })).status, 204);
  assert.equal((await first.ask('/session')).status, 200);
  assert.equal((await second.ask('/session')).status, 401);
  assert.equal((await b.signIn({ name: 'admin', password })).status, 401);
  assert.equal((await b.signIn({ name: 'admin', password: 'another long password' })).status, 200);
});

test('a write by a session needs its CSRF header and an origin of ours; the token needs neither', async (t) => {
  const b = await door(t);
  const { ask } = await b.browser();
  const write = (headers: Readonly<Record<string, string>>) =>
    ask('/accounts', { method: 'POST', body: { name: 'eve', role: 'operator' }, headers });
  assert.equal((await write({ 'x-roomtape-csrf': '' })).status, 403);
  assert.equal((await write({ 'x-roomtape-csrf': 'f'.repeat(64) })).status, 403);
  assert.equal((await write({ origin: 'https://evil.example' })).status, 403);
  assert.equal((await write({ origin: 'null' })).status, 403);
  assert.equal((await b.signIn({ name: 'admin', password }, { origin: 'https://evil.example' })).status, 403);
  assert.equal(await b.accounts.administrators.find('eve'), undefined);
  assert.equal((await write({ origin: b.origin })).status, 201);
  assert.equal((await b.ask('/accounts/eve', { method: 'DELETE' })).status, 204);
  assert.equal((await write({ origin: 'https://rooms.example' })).status, 201);
});

test('a viewer reads everything but accounts and the audit log, watches rooms, and writes nothing but its own session', async (t) => {
  const b = await door(t);
  await b.accounts.administrators.add('vera', 'viewer', passwordHash);
  const { ask } = await b.browser('vera');
  for (const route of adminRoutes) {
    if (route.access === 'open' || route.path.startsWith('/session')) continue;
    const { status } = await ask(route.path.replaceAll(/\{\w+\}/g, '1'), { method: route.method });
    const isHidden = route.path === '/accounts' || route.path === '/audit/requests';
    // To watch a room is to look; it is asked for by a POST because it is in the audit log.
    const isLook = route.method === 'GET' || route.path.endsWith('/watch');
    if (isLook && !isHidden) assert.notEqual(status, 403, route.path);
    else assert.equal(status, 403, `${route.method} ${route.path}`);
  }
  assert.equal((await ask('/session', { method: 'DELETE' })).status, 204);
});

test('nothing of the OpenAPI document but signing in is answered without a token or a session', async (t) => {
  const b = await door(t);
  const document = (await b.ask('/openapi.json')).body as {
    paths: Record<string, Record<string, { security?: readonly unknown[] }>>;
  };
  const open: string[] = [];
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      const url = `${b.origin}/admin/v1${path.replaceAll(/\{\w+\}/g, '1')}`;
      const { status, type } = await askAt(url, { method: method.toUpperCase() });
      if (operation.security?.length === 0) open.push(`${method} ${path}`);
      else assert.deepEqual([method, path, status, type], [method, path, 401, 'application/problem+json']);
    }
  }
  assert.deepEqual(open, ['post /session']);
  assert.ok(Object.keys(document.paths).length > 15);
});

test('sign-ins and writes are in the audit log with who, from where and how it went, and without a secret', async (t) => {
  const b = await door(t);
  await b.signIn({ name: 'admin', password: 'not that one' });
  await b.signIn({ name: 'a password in the wrong field', password: 'admin' });
  const { ask } = await b.browser();
  await ask('/accounts', { method: 'POST', body: { name: 'vera', role: 'viewer' } });
  await ask('/tasks/none/stop', { method: 'POST' });
  await b.ask('/accounts/vera/password', { method: 'POST' });
  await ask('/session/password', { method: 'PUT', body: { current: password, next: 'another long password' } });
  await ask('/tasks');
  const { body } = await ask('/audit/requests');
  assert.deepEqual(
    body.items.map(({ actor, address, action, detail, result }: Record<string, unknown>) => [
      actor,
      address,
      action,
      detail,
      result,
    ]),
    [
      ['admin', '127.0.0.1', 'PUT /session/password', '/admin/v1/session/password', 204],
      ['token', '127.0.0.1', 'POST /accounts/{name}/password', '/admin/v1/accounts/vera/password', 200],
      ['admin', '127.0.0.1', 'POST /tasks/{taskId}/stop', '/admin/v1/tasks/none/stop', 404],
      ['admin', '127.0.0.1', 'POST /accounts', '/admin/v1/accounts {"name":"vera","role":"viewer"}', 201],
      ['admin', '127.0.0.1', 'POST /session', '/admin/v1/session', 200],
      ['', '127.0.0.1', 'POST /session', '/admin/v1/session', 401],
      ['admin', '127.0.0.1', 'POST /session', '/admin/v1/session', 401],
    ],
  );
  assert.equal(body.items[0].atMs, b.clock.wallMs());
  assert.equal((await b.ask('/audit/requests?limit=2')).body.items.length, 2);
  b.clock.advance(401 * 86_400_000);
  await b.accounts.audit.prune();
  assert.deepEqual((await b.ask('/audit/requests')).body.items, []);
});

test('an operator adds accounts, gives new passwords, and cannot remove the last operator', async (t) => {
  const b = await door(t);
  const { ask } = await b.browser();
  const added = await ask('/accounts', { method: 'POST', body: { name: 'olga', role: 'operator' } });
  assert.equal(added.status, 201);
  const olga = await b.browser('olga', added.body.password as string);
  assert.equal(olga.answer.status, 200);
  assert.equal((await ask('/accounts', { method: 'POST', body: { name: 'olga', role: 'viewer' } })).status, 409);
  assert.equal((await ask('/accounts', { method: 'POST', body: { name: 'token', role: 'viewer' } })).status, 400);
  const renewed = await ask('/accounts/olga/password', { method: 'POST' });
  assert.notEqual(renewed.body.password, added.body.password);
  assert.equal((await olga.ask('/session')).status, 401, 'its sessions have ended');
  assert.equal((await ask('/accounts/olga', { method: 'DELETE' })).status, 204);
  assert.equal((await ask('/accounts/olga', { method: 'DELETE' })).status, 404);
  assert.equal((await ask('/accounts/admin', { method: 'DELETE' })).status, 409);
  assert.deepEqual(
    (await ask('/accounts')).body.items.map(({ name }: { name: string }) => name),
    ['admin'],
  );
  assert.equal((await askAt(`${b.origin}/admin/v1/session`, { token: adminToken })).body.name, 'token');
});

test('the first account is made once: a start with another hash changes nothing', async (t) => {
  const b = await door(t);
  await b.accounts.administrators.seed(hashPasswordNow('what another start made'));
  assert.equal((await b.browser()).answer.status, 200);
});
