import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { contractCases, inPart, inProcess } from '../test/acceptance/contract-cases.ts';

/** Runs the acceptance suite against servers started as `npm start` does, and prints what became of each case. */

const folder = mkdtempSync(join(tmpdir(), 'roomtape-acceptance-'));
const log = join(folder, 'cases.jsonl');
const tests = [
  '--test',
  '--test-concurrency=1',
  ...(process.argv.slice(2).length ? process.argv.slice(2) : ['test/acceptance/**/*.test.ts', 'test/e2e/**/*.test.ts']),
];
const run = spawnSync(process.execPath, tests, { stdio: 'inherit', env: { ...process.env, CONTRACT_CASES: log } });
const results = existsSync(log) ? readResults() : new Map<string, boolean>();
rmSync(folder, { recursive: true, force: true });
const open = printList();
process.exit(run.status || (open > 0 && process.argv.length === 2) ? 1 : 0);

/** A case passed when every test that names it did. */
function readResults(): Map<string, boolean> {
  const lines = readFileSync(log, 'utf8').trim().split('\n');
  const all = new Map<string, boolean>();
  for (const line of lines) {
    const { id, passed } = JSON.parse(line) as { id: string; passed: boolean };
    all.set(id, passed && (all.get(id) ?? true));
  }
  return all;
}

function verdictOf(id: string): string {
  const passed = results.get(id);
  if (passed === false) return 'FAILED';
  if (passed) return inPart[id] ? `passed in part: ${inPart[id]}` : 'passed';
  return inProcess[id] ? `passed in another way: ${inProcess[id]}` : 'NOT RUN';
}

function printList(): number {
  const verdicts = contractCases.map((id) => [id, verdictOf(id)] as const);
  for (const [id, verdict] of verdicts) console.log(`${id.padEnd(4)} ${verdict}`);
  const bad = verdicts.filter(([, verdict]) => verdict === 'FAILED' || verdict === 'NOT RUN');
  console.log(`${contractCases.length - bad.length} of ${contractCases.length} cases of the contract hold`);
  return bad.length;
}
