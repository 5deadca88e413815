/**
 * All benchmarks one after the other and one closing table: `npm run bench -- [--quick | --write]`. With `--write` the
 * generated part of docs/performance.md and its plot are renewed. Fails when any benchmark does; then nothing is written.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { closingTable } from './closing-table.ts';
import { writePerformancePage } from './page/performance-page.ts';
import { readRows, type Row } from './report.ts';
import { singleRows } from './single-rows.ts';

const quick = process.argv.includes('--quick');
const write = process.argv.includes('--write');
if (quick && write) throw new Error('--write is for the whole run: a quick one has not all that the page shows.');
const names = ['rtp-core', 'single', 'mixed', 'rooms', 'capacity', 'chromium', 'api'] as const;

/** Runs one benchmark with its output shown; gives that output. Rejects when it fails. */
function run(script: string, rowsFile: string): Promise<string> {
  const env = { ...process.env, BENCH_ROWS: rowsFile };
  const args = [script, ...(quick ? ['--quick'] : [])];
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    process.stdout.write(chunk);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve(output) : reject(new Error(`${script} ended with ${code}`))));
  });
}

async function measure(dir: string): Promise<Row[]> {
  const rows: Row[] = [];
  for (const name of names) {
    const script = fileURLToPath(new URL(`${name}.ts`, import.meta.url));
    const rowsFile = join(dir, `${name}.rows`);
    writeFileSync(rowsFile, '');
    console.log(`\n— ${name}\n`);
    const output = await run(script, rowsFile);
    const reported = readRows(rowsFile);
    rows.push(...(name === 'single' && reported.length === 0 ? singleRows(output) : reported));
  }
  return rows;
}

const dir = mkdtempSync(join(tmpdir(), 'roomtape-bench-'));
try {
  const rows = await measure(dir);
  console.log(`\n${closingTable(rows)}`);
  if (write) writePerformancePage(rows);
} finally {
  rmSync(dir, { recursive: true });
}
