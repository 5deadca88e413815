import type { Row } from './report.ts';

const line = /^ {2}(\S.*?) {2,}([\d.]+) {2}ratio [\d.]+(?: {2}target ([\d.]+))?$/gm;
const finishing = /([\d.]+) CPU-s\/GB.*target ([\d.]+)/;

const wantedOf = (text: string | undefined): { target?: number } =>
  text === undefined ? {} : { target: Number(text) };

/** The rows of what bench/single.ts prints: the baseline's line comes first. */
export function singleRows(output: string): Row[] {
  const group = 'single';
  const rows: Row[] = [];
  let baseline = Number.NaN;
  for (const [, name = '', value, target] of output.matchAll(line)) {
    const measured = Number(value);
    if (name.startsWith('baseline')) baseline = measured;
    else rows.push({ group, name, unit: 'CPU s/s', measured, baseline, ...wantedOf(target) });
  }
  const [, perGb, target] = finishing.exec(output) ?? [];
  if (perGb !== undefined)
    rows.push({ group, name: 'segments to MP4', unit: 'CPU s/GB', measured: Number(perGb), ...wantedOf(target) });
  return rows;
}
