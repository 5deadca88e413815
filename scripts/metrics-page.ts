import { metricTable, type MetricRule } from '../src/server/metric-table.ts';
import { processMetrics } from '../src/server/operations.ts';
import { cell, table } from './markdown-table.ts';

const HEAD = `# Metrics

<!-- written by \`npm run reference\` from src/server/metric-table.ts; edit that -->

\`GET /metrics\` on the server's one port is Prometheus' text format, without authentication: keep it inside your network. A **count** grows since the start of the process that counts; a **level** is what is so now. Both are exposed as gauges; \`rate()\` works on counts all the same. A part that does not answer within two seconds, as a rooms process that is restarting, is absent from a scrape. \`/healthz\` and \`/readyz\` stand beside it; what to alert on is in the [production checklist](../guides/production-checklist.md#watch-it).
`;

/** The part of a name after the prefix: the metrics of one part of the program stand together. */
const partOf = (name: string): string => /^roomtape_(room_journal|auto_record|[a-z]+)/.exec(name)?.[1] ?? name;

function ownTables(): string[] {
  const parts = Map.groupBy(Object.entries(metricTable), ([name]) => partOf(name));
  return [...parts].map(([part, metrics]) => `## ${part.replaceAll('_', ' ')}\n\n${ownTable(metrics)}`);
}

const ownTable = (metrics: readonly (readonly [string, MetricRule])[]): string =>
  table([['Metric', 'Kind', 'Meaning'], ...metrics.map(([name, { kind, help }]) => [`\`${name}\``, kind, cell(help)])]);

/** Labels come with the values; before there are any only the code of the library knows them. */
async function processTable(): Promise<string> {
  const metrics = await processMetrics().getMetricsAsJSON();
  const rows = metrics.map(({ name, type, help }) => [`\`${name}\``, String(type), cell(help)]);
  return table([['Metric', 'Type', 'Meaning'], ...rows.toSorted(([a = ''], [b = '']) => (a < b ? -1 : 1))]);
}

/** The page of every metric: our own by their table, those of the process as the library registers them. */
export async function metricsPage(): Promise<string> {
  const process = [
    '## server process',
    '',
    'What Node tells of the process of the `server` role; the other processes are not in it.',
    '',
    await processTable(),
  ];
  return [HEAD, ...ownTables(), ...process].join('\n');
}
