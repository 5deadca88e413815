import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashPasswordNow } from '../../src/accounts/passwords.ts';
import { adminBench, askAt, type AdminBench } from './admin-fixture.ts';

const put = (body: object) => ({ method: 'PUT', body });

async function signIn(b: AdminBench, name: string, password: string) {
  const answer = await askAt(`${b.origin}/admin/v1/session`, { method: 'POST', body: { name, password } });
  return { status: answer.status, cookie: answer.headers.get('set-cookie')?.split(';', 1)[0] ?? '' };
}

const isIn = async (b: AdminBench, cookie: string): Promise<boolean> =>
  (await askAt(`${b.origin}/admin/v1/session`, { headers: { cookie } })).status === 200;

const accountOf = async (b: AdminBench, name: string) =>
  (await b.ask('/accounts')).body.items.find((one: { name: string }) => one.name === name);

test('who is disabled is out at once and stays out, and comes back with the same password', async (t) => {
  const b = await adminBench(t);
  const { password } = (await b.ask('/accounts', { method: 'POST', body: { name: 'olga', role: 'operator' } })).body;
  await b.ask('/accounts', { method: 'POST', body: { name: 'otto', role: 'operator' } });
  const { cookie } = await signIn(b, 'olga', password);
  const seen = await accountOf(b, 'olga');
  assert.deepEqual([seen.sessions, seen.seenMs, seen.disabledMs], [1, b.clock.wallMs(), null]);
  assert.equal((await b.ask('/accounts/olga', put({ role: 'viewer', disabled: true }))).status, 204);
  assert.equal(await isIn(b, cookie), false);
  assert.equal((await signIn(b, 'olga', password)).status, 401);
  const disabled = await accountOf(b, 'olga');
  assert.deepEqual(
    [disabled.role, disabled.sessions, disabled.seenMs, disabled.disabledMs],
    ['viewer', 0, null, b.clock.wallMs()],
  );
  assert.equal((await b.ask('/accounts/olga', put({ role: 'viewer', disabled: false }))).status, 204);
  assert.equal((await signIn(b, 'olga', password)).status, 200);
});

test('sessions of one are ended, not those of another', async (t) => {
  const b = await adminBench(t);
  await b.accounts.administrators.seed(hashPasswordNow('a password of some length'));
  const { password } = (await b.ask('/accounts', { method: 'POST', body: { name: 'vera', role: 'viewer' } })).body;
  const [admin, vera] = [await signIn(b, 'admin', 'a password of some length'), await signIn(b, 'vera', password)];
  assert.equal((await b.ask('/accounts/vera/sessions', { method: 'DELETE' })).status, 204);
  assert.deepEqual([await isIn(b, admin.cookie), await isIn(b, vera.cookie)], [true, false]);
  assert.equal((await b.ask('/accounts/nobody/sessions', { method: 'DELETE' })).status, 404);
});

test('the last operator who may sign in stays one', async (t) => {
  const b = await adminBench(t);
  for (const name of ['olga', 'otto']) await b.ask('/accounts', { method: 'POST', body: { name, role: 'operator' } });
  assert.equal((await b.ask('/accounts/otto', put({ role: 'operator', disabled: true }))).status, 204);
  for (const change of [
    { role: 'viewer', disabled: false },
    { role: 'operator', disabled: true },
  ])
    assert.equal((await b.ask('/accounts/olga', put(change))).status, 409);
  assert.equal((await b.ask('/accounts/olga', { method: 'DELETE' })).status, 409);
  assert.equal((await b.ask('/accounts/otto', { method: 'DELETE' })).status, 204);
  assert.equal((await b.ask('/accounts/nobody', put({ role: 'viewer', disabled: false }))).status, 404);
});

test('the audit log is searched by who, what, when and how it went', async (t) => {
  const b = await adminBench(t);
  await b.ask('/accounts', { method: 'POST', body: { name: 'vera', role: 'viewer' } });
  b.clock.advance(1000);
  const later = b.clock.wallMs();
  await b.ask('/accounts/50%25', { method: 'DELETE' });
  await b.ask('/accounts/vera', put({ role: 'viewer', disabled: true }));
  const found = async (query: string) =>
    (await b.ask(`/audit/requests?${query}`)).body.items.map(({ action }: { action: string }) => action);
  const [added, removed, changed] = ['POST /accounts', 'DELETE /accounts/{name}', 'PUT /accounts/{name}'];
  assert.deepEqual(await found('text=VERA'), [changed, added]);
  assert.deepEqual(await found('text=50%25'), [removed], 'a wildcard is a letter like others');
  assert.deepEqual(await found('text=%25'), [removed]);
  assert.deepEqual(await found('outcome=refused'), [removed]);
  assert.deepEqual(await found('outcome=done&actor=token'), [changed, added]);
  assert.deepEqual(await found('actor=vera'), []);
  assert.deepEqual(await found(`from=${later}`), [changed, removed]);
  assert.deepEqual(await found(`to=${later}`), [added]);
});
