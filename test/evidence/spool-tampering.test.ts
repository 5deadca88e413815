import assert from 'node:assert/strict';
import { cpSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import type { FaultKind, Verdict } from '../../src/evidence/verify/finding.ts';
import { verifySpool } from '../../src/evidence/verify/spool.ts';
import { verifyTask } from '../../src/evidence/verify/task.ts';
import { checkChain } from '../../src/segment/check-chain.ts';
import { recoverFolder } from '../../src/segment/recover.ts';
import { segmentNames } from '../../src/segment/recording-folder.ts';
import { readChain } from '../../src/segment/segment-chain.ts';
import { create, newTask } from '../tasks/fixture.ts';
import { evidenceBench, recordedTask, recordSpool, spoolDir } from './evidence-kit.ts';

const kindsOf = ({ faults }: Verdict): FaultKind[] => faults.map(({ kind }) => kind);

function editChain(dir: string, change: (lines: string[]) => string[]): void {
  const path = join(dir, 'chain.jsonl');
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean);
  writeFileSync(
    path,
    change(lines)
      .map((line) => `${line}\n`)
      .join(''),
  );
}

/** The name of the n-th segment, from 0. */
const nth = (dir: string, n: number): string => segmentNames(dir)[n]!;

test('segments that were tampered with on the spool are caught by their chain', async (t) => {
  const b = await evidenceBench(t);
  const taskId = await create(b.tasks, newTask());
  const whole = await recordSpool(b, taskId, { seconds: 40 });
  await recordSpool(b, taskId, { seconds: 20, seed: 5, userId: 'bob' });
  assert.ok(segmentNames(whole).length >= 4);
  const untouched = verifySpool(join(b.dataDir, 'spool', taskId));
  assert.deepEqual([untouched.checked.length, untouched.faults], [2, []]);
  const cases: readonly (readonly [string, (dir: string) => void, readonly FaultKind[]])[] = [
    ['a byte is changed', (dir) => flip(join(dir, nth(dir, 1))), ['segment-changed']],
    ['a segment is cut short', (dir) => truncateSync(join(dir, nth(dir, 0)), 188 * 20), ['segment-changed']],
    ['two segments are swapped', (dir) => swap(dir, nth(dir, 1), nth(dir, 2)), ['segment-swapped', 'segment-swapped']],
    ['a segment is removed', (dir) => rmSync(join(dir, nth(dir, 2))), ['segment-missing']],
    [
      'a segment is renamed',
      (dir) => renameSync(join(dir, nth(dir, 2)), join(dir, nth(dir, 2).replace('000003', '000009'))),
      ['segment-missing', 'segment-unknown'],
    ],
    [
      'a strange segment is added',
      (dir) => cpSync(join(dir, nth(dir, 0)), join(dir, '999999_x.ts')),
      ['segment-unknown'],
    ],
    [
      'a line of the chain is removed',
      (dir) => editChain(dir, (l) => l.toSpliced(2, 1)),
      ['chain-broken', 'segment-unknown'],
    ],
    [
      'two lines of the chain are swapped',
      (dir) => editChain(dir, (l) => [l[0]!, l[2]!, l[1]!, ...l.slice(3)]),
      ['chain-broken', 'chain-broken', 'chain-broken'],
    ],
    [
      'a line says another hash',
      (dir) => editChain(dir, (l) => l.with(1, l[1]!.replace(/"sha256":"./, '"sha256":"-'))),
      ['chain-broken', 'segment-changed'],
    ],
    ['the chain is gone', (dir) => rmSync(join(dir, 'chain.jsonl')), ['chain-missing']],
    [
      'the folder is that of another user',
      (dir) => {
        rmSync(dir, { recursive: true });
        cpSync(spoolDir(b.dataDir, taskId, 'bob'), dir, { recursive: true });
      },
      ['chain-foreign'],
    ],
    [
      'the record names another user',
      (dir) => {
        const path = join(dir, 'recording.json');
        writeFileSync(path, readFileSync(path, 'utf8').replace('alice', 'mallory'));
      },
      ['chain-foreign', 'chain-foreign'],
    ],
  ];
  for (const [name, forge, kinds] of cases) {
    await t.test(name, () => {
      const copy = join(b.dataDir, 'copy of a spool');
      rmSync(copy, { recursive: true, force: true });
      const dir = join(copy, taskId, 'e1', basename(whole));
      cpSync(whole, dir, { recursive: true });
      forge(dir);
      const verdict = verifySpool(copy);
      assert.deepEqual(kindsOf(verdict), kinds, JSON.stringify(verdict.faults, undefined, 1));
    });
  }
});

function flip(path: string): void {
  const bytes = readFileSync(path);
  bytes[bytes.length >> 1]! ^= 0xff;
  writeFileSync(path, bytes);
}

function swap(dir: string, one: string, other: string): void {
  const [a, z] = [readFileSync(join(dir, one)), readFileSync(join(dir, other))];
  writeFileSync(join(dir, one), z);
  writeFileSync(join(dir, other), a);
}

test('what was told of a chain while it was written finds an end that was taken off with its lines', async (t) => {
  const b = await evidenceBench(t);
  const dir = await recordSpool(b, 'task', { seconds: 30 });
  const { links } = readChain(dir);
  const told = { segments: links.length, chain: links.at(-1)!.chain };
  assert.deepEqual(checkChain(dir, { told })?.faults, []);
  const last = nth(dir, links.length - 1);
  rmSync(join(dir, last));
  editChain(dir, (lines) => lines.slice(0, -1));
  assert.deepEqual(checkChain(dir)?.faults, [], 'the chain alone cannot know');
  assert.deepEqual(
    checkChain(dir, { told })?.faults.map(({ kind }) => kind),
    ['short-chain'],
  );
});

test('the segment that a killed recorder left open is chained by who finds it, and said to be', async (t) => {
  const b = await evidenceBench(t);
  const dir = await recordSpool(b, 'task', { seconds: 20 });
  const before = readFileSync(join(dir, 'chain.jsonl'), 'utf8');
  // As a kill leaves it: the last segment is in neither list, and the last line of the chain is half there.
  const last = segmentNames(dir).at(-1)!;
  const playlist = readFileSync(join(dir, 'index.m3u8'), 'utf8');
  writeFileSync(join(dir, 'index.m3u8'), playlist.slice(0, playlist.lastIndexOf('#EXT-X-PROGRAM-DATE-TIME')));
  writeFileSync(join(dir, 'chain.jsonl'), before.slice(0, -50));
  recoverFolder(dir);
  const check = checkChain(dir)!;
  assert.deepEqual([check.faults, check.recovered], [[], [last]]);
  const recovered = readFileSync(join(dir, 'chain.jsonl'), 'utf8');
  recoverFolder(dir);
  assert.equal(readFileSync(join(dir, 'chain.jsonl'), 'utf8'), recovered);
  const verdict = verifySpool(dir);
  assert.equal(verdict.result, 'ok');
  assert.ok(verdict.notes.some((note) => note.includes(last)));
});

test('what was changed on the spool before it was finished is delivered, and told in the manifest for good', async (t) => {
  const b = await evidenceBench(t);
  const taskId = await recordedTask(b, { seconds: 30, onSpool: (dir) => rmSync(join(dir, nth(dir, 1))) });
  rmSync(join(b.dataDir, 'spool'), { recursive: true });
  const verdict = await verifyTask(b.dataDir, taskId, b.evidence.key.publicKey);
  assert.deepEqual(kindsOf(verdict), ['spool-altered']);
  assert.match(verdict.faults[0]!.text, /missing/);
});
