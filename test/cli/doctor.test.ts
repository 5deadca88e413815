import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import type { CheckName, Facts } from '../../src/cli/doctor/facts.ts';
import type { Level } from '../../src/cli/doctor/finding.ts';
import { judge } from '../../src/cli/doctor/judge.ts';
import { dataDirFacts, storeFacts } from '../../src/cli/doctor/machine.ts';
import { openSecrets } from '../../src/config/secrets.ts';
import { tempFolder } from '../tasks/fixture.ts';
import { roomtape } from './command.ts';

type Case = { readonly [Name in CheckName]: readonly [Name, NonNullable<Facts[Name]>, Level, string] }[CheckName];

const port = { key: 'http.port', host: '127.0.0.1', port: 8080 } as const;
const ice = { address: '0.0.0.0', tried: 0, free: 0, sessions: 500 };
const publicUrl = { url: 'http://x', isSet: true, everywhere: true };

const cases: readonly Case[] = [
  ['node', { version: '24.21.0' }, 'ok', 'ok'],
  ['node', { version: '22.9.0' }, 'fail', 'old'],
  ['configuration', {}, 'ok', 'ok'],
  ['configuration', { error: 'http.port: is too big' }, 'fail', 'bad'],
  ['dataDir', { path: '/d', state: 'writable' }, 'ok', 'ok'],
  ['dataDir', { path: '/d', state: 'missing' }, 'ok', 'missing'],
  ['dataDir', { path: '/d', state: 'refused', reason: 'EROFS' }, 'fail', 'refused'],
  ['disk', { path: '/d', freeMb: 2048, leastMb: 256 }, 'ok', 'ok'],
  ['disk', { path: '/d', freeMb: 2047, leastMb: 256 }, 'warn', 'low'],
  ['disk', { path: '/d', freeMb: 3999, leastMb: 1000 }, 'warn', 'low'],
  ['disk', { path: '/d', freeMb: 255.9, leastMb: 256 }, 'fail', 'full'],
  ['disk', { path: '/d', freeMb: Number.POSITIVE_INFINITY, leastMb: 256 }, 'warn', 'unknown'],
  ['port', { ...port, state: 'free' }, 'ok', 'free'],
  ['port', { ...port, port: 0, state: 'free' }, 'ok', 'any'],
  ['port', { ...port, state: 'ours' }, 'ok', 'ours'],
  ['port', { ...port, state: 'taken', reason: 'EADDRINUSE' }, 'fail', 'taken'],
  ['port', { ...port, port: 80, state: 'forbidden', reason: 'EACCES' }, 'fail', 'forbidden'],
  ['port', { ...port, host: '192.0.2.1', state: 'no-address', reason: 'EADDRNOTAVAIL' }, 'fail', 'noAddress'],
  ['ice', ice, 'ok', 'any'],
  ['ice', { ...ice, error: 'EADDRNOTAVAIL' }, 'fail', 'refused'],
  ['ice', { ...ice, range: [50_000, 50_499], tried: 200, free: 199 }, 'ok', 'range'],
  ['ice', { ...ice, range: [50_000, 50_498], tried: 200, free: 200 }, 'warn', 'narrow'],
  ['ice', { ...ice, range: [50_000, 50_499], tried: 200, free: 0 }, 'fail', 'taken'],
  ['ice', { ...ice, range: [50_001, 50_000] }, 'fail', 'empty'],
  ['udpBuffer', { askedBytes: 1_048_576, grantedBytes: 1_048_576 }, 'ok', 'ok'],
  ['udpBuffer', { askedBytes: 1_048_576, grantedBytes: 212_992 }, 'warn', 'small'],
  ['clock', { strayedMs: -20, watchedMs: 500 }, 'ok', 'ok'],
  ['clock', { strayedMs: -21, watchedMs: 500 }, 'warn', 'jumps'],
  ['timeSync', { synchronised: true }, 'ok', 'ok'],
  ['timeSync', { synchronised: false }, 'warn', 'off'],
  ['timeSync', { synchronised: undefined }, 'warn', 'unknown'],
  ['serverClock', { aheadMs: -2400, unsureMs: 500 }, 'ok', 'ok'],
  ['serverClock', { aheadMs: 2600, unsureMs: 500 }, 'warn', 'apart'],
  ['library', { pictures: 5 }, 'ok', 'ok'],
  ['library', { pictures: 0 }, 'fail', 'bad'],
  ['library', { pictures: 0, error: 'no such module' }, 'fail', 'bad'],
  ['store', { path: '/d/s', state: 'opens' }, 'ok', 'ok'],
  ['store', { path: '/d/s', state: 'new' }, 'ok', 'new'],
  ['store', { path: '/d/s', state: 'broken', error: 'malformed' }, 'fail', 'broken'],
  ['publicUrl', { ...publicUrl, answer: 'ours' }, 'ok', 'ok'],
  ['publicUrl', { ...publicUrl, answer: 'unasked' }, 'ok', 'unasked'],
  ['publicUrl', { ...publicUrl, isSet: false, answer: 'ours' }, 'warn', 'unset'],
  ['publicUrl', { ...publicUrl, answer: 'none', reason: 'ENOTFOUND' }, 'warn', 'none'],
  ['publicUrl', { ...publicUrl, answer: 'other', reason: 'HTTP 502' }, 'warn', 'other'],
  ['secrets', { path: '/d/s', state: 'private', mode: '600' }, 'ok', 'ok'],
  ['secrets', { path: '/d/s', state: 'missing', mode: '' }, 'ok', 'missing'],
  ['secrets', { path: '/d/s', state: 'open', mode: '644' }, 'fail', 'open'],
  ['font', {}, 'ok', 'ok'],
  ['font', { error: 'ENOENT' }, 'fail', 'bad'],
  ['server', { pid: undefined, answer: 'none', failing: [] }, 'ok', 'off'],
  ['server', { pid: 7, answer: 'ready', failing: [] }, 'ok', 'ok'],
  ['server', { pid: 7, answer: 'waiting', failing: ['rooms'] }, 'fail', 'waiting'],
  ['server', { pid: 7, answer: 'none', failing: [] }, 'fail', 'mute'],
];

