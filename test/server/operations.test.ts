import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import fastify, { type FastifyInstance } from 'fastify';
import { FakeClock } from '../../src/clock.ts';
import { registerOperations, type OperationsOptions } from '../../src/server/operations.ts';

function operations(t: TestContext, options: Partial<OperationsOptions>): FastifyInstance {
  const http = fastify();
  registerOperations(http, { checks: [], stats: {}, ...options });
  t.after(() => http.close());
  return http;
}

const passing = { name: 'store', passes: () => Promise.resolve(true) };
const failing = { name: 'rooms', passes: () => Promise.resolve(false) };
const broken = { name: 'disk', passes: () => Promise.reject(new Error('EIO')) };

/** Samples of a scrape by name. */
async function scrape(http: FastifyInstance): Promise<Map<string, number>> {
  const { body } = await http.inject('/metrics');
  const lines = body.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.split(' ')[0]!, Number(line.split(' ')[1])]));
}

test('/healthz says that the process answers, whatever else is wrong', async (t) => {
  const answer = await operations(t, { checks: [failing] }).inject('/healthz');
  assert.deepEqual([answer.statusCode, answer.json()], [200, { status: 'ok' }]);
});

test('/readyz is 200 when every check passes', async (t) => {
  const answer = await operations(t, { checks: [passing] }).inject('/readyz');
  assert.deepEqual([answer.statusCode, answer.json()], [200, { status: 'ready', failing: [] }]);
});

test('/readyz names what fails, whether it says no or throws', async (t) => {
  const answer = await operations(t, { checks: [passing, failing, broken] }).inject('/readyz');
  assert.deepEqual([answer.statusCode, answer.json()], [503, { status: 'waiting', failing: ['rooms', 'disk'] }]);
});

test('/readyz asks anew each time', async (t) => {
  let up = false;
  const http = operations(t, { checks: [{ name: 'rooms', passes: async () => up }] });
  assert.equal((await http.inject('/readyz')).statusCode, 503);
  up = true;
  assert.equal((await http.inject('/readyz')).statusCode, 200);
});

test('a check that hangs counts as failing after two seconds, instead of hanging the probe', async (t) => {
  const clock = new FakeClock();
  const asked = Promise.withResolvers<void>();
  const hanging = { name: 'rooms', passes: () => (asked.resolve(), new Promise<boolean>(() => {})) };
  const http = operations(t, { checks: [passing, hanging], clock });
  const answer = http.inject('/readyz');
  await asked.promise;
  await new Promise(setImmediate);
  clock.advance(2_000);
  assert.deepEqual((await answer).json(), { status: 'waiting', failing: ['rooms'] });
});

test('/metrics names parts and counters as Prometheus does, and the process with its own prefix', async (t) => {
  const http = operations(t, {
    stats: {
      store: () => ({ busyRetries: 3, commits: 12 }),
      rooms: async () => ({ sessions: { publishing: 2, 'watch-only': 1 }, rtp: { nacksSent: 7 }, unknown: undefined }),
    },
  });
  const { headers } = await http.inject('/metrics');
  assert.match(String(headers['content-type']), /^text\/plain; version=/);
  const samples = await scrape(http);
  assert.deepEqual(
    [...samples].filter(([name]) => !name.startsWith('roomtape_server_')),
    [
      ['roomtape_store_busy_retries', 3],
      ['roomtape_store_commits', 12],
      ['roomtape_rooms_sessions_publishing', 2],
      ['roomtape_rooms_sessions_watch_only', 1],
      ['roomtape_rooms_rtp_nacks_sent', 7],
    ],
  );
  assert.ok(samples.get('roomtape_server_process_resident_memory_bytes')! > 1_000_000);
});

test('each scrape reads anew', async (t) => {
  let commits = 0;
  const http = operations(t, { stats: { store: () => ({ commits: (commits += 1) }) } });
  assert.equal((await scrape(http)).get('roomtape_store_commits'), 1);
  assert.equal((await scrape(http)).get('roomtape_store_commits'), 2);
});

test('a part that is away is missing from the scrape: neither its last numbers nor a failure', async (t) => {
  let up = true;
  const rooms = async () => {
    if (!up) throw new Error('connection refused');
    return { sessions: 2 };
  };
  const http = operations(t, { stats: { rooms, store: () => ({ commits: 1 }) } });
  assert.equal((await scrape(http)).get('roomtape_rooms_sessions'), 2);
  up = false;
  const samples = await scrape(http);
  assert.equal(samples.has('roomtape_rooms_sessions'), false);
  assert.equal(samples.get('roomtape_store_commits'), 1);
});

test('a part that hangs does not hang the scrape', async (t) => {
  const clock = new FakeClock();
  const asked = Promise.withResolvers<void>();
  const hanging = () => (asked.resolve(), new Promise<{ n: number }>(() => {}));
  const http = operations(t, { stats: { rooms: hanging, store: () => ({ commits: 1 }) }, clock });
  const samples = scrape(http);
  await asked.promise;
  await new Promise(setImmediate);
  clock.advance(2_000);
  assert.equal((await samples).get('roomtape_store_commits'), 1);
});
