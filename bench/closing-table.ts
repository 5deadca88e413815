import type { Row } from './report.ts';

/** How a row did: by its target and, where it has one, by its target ratio; both must hold. Empty without any target. */
export function verdict({ measured, baseline, target, targetRatio }: Row): string {
  const said: string[] = [];
  if (target !== undefined) said.push(measured <= target ? 'met' : 'missed');
  if (targetRatio !== undefined && baseline !== undefined)
    said.push(measured / baseline <= targetRatio ? 'ratio met' : 'ratio missed');
  return said.join(', ');
}

/** Three significant figures, without exponents. */
export const figure = (value: number): string => {
  if (value === 0 || Number.isInteger(value)) return String(value);
  return value.toFixed(Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value)))));
};

/** Measured over baseline in two digits; a dash without a baseline. */
export const ratioOf = ({ measured, baseline }: Row): string =>
  baseline === undefined ? '–' : (measured / baseline).toFixed(2);

const optional = (value: number | undefined): string => (value === undefined ? '–' : figure(value));

function cellsOf(row: Row): string[] {
  const targets = [optional(row.target), ...(row.targetRatio === undefined ? [] : [`ratio ${row.targetRatio}`])];
  return [
    `${row.group}: ${row.name}${row.unit === '' ? '' : `, ${row.unit}`}`,
    figure(row.measured),
    optional(row.baseline),
    ratioOf(row),
    targets.join(', '),
    verdict(row),
  ];
}

/** The table that ends a run: measured, baseline of the same run, ratio, target, met or missed. */
export function closingTable(rows: readonly Row[]): string {
  const head = ['what', 'measured', 'baseline', 'ratio', 'target', ''];
  const cells = [head, ...rows.map(cellsOf)];
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells.map((row) => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')).join('\n');
}
