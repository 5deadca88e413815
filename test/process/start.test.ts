import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const ROLES = ['server', 'rooms', 'recorder'] as const;

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function node(cwd: string, args: readonly string[], env: Record<string, string> = {}): ChildProcess {
  return spawn(process.execPath, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
}

async function ended(child: ChildProcess): Promise<Ended> {
  const exit = once(child, 'exit') as Promise<[number | null]>;
  const [[code], out, err] = await Promise.all([exit, text(child.stdout!), text(child.stderr!)]);
  return { code, out, err };
}

function tempDir(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'roomtape-start-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** Starts the program in a directory of its own and waits for its end. */
const start = (cwd: string, args: readonly string[], env: Record<string, string> = {}): Promise<Ended> =>
  ended(node(cwd, [join(root, 'src/process/main.ts'), ...args], env));

/** The start was refused in one line that begins with the key; nothing else was said, and no role was started. */
function assertRefused({ code, out, err }: Ended, message: RegExp): void {
  assert.equal(code, 1);
  assert.match(err, message);
  assert.equal(err.trim().split('\n').length, 1, err);
  assert.equal(out, '');
}

async function takenPort(t: TestContext): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

test('an unknown key stops the start with its name, and makes nothing', async (t) => {
  const dir = tempDir(t);
  writeFileSync(join(dir, 'roomtape.yaml'), 'http: { prot: 8080 }\n');
  assertRefused(await start(dir, []), /^roomtape: http\.prot: is not a known key$/m);
  assert.equal(existsSync(join(dir, 'data')), false);
});

test('a wrong value stops the start with its key, from a file, the environment or a flag', async (t) => {
  const dir = tempDir(t);
  assertRefused(await start(dir, ['--port', '99999']), /^roomtape: http\.port: /);
  assertRefused(await start(dir, [], { ROOMTAPE_RECORDERS__PROCESSES: 'many' }), /^roomtape: recorders\.processes: /);
  assertRefused(await start(dir, ['--prot', '80']), /^roomtape: .*--prot/);
  assertRefused(await start(dir, ['--config', 'missing.yaml']), /^roomtape: missing\.yaml: no such file$/m);
});

test('a taken port stops the start with its key and the reason', async (t) => {
  const dir = tempDir(t);
  const port = String(await takenPort(t));
  assertRefused(await start(dir, ['--port', port]), new RegExp(`^roomtape: http\\.port: .*:${port} \\(EADDRINUSE\\)`));
  const rooms = { ROOMTAPE_ROOMS__PORT: port, ROOMTAPE_HTTP__PORT: '0' };
  assertRefused(await start(dir, [], rooms), new RegExp(`^roomtape: rooms\\.port: .*:${port} \\(EADDRINUSE\\)`));
});

test('a data directory that cannot be used stops the start with its key', async (t) => {
  const dir = tempDir(t);
  writeFileSync(join(dir, 'file'), '');
  assertRefused(await start(dir, ['--data-dir', 'file/data']), /^roomtape: data_dir: /);
});

test('--help names every key with its reason on standard output', async (t) => {
  const dir = tempDir(t);
  const { code, out, err } = await start(dir, ['--help']);
  assert.deepEqual([code, err], [0, '']);
  for (const key of ['http.port', 'data_dir', 'recorders.lease_seconds', 'apps.N.callback.url']) {
    assert.match(out, new RegExp(`^  ${key.replaceAll('.', '\\.')} +\\S`, 'm'));
  }
  assert.equal(existsSync(join(dir, 'data')), false);
});

test('start.mjs runs the program on this Node, from any directory, with its arguments', async (t) => {
  const { code, out } = await ended(node(tempDir(t), [join(root, 'start.mjs'), 'src/process/main.ts', '-h']));
  assert.equal(code, 0);
  assert.match(out, /^npm start -- /);
});

describe('a running server', () => {
  const dir = mkdtempSync(join(tmpdir(), 'roomtape-start-'));
  let server: ChildProcess;
  let out = '';
  let err = '';
  let url = '';
  const unspoken: string[] = [];

  before(async () => {
    server = node(dir, [join(root, 'start.mjs'), 'src/process/main.ts', '--port', '0'], {
      ROOMTAPE_LOG__LEVEL: 'trace',
      ROOMTAPE_RECORDERS__PROCESSES: '1',
    });
    server.stderr!.setEncoding('utf8').on('data', (part: string) => (err += part));
    await new Promise<void>((ready, failed) => {
      server.once('exit', () => failed(new Error(err)));
      server.stdout!.setEncoding('utf8').on('data', (part: string) => {
        out += part;
        if (/^ready \S+$/m.test(out)) ready();
      });
    });
    url = /^ready (\S+)$/m.exec(out)![1]!;
  });

  after(async () => {
    if (server.exitCode === null && server.signalCode === null) {
      server.kill('SIGKILL');
      await once(server, 'exit');
    }
    rmSync(dir, { recursive: true, force: true });
  });

  test('says the demo account, the page and that it is ready, in this order', () => {
    const said = [
      /^ {2}SecretId +AKID/m,
      /^ {2}SecretKey +\S/m,
      /^ {2}SdkAppId +14/m,
      /^Token of the admin API: [0-9a-f]{64}$/m,
      /^ *Demo page:? +http/m,
      /^ready /m,
    ];
    const places = said.map((line) => out.search(line));
    assert.ok(!places.includes(-1), out);
    assert.deepEqual(
      [...places].sort((a, b) => a - b),
      places,
    );
  });

  test('answers on the port it named', async () => {
    assert.equal((await fetch(`${url}/healthz`)).status, 200);
    assert.equal((await fetch(`${url}/readyz`)).status, 200);
  });

  test('a second start on the same data is refused', async () => {
    assertRefused(await start(dir, ['--port', '0']), new RegExp(`^roomtape: data_dir: .* ${server.pid}\\b`));
  });

  test('takes requests that carry secrets', async () => {
    const secrets = JSON.parse(readFileSync(join(dir, 'data/secrets.json'), 'utf8')) as {
      token: string;
      adminToken: string;
      demo: { secretKey: string; appSecret: string; sdkAppId: number };
    };
    const sig = 'eJwtzEELgjAYxvHvsnPI5nSa0K0';
    const bearer = { authorization: `Bearer ${sig}` };
    const create = { SdkAppId: secrets.demo.sdkAppId, RoomId: '1', UserId: 'bot', UserSig: sig };
    await fetch(`${url}/?Action=CreateCloudRecording&UserSig=${sig}`);
    await fetch(`${url}/`, { method: 'POST', headers: bearer, body: JSON.stringify(create) });
    await fetch(`${url}/whip/${secrets.demo.sdkAppId}/1/alice`, { method: 'POST', headers: bearer, body: 'v=0' });
    await fetch(`${url}/nowhere?UserSig=${sig}`, { headers: bearer });
    await fetch(`${url}/worker/v1/sync`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secrets.token}` },
      body: '{',
    });
    const admin = { authorization: `Bearer ${secrets.adminToken}` };
    assert.equal((await fetch(`${url}/admin/v1/tasks`, { headers: admin })).status, 200);
    unspoken.push(sig, secrets.token, secrets.adminToken, secrets.demo.secretKey, secrets.demo.appSecret);
  });

  test('SIGTERM drains recorders, rooms and server in this order and gives the data directory back', async () => {
    server.kill('SIGTERM');
    const [code] = (await once(server, 'exit')) as [number];
    assert.equal(code, 0);
    const lines = err.split('\n').filter((line) => line.startsWith('{'));
    const logs = lines.map((line) => JSON.parse(line) as { role: string; msg?: string });
    // Each is asked after the one before has ended, with its log; the supervisor's own line may come at any place.
    const drained = logs.filter((line) => line.msg === 'draining' && line.role !== 'supervisor');
    assert.deepEqual(
      drained.map((line) => line.role),
      ['recorder', 'rooms', 'server'],
    );
    assert.equal(existsSync(join(dir, 'data/run/supervisor.pid')), false);
    assert.deepEqual(
      ROLES.filter((role) => !logs.some((line) => line.role === role && line.msg === 'ready')),
      [],
    );
  });

  test('no secret of its own or of a request is in its whole log', () => {
    assert.match(err, /"role":"server"/, 'there is a log');
    assert.equal(unspoken.length, 5);
    for (const secret of unspoken) {
      assert.ok(
        !err.includes(secret),
        err.split('\n').find((line) => line.includes(secret)),
      );
    }
  });
});
