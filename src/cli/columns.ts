/** Letters that take two places in a terminal: Chinese, Japanese, Korean and full-width forms. */
const wide = /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]/g;
// What a terminal would obey, and what turns the direction of writing.
// oxlint-disable-next-line no-control-regex
const commanding = /[\u0000-\u001F\u007F-\u009F\u200E\u200F\u202A-\u202E\u2066-\u2069]/g;

/** A name or message of others, in which nothing commands the terminal. */
export const plain = (text: string): string =>
  text.replaceAll(commanding, (letter) => `\\x${letter.codePointAt(0)!.toString(16).padStart(2, '0')}`);

const widthOf = (text: string): number => text.length + (text.match(wide)?.length ?? 0);

/** Fills a text up to that many places. */
export const pad = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - widthOf(text)));

/** Rows under their heads, each column as wide as its widest cell; control characters are made visible. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const cells = rows.map((row) => row.map(plain));
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((row) => widthOf(row[column] ?? ''))));
  return cells.map((row) =>
    row
      .map((cell, column) => pad(cell, widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
