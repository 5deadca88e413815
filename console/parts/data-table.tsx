import type { ReactNode } from 'react';

/** A column of a table. */
export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => ReactNode;
  /** Its text is long and may be broken anywhere. */
  readonly isLong?: boolean;
}

interface DataTableProps<Row> {
  /** What the table shows, for those who cannot see where it is. */
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string | number;
  /** What is shown below a row, where there is something. */
  readonly below?: (row: Row) => ReactNode;
}

/** A table that becomes a list of cards on a phone; roles keep what it is when it no longer looks like one. */
export function DataTable<Row>({ caption, columns, rows, keyOf, below }: DataTableProps<Row>) {
  return (
    <table className="data" role="table" aria-label={caption}>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map(({ title }) => (
            <th key={title} role="columnheader" scope="col">
              {title}
            </th>
          ))}
        </tr>
      </thead>
      {rows.map((row) => (
        <tbody key={keyOf(row)} role="rowgroup">
          <tr role="row">
            {columns.map(({ title, cell, isLong }) => (
              <td key={title} role="cell" data-title={title} className={isLong ? 'long' : undefined}>
                {cell(row)}
              </td>
            ))}
          </tr>
          <Below content={below?.(row)} span={columns.length} />
        </tbody>
      ))}
    </table>
  );
}

function Below({ content, span }: { readonly content: ReactNode; readonly span: number }) {
  if (!content) return null;
  return (
    <tr role="row" className="below">
      <td role="cell" colSpan={span}>
        {content}
      </td>
    </tr>
  );
}
