import { appendFileSync, readFileSync } from 'node:fs';

/** What is measured beside a figure in the same run, in the same unit, or why it could not be. */
export interface Alternative {
  readonly name: string;
  readonly value?: number;
  readonly missing?: string;
}

/** One measured figure. `ratio` is against a baseline of the same run, so it holds on any machine. */
export interface Row {
  readonly group: string;
  readonly name: string;
  readonly unit: string;
  readonly measured: number;
  readonly baseline?: number;
  /** What the baseline is, where it is not the same on every machine. */
  readonly baselineName?: string;
  /** The figure wanted; smaller is better. */
  readonly target?: number;
  readonly targetRatio?: number;
  /** How many sources or streams, in rows that show how the cost grows with them. */
  readonly count?: number;
  readonly beside?: readonly Alternative[];
}

/** Where a benchmark that `bench/main.ts` started leaves its rows, one JSON text a line. */
const rowsFile = process.env['BENCH_ROWS'];

/** Hands a row to `bench/main.ts`; does nothing in a benchmark that was started alone. */
export function report(row: Row): void {
  if (rowsFile !== undefined) appendFileSync(rowsFile, `${JSON.stringify(row)}\n`);
}

/** The rows left in a file, in order. */
export const readRows = (path: string): Row[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row);

/** The middle one of an odd number of values, the upper of the two middle ones otherwise; NaN of none. */
export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
