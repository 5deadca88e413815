import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { test, type TestContext } from 'node:test';
import { contractCases } from '../acceptance/contract-cases.ts';

/** File that gets a line for every case that was run; absent when nobody asks for the list. */
const log = process.env['CONTRACT_CASES'];

/** A test of cases of contract §9, which its name begins with. */
export function contractCase(ids: string, title: string, run: (t: TestContext) => Promise<void>): void {
  const cases = ids.split(' ');
  const unknown = cases.find((id) => !contractCases.includes(id));
  if (unknown) throw new RangeError(`the contract has no case ${unknown}`);
  void test(`${cases.join(', ')}: ${title}`, async (t) => {
    try {
      await run(t);
      note(cases, true);
    } catch (error) {
      note(cases, false);
      throw error;
    }
  });
}

function note(cases: readonly string[], passed: boolean): void {
  if (!log) return;
  mkdirSync(dirname(log), { recursive: true });
  appendFileSync(log, cases.map((id) => `${JSON.stringify({ id, passed })}\n`).join(''));
}