test('facts come to what they are, and whatever is not well says what to do', () => {
  for (const [check, facts, level, outcome] of cases) {
    const found = judge(check, facts as never);
    const seen = `${check} ${JSON.stringify(facts)}`;
    assert.deepEqual([found.level, found.text], [level, `doctor.${check}.${outcome}`], seen);
    assert.equal(found.remedy !== undefined, level !== 'ok', seen);
  }
  const judged = new Set(cases.map(([check]) => check));
  assert.equal(judged.size, 16, 'every check has a case');
});

interface Report {
  readonly ok: boolean;
  readonly checks: readonly { check: string; level: string; text: string; remedy?: string; values: { key?: string } }[];
}

test('this machine can record: the libraries, the store, the ports and the sockets do', async (t) => {
  const cwd = await tempFolder(t);
  const { code, out } = await roomtape(['doctor', '--json'], { cwd, env: { ROOMTAPE_HTTP__PORT: '0' } });
  const { ok, checks } = JSON.parse(out) as Report;
  assert.equal(ok, code === 0);
  const levels = Object.fromEntries(checks.map(({ check, level }) => [check, level]));
  for (const check of [
    'node',
    'configuration',
    'dataDir',
    'library',
    'font',
    'store',
    'port',
    'ice',
    'secrets',
    'server',
  ]) {
    assert.equal(levels[check], 'ok', check);
  }
  assert.deepEqual(
    checks.filter(({ level, remedy }) => (level === 'ok') !== (remedy === undefined)),
    [],
  );
});

test('what is broken is found, named and ends with 1', async (t) => {
  const cwd = await tempFolder(t);
  const data = join(cwd, 'data');
  openSecrets(data);
  chmodSync(join(data, 'secrets.json'), 0o644);
  writeFileSync(join(data, 'store.sqlite'), 'no database at all, but long enough to be looked at as if it were one');
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  t.after(() => other.close());
  const { port: taken } = other.address() as AddressInfo;
  const env = {
    ROOMTAPE_HTTP__PORT: String(taken),
    ROOMTAPE_ROOMS__ICE_BIND_ADDRESS: '192.0.2.1',
    ROOMTAPE_RECORDERS__LEAST_FREE_MB: '1000000000',
  };
  const { code, out } = await roomtape(['doctor', '--json'], { cwd, env });
  const { ok, checks } = JSON.parse(out) as Report;
  assert.deepEqual([code, ok], [1, false]);
  const failed = checks.filter(({ level }) => level === 'fail');
  assert.deepEqual(failed.map(({ check }) => check).sort(), ['disk', 'ice', 'port', 'secrets', 'store']);
  assert.match(failed.find(({ check }) => check === 'port')!.text, new RegExp(`another program has port ${taken}`));
  const human = await roomtape(['doctor', '--lang', 'zh'], { cwd, env });
  assert.equal(human.code, 1);
  assert.match(human.out, /^✗ .*\p{Script=Han}.*\n {2}→ /mu);
});

test('a wrong configuration is one finding; what does not hang on it is still looked at', async (t) => {
  const cwd = await tempFolder(t);
  writeFileSync(join(cwd, 'roomtape.yaml'), 'http: { prot: 8080 }\n');
  const { code, out } = await roomtape(['doctor'], { cwd });
  assert.equal(code, 1);
  assert.match(out, /^✗ The configuration stops the start: http\.prot: is not a known key\n {2}→ /m);
  assert.match(out, /^✓ The media library codes H\.264/m);
});

test('a data directory is told apart: writable, to be made, or out of reach also for root', async (t) => {
  const folder = await tempFolder(t);
  writeFileSync(join(folder, 'file'), '');
  assert.equal(dataDirFacts(folder).state, 'writable');
  assert.equal(dataDirFacts(join(folder, 'a', 'b')).state, 'missing');
  assert.equal(dataDirFacts(join(folder, 'file', 'data')).state, 'refused');
  assert.deepEqual(storeFacts(folder), { path: join(folder, 'store.sqlite'), state: 'new' });
});
