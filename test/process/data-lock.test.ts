import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { ConfigError } from '../../src/config/load.ts';
import { lockDataDir } from '../../src/process/data-lock.ts';

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
