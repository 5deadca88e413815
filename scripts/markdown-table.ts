/** Chinese characters and full-width signs take two columns, as the formatter counts. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/g;

const widthOf = (text: string): number => text.length + (text.match(WIDE)?.length ?? 0);

/** Cells padded to the widest of their column, as the formatter wants them. */
export function table(rows: readonly string[][]): string {
  const widths = rows[0]!.map((_, column) => Math.max(3, ...rows.map((row) => widthOf(row[column]!))));
  const padded = (text: string, column: number): string => text + ' '.repeat(widths[column]! - widthOf(text));
  const line = (cells: readonly string[]): string => `| ${cells.map(padded).join(' | ')} |`;
  const [head, ...body] = rows;
  return [line(head!), line(widths.map((width) => '-'.repeat(width))), ...body.map(line), ''].join('\n');
}

/** A text as it may stand in a cell. */
export const cell = (text: string): string => text.replaceAll('|', String.raw`\|`).replaceAll('\n', ' ');
