import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { pino } from 'pino';
import { configSchema } from '../../src/config/schema.ts';
import { publicHttp } from '../../src/server/public-http.ts';

/** Who a visitor is taken for who comes from an address and brings that X-Forwarded-For. */
async function seenAs(t: TestContext, trusted: readonly string[], remoteAddress: string, forwarded: string) {
  const { http: options } = configSchema.parse({ http: { trusted_proxies: trusted } });
  const http = publicHttp(options, pino({ level: 'silent' }));
  t.after(() => http.close());
  http.get('/', (request) => request.ip);
  return (await http.inject({ url: '/', remoteAddress, headers: { 'x-forwarded-for': forwarded } })).body;
}

test('without trusted proxies nobody says where they come from', async (t) => {
  assert.equal(await seenAs(t, [], '10.0.0.7', '203.0.113.9'), '10.0.0.7');
});

test('a trusted proxy tells who came through it; what visitors claim before it is not believed', async (t) => {
  const trusted = ['10.0.0.0/8', '::1'];
  assert.equal(await seenAs(t, trusted, '10.0.0.7', '203.0.113.9'), '203.0.113.9');
  assert.equal(await seenAs(t, trusted, '::1', '198.51.100.1, 203.0.113.9, 10.1.1.1'), '203.0.113.9');
  assert.equal(await seenAs(t, trusted, '192.0.2.1', '203.0.113.9'), '192.0.2.1');
});

test('what is no address and no network is refused at the start', () => {
  const { error } = configSchema.safeParse({ http: { trusted_proxies: ['proxy.local'] } });
  assert.match(error!.issues[0]!.message, /an address as 10\.0\.0\.7 or a network/);
  assert.deepEqual(error!.issues[0]!.path, ['http', 'trusted_proxies', 0]);
});
