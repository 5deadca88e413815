import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { cutPower, readLedgers, type NameKeeping, type Taken } from '../../chaos/power/cut.ts';
import { ledgerEnv } from '../../chaos/power/ledger-env.ts';

/** Runs a script in a process with a ledger, its working folder the data directory; then the power goes. */
function afterCut(
  t: TestContext,
  script: string,
  keeping: NameKeeping,
): { at: (name: string) => string; taken: Taken } {
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'roomtape-ledger-')));
  t.after(() => rmSync(home, { recursive: true }));
  const [data, ledgers] = [join(home, 'data'), join(home, 'ledgers')];
  mkdirSync(data);
  mkdirSync(ledgers);
  const head = `
    import { appendFileSync, closeSync, fdatasync, fsyncSync, mkdirSync, openSync, renameSync, writeFileSync, writeSync } from 'node:fs';
    import { open, appendFile, writeFile } from 'node:fs/promises';
    const syncFolder = (path) => { const fd = openSync(path, 'r'); fsyncSync(fd); closeSync(fd); };
  `;
  const args = ['--input-type=module', '--eval', head + script];
  const { status, signal, stderr } = spawnSync(process.execPath, args, {
    cwd: data,
    env: { ...process.env, ...ledgerEnv(ledgers, data) },
  });
  assert.ok(status === 0 || signal === 'SIGKILL', String(stderr));
  return { at: (name) => join(data, name), taken: cutPower(data, readLedgers(ledgers), keeping) };
}

const sizeOf = (path: string): number => readFileSync(path).length;

for (const [how, write] of Object.entries({
  'fsync, holding up': `const fd = openSync('f', 'a'); writeSync(fd, 'kept'); fsyncSync(fd); writeSync(fd, ' lost');`,
  'fdatasync, later': `const fd = openSync('f', 'a'); writeSync(fd, 'kept');
    await new Promise((done) => { fdatasync(fd, done); writeSync(fd, ' lost'); });`,
  'a handle': `const file = await open('f', 'a'); await file.write('kept'); await file.datasync(); await file.write(' lost'); await file.close();`,
  'flush of a written file': `writeFileSync('f', 'kept', { flush: true }); appendFileSync('f', ' lost');`,
  'flush of a promised file': `await writeFile('f', 'kept', { flush: true }); await appendFile('f', ' lost');`,
}))
  test(`a file is cut back to what ${how} had in front of it`, (t) => {
    const { at, taken } = afterCut(t, `${write} syncFolder('.');`, 'strict');
    assert.equal(readFileSync(at('f'), 'utf8'), 'kept');
    assert.deepEqual([taken.cut, taken.bytes], [1, 5]);
  });

test('a synchronisation that has not ended when the process dies is none', (t) => {
  const script = `const fd = openSync('f', 'a'); writeSync(fd, 'x'); syncFolder('.');
    fdatasync(fd, () => {}); process.kill(process.pid, 'SIGKILL');`;
  const { at } = afterCut(t, script, 'strict');
  assert.equal(sizeOf(at('f')), 0);
});

test('a name that no folder kept is gone, with all below it; a file keeps its own name only by a journal', (t) => {
  const script = `mkdirSync('kept'); mkdirSync('lost'); syncFolder('.');
    writeFileSync('kept/synced', 'abc', { flush: true }); writeFileSync('kept/written', 'abc');
    mkdirSync('late'); writeFileSync('late/f', 'abc', { flush: true });`;
  const strict = afterCut(t, script, 'strict');
  assert.deepEqual(readdirSync(strict.at('.')).sort(), ['kept', 'lost']);
  assert.deepEqual(readdirSync(strict.at('kept')), []);
  const journal = afterCut(t, script, 'journal');
  assert.deepEqual(readdirSync(journal.at('kept')), ['synced']);
  assert.ok(!existsSync(journal.at('late')), 'its folder was never synchronised');
});

test('a rename that no folder kept is undone', (t) => {
  const script = `writeFileSync('new', 'abc', { flush: true }); syncFolder('.'); renameSync('new', 'named');`;
  const { at, taken } = afterCut(t, script, 'strict');
  assert.deepEqual([readdirSync(at('.')), taken.restored, sizeOf(at('new'))], [['new'], 1, 3]);
});

test('what was written and never synchronised is empty', (t) => {
  const { at } = afterCut(t, `writeFileSync('f', 'abc'); syncFolder('.');`, 'journal');
  assert.equal(sizeOf(at('f')), 0);
});
