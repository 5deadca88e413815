import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { columns, plain } from '../../src/cli/columns.ts';
import { lengthText, sizeText } from '../../src/cli/amounts.ts';
import { connect } from '../../src/cli/connection.ts';
import { translator } from '../../src/cli/language.ts';
import { fateOf } from '../../src/cli/shown-task.ts';
import { openTerminal, type Terminal } from '../../src/cli/terminal.ts';
import { FakeClock } from '../../src/clock.ts';
import { openSecrets } from '../../src/config/secrets.ts';
import { tempFolder } from '../tasks/fixture.ts';
import { roomtape } from './command.ts';

type Answering = (request: IncomingMessage, answer: ServerResponse) => void;

async function serving(t: TestContext, answering: Answering): Promise<{ url: string; seen: IncomingMessage[] }> {
  const seen: IncomingMessage[] = [];
  const server = createServer((request, answer) => {
    seen.push(request);
    answering(request, answer);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

const terminalWith = (env: Terminal['env']): Terminal => ({
  ...openTerminal('en'),
  t: translator('en'),
  clock: new FakeClock(),
  env,
});

test('columns stand under each other, whatever the letters, and nothing in them commands the terminal', () => {
  assert.deepEqual(
    columns([
      ['a', 'bb'],
      ['录制中', 'c'],
    ]),
    ['a       bb', '录制中  c'],
  );
  assert.equal(plain('a\u001b[31mb\nc\u202e'), String.raw`a\x1b[31mb\x0ac\x202e`);
});

test('lengths and sizes are short', () => {
  assert.deepEqual([0, 61_000, 3_661_000, null].map(lengthText), ['0:00', '1:01', '1:01:01', '–']);
  assert.deepEqual([0, 1023, 1536, 300 * 1024 ** 2, null].map(sizeText), ['0 B', '1023 B', '1.5 KiB', '300 MiB', '–']);
});

test('a task that lost a file has failed', () => {
  const task = { state: 'ended', result: 'ok', fileCounts: { total: 2, done: 2, failed: 0 } };
  const fate = (change: object) => fateOf({ ...task, ...change } as unknown as Parameters<typeof fateOf>[0]);
  assert.equal(fate({}), 'finished');
  assert.equal(fate({ fileCounts: { total: 2, done: 1, failed: 1 } }), 'failed');
  assert.equal(fate({ result: 'not-started' }), 'failed');
  assert.equal(fate({ state: 'finishing', result: null }), 'finishing');
});

test('help and version are answers; what is not known is wrong usage', async () => {
  const help = await roomtape(['--help']);
  assert.deepEqual([help.code, help.err], [0, '']);
  assert.match(help.out, /^ {2}doctor /m);
  const ofLs = await roomtape(['ls', '--help', '--lang', 'zh']);
  assert.match(ofLs.out, /--limit N +\p{Script=Han}/u);
  assert.match((await roomtape(['--version'])).out, /^\d+\.\d+\.\d+\n$/);
  const wrong: readonly (readonly [string[], RegExp])[] = [
    [['nothing'], /there is no command "nothing"/],
    [['ls', '--stat', 'x'], /Unknown option '--stat'/],
    [['ls', '--state', 'lost'], /--state is one of recording, finishing, finished, failed, not "lost"/],
    [['ls', '--limit', 'ten'], /--limit is a whole number from 1/],
    [['record'], /ROOM is missing/],
    [['record', '1', '2'], /"2" is too much/],
    [['record', '1', '--mixed', '--single'], /exclude each other/],
    [['record', '1', '--single', '--layout', 'grid'], /--layout is for --mixed/],
    [['record', '1', '--container', 'mp4,aac'], /mp4 and aac exclude each other/],
    [['record', '1', '--max-hours', '0'], /--max-hours is a number of hours up to 720/],
    [['record', '1', '--stop-on-interrupt'], /needs --wait/],
    [['usersig'], /USER is missing/],
    [['ls', '--url', 'nowhere'], /"nowhere" is no address of a server/],
  ];
  const said = await Promise.all(wrong.map(([words]) => roomtape(words)));
  for (const [i, [words, message]] of wrong.entries()) {
    assert.equal(said[i]!.code, 2, words.join(' '));
    assert.match(said[i]!.err, message);
    assert.equal(said[i]!.out, '');
  }
});

test('the token of this machine’s server goes to no other', async (t) => {
  const dataDir = await tempFolder(t);
  const { secrets } = openSecrets(dataDir);
  const connecting = (url: string, env: Terminal['env'] = {}) =>
    connect({ url, 'data-dir': dataDir }, terminalWith(env));
  assert.equal(connecting('http://localhost:8080').client.url, 'http://localhost:8080');
  assert.deepEqual(connecting('http://127.0.0.1:8080').apps, [secrets.demo.sdkAppId]);
  assert.throws(() => connecting('http://rooms.example'), /there is no token for http:\/\/rooms\.example/);
  assert.deepEqual(connecting('http://rooms.example', { ROOMTAPE_ADMIN_TOKEN: 'x' }).apps, []);
  const named = { ROOMTAPE_HTTP__PUBLIC_URL: 'http://rooms.example' };
  assert.deepEqual(connecting('http://rooms.example', named).apps, [secrets.demo.sdkAppId]);
});

test('a token comes from a file, the environment or the data directory, and is in no command line', async (t) => {
  const { url, seen } = await serving(t, (_, answer) => answer.end('{"items":[],"next":null}'));
  const cwd = await tempFolder(t);
  const { secrets } = openSecrets(join(cwd, 'data'));
  writeFileSync(join(cwd, 'token'), 'token-of-a-file\n');
  const ask = (words: string[], env = {}) => roomtape(['ls', '--url', url, '--json', ...words], { cwd, env });
  assert.deepEqual(JSON.parse((await ask([])).out), []);
  await ask([], { ROOMTAPE_ADMIN_TOKEN: 'token-of-the-environment', ROOMTAPE_URL: url });
  await ask(['--token-file', 'token'], { ROOMTAPE_ADMIN_TOKEN: 'token-of-the-environment' });
  assert.deepEqual(
    seen.map(({ headers }) => headers.authorization),
    [secrets.adminToken, 'token-of-the-environment', 'token-of-a-file'].map((token) => `Bearer ${token}`),
  );
});

test('what is wrong is told in a line, with what to do; for programs as JSON', async (t) => {
  const cwd = await tempFolder(t);
  const env = { ROOMTAPE_ADMIN_TOKEN: 'a-token-of-the-admin-api' };
  const answers = {
    401: await serving(t, (_, answer) =>
      answer.writeHead(401).end('{"detail":"The token is not that of this server."}'),
    ),
    302: await serving(t, (_, answer) => answer.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()),
    200: await serving(t, (_, answer) => answer.end('<html>')),
    404: await serving(t, (_, answer) => answer.writeHead(404).end('{"detail":"There is no such task."}')),
  };
  const never = await roomtape(['ls'], { cwd });
  assert.equal(never.code, 1);
  assert.match(never.err, /^roomtape ls: no server was ever started on .*\n {2}→ Start it with `roomtape start`/);
  const dead = await roomtape(['ls', '--url', 'http://127.0.0.1:1'], { cwd, env });
  assert.match(dead.err, /^roomtape ls: no server answers at http:\/\/127\.0\.0\.1:1 \(.*\)\n {2}→ /);
  const wrong = await roomtape(['ls', '--url', answers[401].url], { cwd, env });
  assert.match(wrong.err, /^roomtape ls: the token is not that of .*\n {2}→ .*secrets\.json/);
  for (const status of [200, 302] as const) {
    const foreign = await roomtape(['ls', '--url', answers[status].url], { cwd, env });
    assert.match(foreign.err, new RegExp(`is no Roomtape server \\(HTTP ${status}\\)`));
    assert.equal(foreign.code, 1);
  }
  const unknown = await roomtape(['describe', 'nothing', '--json', '--url', answers[404].url], { cwd, env });
  assert.deepEqual(JSON.parse(unknown.out), { error: { message: 'There is no such task.' } });
  assert.deepEqual([unknown.code, unknown.err], [1, '']);
});

test('a UserSig is signed for the app that is named', async (t) => {
  const cwd = await tempFolder(t);
  const app = (id: number) => `  - { sdk_app_id: ${id}, secret_key: secret-of-${id} }\n`;
  mkdirSync(join(cwd, 'etc'));
  writeFileSync(join(cwd, 'etc', 'rooms.yaml'), `apps:\n${app(1_400_000_001)}${app(1_400_000_002)}`);
  const sign = (...words: string[]) => roomtape(['usersig', 'alice', '--config', 'etc/rooms.yaml', ...words], { cwd });
  const [first, second, none] = await Promise.all([
    sign(),
    sign('--app', '1400000002', '--hours', '1'),
    sign('--app', '7'),
  ]);
  assert.match(first.out, /^eJ[\w*-]+_*\n$/);
  assert.equal(second.code, 0);
  assert.notEqual(second.out, first.out);
  assert.match(none.err, /--app: 7 is none of 1400000001, 1400000002/);
});
