import { metricTable, type MetricRule } from '../src/server/metric-table.ts';
import { processMetrics } from '../src/server/operations.ts';
import { cell, table } from './markdown-table.ts';

type Language = 'en' | 'zh';

const heads: Readonly<Record<Language, string>> = {
  en: `# Metrics

<!-- written by \`npm run reference\` from src/server/metric-table.ts; edit that -->

[中文](metrics.zh-CN.md)

\`GET /metrics\` on the server's one port is Prometheus' text format, without authentication: keep it inside your network. A **count** grows since the start of the process that counts; a **level** is what is so now. Both are exposed as gauges; \`rate()\` works on counts all the same. A part that does not answer within two seconds, as a rooms process that is restarting, is absent from a scrape. \`/healthz\` and \`/readyz\` stand beside it; what to alert on is in the [production checklist](../guides/production-checklist.md#watch-it).
`,
  zh: `# 监控指标

<!-- written by \`npm run reference\` from src/server/metric-table.ts; edit that -->

[English](metrics.md)

服务器唯一端口上的 \`GET /metrics\` 输出 Prometheus 文本格式，无需认证，请只对内网开放。**count** 从计数进程启动起累加，**level** 是当前值；两者都以 gauge 输出，对 count 照样可以使用 \`rate()\`。两秒内没有应答的部分（例如正在重启的 rooms 进程）不会出现在该次抓取中。\`/healthz\` 与 \`/readyz\` 在同一端口；应当对什么告警，见[上线检查清单](../guides/zh-CN/production-checklist.md#监控)。
`,
};

const columns = {
  en: { own: ['Metric', 'Kind', 'Meaning'], process: ['Metric', 'Type', 'Meaning'] },
  zh: { own: ['指标', '类别', '含义'], process: ['指标', '类型', '含义'] },
} as const;

const processTitle: Readonly<Record<Language, string>> = {
  en: 'What Node tells of the process of the `server` role; the other processes are not in it.',
  zh: 'Node 报告的 `server` 进程自身的指标，不含其他进程；含义为其英文原文。',
};

/** The part of a name after the prefix: the metrics of one part of the program stand together. */
const partOf = (name: string): string => /^roomtape_(room_journal|auto_record|[a-z]+)/.exec(name)?.[1] ?? name;

function ownTables(language: Language): string[] {
  const parts = Map.groupBy(Object.entries(metricTable), ([name]) => partOf(name));
  return [...parts].map(([part, metrics]) => `## ${part.replaceAll('_', ' ')}\n\n${ownTable(metrics, language)}`);
}

const ownTable = (metrics: readonly (readonly [string, MetricRule])[], language: Language): string =>
  table([
    [...columns[language].own],
    ...metrics.map(([name, { kind, help, helpZh }]) => [`\`${name}\``, kind, cell(language === 'zh' ? helpZh : help)]),
  ]);

/** Labels come with the values; before there are any only the code of the library knows them. */
async function processTable(language: Language): Promise<string> {
  const metrics = await processMetrics().getMetricsAsJSON();
  const rows = metrics.map(({ name, type, help }) => [`\`${name}\``, String(type), cell(help)]);
  return table([[...columns[language].process], ...rows.toSorted(([a = ''], [b = '']) => (a < b ? -1 : 1))]);
}

/** The page of every metric in one of the languages: our own by their table, those of the process as the library has them. */
export async function metricsPage(language: Language): Promise<string> {
  const process = ['## server process', '', processTitle[language], '', await processTable(language)];
  return [heads[language], ...ownTables(language), ...process].join('\n');
}
