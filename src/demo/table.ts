/** One finished file, as the demo prints it. */
export interface FileRow {
  readonly file: string;
  readonly streams: string;
  readonly duration: string;
  readonly size: string;
  readonly start: string;
  readonly url: string;
}

const HEADS = ['file', 'streams', 'duration', 'size', 'start'] as const;

/** A table for the terminal; the playback URL of each file follows on a line of its own, so that it can be clicked. */
export function fileTable(rows: readonly FileRow[]): string {
  const widths = HEADS.map((head) => Math.max(head.length, ...rows.map((row) => row[head].length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd();
  const body = rows.flatMap((row) => [line(HEADS.map((head) => row[head])), `  ${row.url}`]);
  return [line(HEADS), line(widths.map((width) => '─'.repeat(width))), ...body].join('\n');
}

/** Bytes as people read them. */
export function sizeText(bytes: number): string {
  return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(0)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
