import type { Row } from '../report.ts';
import type { Plot, Series } from './line-plot.ts';

const COLOURS = ['#1f7ae0', '#d1660f', '#9a5fd0', '#2a9d4a', '#c2406a'];
const GREY = '#7d8590';

const colour = (i: number): string => COLOURS[i % COLOURS.length]!;

/** Rows of mixes of 360p15 by the number of sources. */
export const mixRows = (rows: readonly Row[]): Row[] =>
  rows.filter(({ group, name }) => group === 'mixed' && name.endsWith('360p15'));

/** Rows of recordings at once by their number. */
export const growthRows = (rows: readonly Row[], what: string): Row[] =>
  rows.filter(({ group }) => group === `growth, ${what}`);

/** Name and figure of everything a row was compared to. */
export const comparedOf = ({
  baseline,
  baselineName,
  beside = [],
}: Row): { name: string; value: number | undefined }[] => [
  { name: baselineName ?? 'baseline', value: baseline },
  ...beside.map(({ name, value }) => ({ name, value })),
];

/** What mixes of more and more sources cost, ours and the others', against our mix of one. */
export function mixPlot(rows: readonly Row[]): Plot | undefined {
  const mixes = mixRows(rows);
  const [one] = mixes;
  if (!one || mixes.length < 2) return undefined;
  const line = (name: string, of: (row: Row) => number | undefined, i: number): Series => ({
    name,
    colour: colour(i),
    points: mixes.flatMap((row) => {
      const value = of(row);
      return value === undefined ? [] : [[row.count ?? 0, value / one.measured] as const];
    }),
  });
  const others = comparedOf(one).map(({ name }, i) =>
    line(name, (row) => comparedOf(row).find((other) => other.name === name)?.value, i + 1),
  );
  const series = [line('Roomtape', (row) => row.measured, 0), ...others].filter(({ points }) => points.length > 0);
  return { title: 'CPU of a mix, Roomtape’s of one source = 1', xLabel: 'sources of 360p15', series };
}

/** What more and more recordings at once cost against one. */
export function growthPlot(rows: readonly Row[], what: string, title: string): Plot | undefined {
  const growth = growthRows(rows, what);
  const [one] = growth;
  const most = growth.at(-1)?.count;
  if (!one || most === undefined || growth.length < 2) return undefined;
  const rooms = (row: Row): number => row.beside?.[0]?.value ?? Number.NaN;
  const line = (name: string, of: (row: Row) => number, i: number): Series => ({
    name,
    colour: colour(i),
    points: growth.map((row) => [row.count ?? 0, of(row) / of(one)]),
  });
  const proportion: Series = {
    name: 'so many times one',
    colour: GREY,
    dashed: true,
    points: [
      [1, 1],
      [most, most],
    ],
  };
  const series = [proportion, line('recorders', (row) => row.measured, 0), line('rooms', rooms, 1)];
  return { title, xLabel: 'recordings at once', series };
}
