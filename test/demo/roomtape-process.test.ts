import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { startRoomtape, type RoomtapeOptions, type RoomtapeProcess } from '../../src/demo/roomtape-process.ts';

function options(t: TestContext, change: Partial<RoomtapeOptions> = {}): RoomtapeOptions {
  const dataDir = mkdtempSync(join(tmpdir(), 'roomtape-demo-'));
  t.after(() => rmSync(dataDir, { recursive: true, force: true }));
  return { dataDir, port: 0, env: {}, logFile: join(dataDir, 'demo.log'), ...change };
}

/** What a start that must fail is refused with. */
const refusal = (given: RoomtapeOptions): Promise<string> =>
  startRoomtape(given).then(
    (started: RoomtapeProcess) => started.stop().then(() => assert.fail('it started')),
    (error: Error) => error.message,
  );

test('a start that is refused says why, and where the log is', async (t) => {
  const given = options(t, { env: { ROOMTAPE_RECORDERS__PROCESSES: 'many' } });
  const message = await refusal(given);
  assert.match(message, /^recorders\.processes: /);
  assert.ok(message.endsWith(`its log is in ${given.logFile}`), message);
});

test('a taken port is named', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  assert.match(await refusal(options(t, { port })), new RegExp(`^http\\.port: .*:${port} \\(EADDRINUSE\\)`));
});

test('a data directory that cannot be used is named', async (t) => {
  const given = options(t);
  const file = join(given.dataDir, 'file');
  writeFileSync(file, '');
  assert.match(await refusal({ ...given, dataDir: join(file, 'data') }), /^data_dir: .*ENOTDIR/);
});

test('a start gives the URL and the processes of each role, and stopping ends them all', async (t) => {
  const given = options(t, { env: { ROOMTAPE_RECORDERS__PROCESSES: '2' } });
  const server = await startRoomtape(given);
  t.after(() => server.stop());
  assert.equal((await fetch(`${server.url}/healthz`)).status, 200);
  const pids = (['server', 'rooms', 'recorder'] as const).map((role) => server.pids(role));
  assert.deepEqual(
    pids.map((of) => of.length),
    [1, 1, 2],
  );
  await server.stop();
  await server.stop();
  for (const pid of pids.flat()) assert.equal(existsSync(`/proc/${pid}`), false);
});
