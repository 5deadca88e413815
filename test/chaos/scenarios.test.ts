import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { Random } from '../../chaos/random.ts';
import type { Row } from '../../chaos/scenario.ts';
import { scenarios } from '../../chaos/scenarios/all.ts';

/**
 * The chaos suite with a blow or two of each kind. What may be lost is wider here than `npm run chaos` promises, since the
 * machine is shared; that files play and callbacks are whole, once and in order is as strict.
 */

const SEED = 5;

function rowsOf(t: TestContext, name: string, kills: number): Promise<Row[]> {
  const scenario = scenarios.find((one) => one.name === name);
  assert.ok(scenario, name);
  const say = (line: string): void => t.diagnostic(line);
  return scenario.run({ effort: { quick: true, kills }, random: new Random(SEED), say });
}

interface Wanted {
  /** Seconds that one blow may cost. */
  readonly lost: number;
  /** Blows whose cost must have been seen; of none the row would say nothing. */
  readonly blows: number;
  readonly tasks: number;
}

function assertHeld(row: Row, { lost, blows, tasks }: Wanted): void {
  const said = `${row.name}: ${JSON.stringify(row)}`;
  assert.deepEqual(row.unplayable, [], said);
  assert.deepEqual(row.faults, [], said);
  assert.equal(row.tasks, tasks, said);
  assert.ok(row.lost.length >= blows, said);
  assert.ok(Math.max(0, ...row.lost) <= lost, said);
}

test('recorders killed: the gap is short, one file goes on, callbacks are whole', async (t) => {
  const rows = await rowsOf(t, 'recorder-kill', 2);
  for (const row of rows) assertHeld(row, { lost: 6, blows: 0, tasks: 2 });
  const [struck, takeovers] = [rows.flatMap(({ lost }) => lost), rows.reduce((sum, row) => sum + row.takeovers, 0)];
  assert.ok(struck.length > 0 && takeovers > 0, JSON.stringify(rows));
});

test('the server killed: nothing is missing', async (t) => {
  for (const row of await rowsOf(t, 'server-kill', 2)) assertHeld(row, { lost: 1, blows: 4, tasks: 2 });
});

test('a recorder hangs for longer than its lease: another goes on, and files and callbacks are whole', async (t) => {
  const rows = await rowsOf(t, 'recorder-stop', 1);
  for (const row of rows) assertHeld(row, { lost: 12, blows: 0, tasks: 2 });
  assert.ok(rows.some(({ lost }) => lost.length > 0));
});

test('a power cut: what was on the disk is finished and announced once', async (t) => {
  for (const row of await rowsOf(t, 'power-cut', 1)) assertHeld(row, { lost: 3, blows: 2, tasks: 2 });
});

test('a receiver of callbacks is down for an hour: nothing is lost, in order', async (t) => {
  const [row] = await rowsOf(t, 'receiver-down', 0);
  assertHeld(row!, { lost: 0, blows: 0, tasks: 10 });
});
