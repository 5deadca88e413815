import type { Row } from './report.ts';

const line = /^ {2}(\S.*?) {2,}([\d.]+) {2}ratio ([\d.]+)(?: {2}target ([\d.]+))?$/gm;
const finishing = /([\d.]+) CPU-s\/GB.*target ([\d.]+)/;

/** The rows of what bench/single.ts prints: its lines name the figure, the ratio to its baseline and the target. */
export function singleRows(output: string): Row[] {
  const group = 'single';
  const rows: Row[] = [];
  for (const [, name = '', value, ratio, target] of output.matchAll(line)) {
    if (name.startsWith('baseline')) continue;
    const measured = Number(value);
    const wanted = target === undefined ? {} : { target: Number(target) };
    rows.push({ group, name, unit: 'CPU s/s', measured, baseline: measured / Number(ratio), ...wanted });
  }
  const [, perGb, wanted] = finishing.exec(output) ?? [];
  if (perGb !== undefined)
    rows.push({ group, name: 'segments to MP4', unit: 'CPU s/GB', measured: Number(perGb), target: Number(wanted) });
  return rows;
}
