/**
 * What becomes of recordings when things die, hang, fill up or refuse: `npm run chaos -- [--quick] [--kills N] [--seed N]
 * [--write] [scenario …]`. Ends with a table; fails when a promise is broken. With `--write` docs/chaos.md is made anew.
 */
import { parseArgs } from 'node:util';
import { Random } from './random.ts';
import { brokenIn, emptyRow, type Bench, type Row, type Scenario } from './scenario.ts';
import { scenarios } from './scenarios/all.ts';
import { writeChaosPage } from './page.ts';
import { markdownTable, remarks } from './table.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    kills: { type: 'string' },
    seed: { type: 'string' },
  },
});

function chosen(): readonly Scenario[] {
  const unknown = positionals.filter((name) => !scenarios.some((scenario) => scenario.name === name));
  if (unknown.length > 0)
    throw new Error(`Unknown: ${unknown.join(', ')}. There are ${scenarios.map(({ name }) => name).join(', ')}.`);
  return positionals.length === 0 ? scenarios : scenarios.filter(({ name }) => positionals.includes(name));
}

if (values.write && (values.quick || values.kills !== undefined || positionals.length > 0))
  throw new Error('--write is for the whole run: any other has not all that the page shows.');

const startedMs = Date.now();
const say = (line: string): void =>
  console.log(`${String(Math.round((Date.now() - startedMs) / 1000)).padStart(5)} s  ${line}`);

async function play(scenario: Scenario, bench: Bench): Promise<Row[]> {
  say(`${scenario.name}: ${scenario.does}`);
  try {
    return await scenario.run(bench);
  } catch (error) {
    console.error(error);
    return [{ ...emptyRow(scenario.name, 'not to its end'), faults: [`could not be played: ${String(error)}`] }];
  }
}

const seed = Number(values.seed ?? Date.now() % 1_000_000);
const effort = { quick: values.quick, kills: values.kills === undefined ? undefined : Number(values.kills) };
console.log(`seed ${seed}`);
const rows: Row[] = [];
// By its place in the whole list: a scenario that is played alone strikes as it does among the others.
for (const scenario of chosen())
  rows.push(...(await play(scenario, { effort, random: new Random(seed + scenarios.indexOf(scenario)), say })));
console.log(`\n${markdownTable(rows)}\n`);
for (const remark of remarks(rows)) console.log(remark);
if (values.write) writeChaosPage(rows, scenarios, seed);
process.exitCode = rows.some((row) => brokenIn(row).length > 0) ? 1 : 0;
