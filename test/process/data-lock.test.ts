import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { ConfigError } from '../../src/config/load.ts';
import { lockDataDir } from '../../src/process/data-lock.ts';
import { listeningAt, localUrl, noteListening } from '../../src/process/listening.ts';

function tempDir(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'roomtape-lock-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

const pidFile = (dir: string): string => join(dir, 'run', 'supervisor.pid');

function leaveBehind(dir: string, text: string): void {
  mkdirSync(join(dir, 'run'));
  writeFileSync(pidFile(dir), text);
}

/** A living process whose command line has these words. */
async function living(t: TestContext, ...words: string[]): Promise<number> {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume(); console.log("up")', ...words]);
  const exited = once(child, 'exit');
  t.after(() => {
    child.kill('SIGKILL');
    return exited;
  });
  await once(child.stdout, 'data');
  return child.pid!;
}

test('the lock names this process, and letting go removes it', (t) => {
  const dir = join(tempDir(t), 'made', 'by the lock');
  const unlock = lockDataDir(dir);
  assert.equal(readFileSync(pidFile(dir), 'utf8'), String(process.pid));
  unlock();
  unlock();
  assert.equal(existsSync(pidFile(dir)), false);
});

test('a directory that another server has is refused with the key, the directory and the process', async (t) => {
  const dir = tempDir(t);
  const holder = await living(t, 'src/process/main.ts');
  leaveBehind(dir, String(holder));
  assert.throws(
    () => lockDataDir(dir),
    (error) =>
      error instanceof ConfigError &&
      error.message.startsWith('data_dir: ') &&
      error.message.includes(dir) &&
      error.message.includes(String(holder)),
  );
  assert.equal(readFileSync(pidFile(dir), 'utf8'), String(holder));
});

test('a server that `roomtape start` started holds its directory as well', async (t) => {
  const dir = tempDir(t);
  const holder = await living(t, '/usr/local/bin/roomtape', 'start', '--port', '0');
  leaveBehind(dir, String(holder));
  assert.throws(() => lockDataDir(dir), ConfigError);
  writeFileSync(pidFile(dir), String(await living(t, '/usr/local/bin/roomtape', 'ls')));
  lockDataDir(dir);
});

test('where a server listens is known while it lives', async (t) => {
  const dir = tempDir(t);
  leaveBehind(dir, String(await living(t, 'src/process/main.ts')));
  const forget = noteListening(dir, 'http://127.0.0.1:4711');
  assert.equal(listeningAt(dir), 'http://127.0.0.1:4711');
  writeFileSync(pidFile(dir), '999999999');
  assert.equal(listeningAt(dir), undefined);
  forget();
  assert.equal(existsSync(join(dir, 'run', 'listening')), false);
});

test('an address that is listened on is reached from this machine', () => {
  const urls = [localUrl('0.0.0.0', 80), localUrl('::', 80), localUrl('::1', 80), localUrl('rooms.example', 80)];
  assert.deepEqual(urls, ['http://127.0.0.1:80', 'http://127.0.0.1:80', 'http://[::1]:80', 'http://rooms.example:80']);
});

test('what a killed server left behind is taken over', async (t) => {
  const dir = tempDir(t);
  const child = spawn(process.execPath, ['-e', '', 'main.ts']);
  await once(child, 'exit');
  leaveBehind(dir, String(child.pid));
  lockDataDir(dir);
  assert.equal(readFileSync(pidFile(dir), 'utf8'), String(process.pid));
});

test(
  'a process id that now belongs to something else is no holder',
  { skip: process.platform !== 'linux' },
  async (t) => {
    const dir = tempDir(t);
    leaveBehind(dir, String(await living(t, 'another program')));
    lockDataDir(dir);
    assert.equal(readFileSync(pidFile(dir), 'utf8'), String(process.pid));
  },
);

test('a file that is no process id is no holder', (t) => {
  for (const text of ['', 'rubbish', '0', '-1']) {
    const dir = tempDir(t);
    leaveBehind(dir, text);
    lockDataDir(dir);
    assert.equal(readFileSync(pidFile(dir), 'utf8'), String(process.pid), JSON.stringify(text));
  }
});

test('letting go leaves the lock of a successor alone', (t) => {
  const dir = tempDir(t);
  const unlock = lockDataDir(dir);
  writeFileSync(pidFile(dir), '999999');
  unlock();
  assert.equal(readFileSync(pidFile(dir), 'utf8'), '999999');
});
