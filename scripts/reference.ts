/**
 * Writes the pages of docs/reference from the tables and schemas of the code: `npm run reference`. With `--check` it
 * writes nothing and fails when a page is stale; `npm run check:docs` runs that.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorTable, type ErrorRule } from '../src/api/error-table.ts';
import { adminPage } from './admin-page.ts';
import { commandLinePage } from './command-line-page.ts';
import { callbacksPage } from './callbacks-page.ts';
import { compatPage } from './compat-page.ts';
import { configPage } from './config-page.ts';
import { metricsPage } from './metrics-page.ts';
import { recordingApiPage } from './recording-api-page.ts';

/** A rule and the codes that share it, in the table's order. */
interface Entry {
  readonly codes: string[];
  readonly rule: ErrorRule;
}

const HEAD = `# Errors of the API

<!-- written by \`npm run reference\` from src/api/error-table.ts; edit that -->

An error is HTTP status 200 with \`{"Response":{"Error":{"Code","Message"},"RequestId"}}\`. Of several faults in one request one is reported: method, size, action and version, signature, rate, region, then the parameters (unknown names, wrong types, missing ones, values out of range), then what the request asks for.

**Retry** tells whether the same request, unchanged, may succeed later. **Fault** tells who can do something about it. Words in braces are filled in.
`;

const faults: Readonly<Record<ErrorRule['fault'], string>> = {
  caller: 'the caller’s',
  destination: 'the storage destination’s',
  ours: 'this server’s',
};

function entries(): Entry[] {
  const byRule = new Map<ErrorRule, Entry>();
  for (const [code, rule] of Object.entries<ErrorRule>(errorTable)) {
    const entry = byRule.get(rule) ?? { codes: [], rule };
    entry.codes.push(code);
    byRule.set(rule, entry);
  }
  return [...byRule.values()];
}

/** A code span; twice the backticks when there are some in it. No text of the table begins or ends with one. */
const span = (text: string): string => (text.includes('`') ? `\`\`${text}\`\`` : `\`${text}\``);

function section({ codes: [code = '', ...others], rule }: Entry): string {
  return [
    `## ${code}`,
    '',
    ...(others.length > 0 ? [`Likewise ${others.map(span).join(', ')}.`, ''] : []),
    span(rule.message),
    '',
    `- Answered when ${rule.cause}.`,
    `- What to do: ${rule.remedy}`,
    `- Retry: ${rule.retryable ? 'yes' : 'no'}. Fault: ${faults[rule.fault]}.`,
    '',
  ].join('\n');
}

const errorPage = [HEAD, ...entries().map(section)].join('\n');

const pages = [
  ['docs/reference/errors.md', errorPage],
  ['docs/reference/compat.md', compatPage()],
  ['docs/reference/admin-api.md', adminPage()],
  ['docs/reference/command-line.md', commandLinePage()],
  ['docs/reference/configuration.md', configPage()],
  ['docs/reference/recording-api.md', recordingApiPage()],
  ['docs/reference/callbacks.md', callbacksPage('en')],
  ['docs/reference/callbacks.zh-CN.md', callbacksPage('zh')],
  ['docs/reference/metrics.md', await metricsPage('en')],
  ['docs/reference/metrics.zh-CN.md', await metricsPage('zh')],
] as const;

function committed(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

for (const [path, page] of pages) {
  if (!process.argv.includes('--check')) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, page);
    console.log(path);
  } else if (committed(path) !== page) {
    console.error(`${path} is stale: npm run reference`);
    process.exitCode = 1;
  }
}
