import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { contractCases, inPart, inProcess } from '../test/acceptance/contract-cases.ts';

/**
 * Runs the tests that the arguments name and prints what became of each case of the contract (§9). Fails when a test
 * does, or when a case was neither run nor is known to be run in another way.
 */

const folder = mkdtempSync(join(tmpdir(), 'roomtape-cases-'));
const log = join(folder, 'cases.jsonl');
const options = ['--test', '--test-concurrency=1', ...process.argv.slice(2)];
const run = spawnSync(process.execPath, options, { stdio: 'inherit', env: { ...process.env, CONTRACT_CASES: log } });
const results = existsSync(log) ? readResults() : new Map<string, boolean>();
rmSync(folder, { recursive: true, force: true });
const open = printList();
process.exit(run.status || open > 0 ? 1 : 0);

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
