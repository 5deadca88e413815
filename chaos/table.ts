import { brokenIn, type Row } from './scenario.ts';

const seconds = (value: number | undefined): string => (value === undefined ? '–' : value.toFixed(2));

const median = (values: readonly number[]): number | undefined =>
  values.length === 0 ? undefined : values.toSorted((a, b) => a - b)[values.length >> 1];

const worst = (values: readonly number[]): number | undefined =>
  values.length === 0 ? undefined : Math.max(...values);

const head = [
  'what',
  'done',
  'lost, worst',
  'median',
  'of',
  'may be',
  'files',
  'unplayable',
  'tasks',
  '306',
  'repeated',
  '',
];

function cellsOf(row: Row): string[] {
  if (row.skipped !== undefined)
    return [row.name, row.done, ...head.slice(3).map(() => '–'), `not run: ${row.skipped}`];
  const broken = brokenIn(row);
  const { lost, allowed, files, unplayable, tasks, takeovers, duplicates } = row;
  return [
    row.name,
    row.done,
    seconds(worst(lost)),
    seconds(median(lost)),
    String(lost.length),
    allowed === undefined ? '–' : String(allowed),
    ...[files, unplayable.length, tasks, takeovers, duplicates].map(String),
    broken.length === 0 ? 'held' : '**broken**',
  ];
}

/** The table of a run in Markdown, as wide as its cells. */
export function markdownTable(rows: readonly Row[]): string {
  const cells = [head, ...rows.map(cellsOf)];
  const widths = head.map((_, column) => Math.max(3, ...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [line(head), rule, ...cells.slice(1).map(line)].join('\n');
}

/** What the table has no room for: broken promises and notes, a line each. */
export function remarks(rows: readonly Row[]): string[] {
  return rows.flatMap((row) => [
    ...brokenIn(row).map((fault) => `${row.name}: BROKEN: ${fault}`),
    ...row.notes.map((note) => `${row.name}: ${note}`),
  ]);
}
