import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse as parseYaml } from 'yaml';
import { autoRecordRuleSchema } from '../../src/auto-record/rule.ts';
import { recordingEvents, roomEvents } from '../../src/callbacks/event-table.ts';
import { helpText, loadConfig } from '../../src/config/load.ts';
import { configSchema } from '../../src/config/schema.ts';
import { metricTable } from '../../src/server/metric-table.ts';
import { blocksOf, guides, inChinese, root, runPages, type Block } from './pages.ts';

const reference = [
  'configuration',
  'callbacks',
  'callbacks.zh-CN',
  'metrics',
  'metrics.zh-CN',
  'recording-api',
  'admin-api',
];
const referencePages = reference.map((name) => `docs/reference/${name}.md`);
const at = ({ page, line }: Block): string => `${page}:${line}`;

/** Languages of blocks that commands.test.ts runs, and of those that are checked here. */
const RUN = ['sh', 'js'];
const CHECKED = ['yaml', 'json'];

test('the commands of every guide are run', () => {
  assert.deepEqual(runPages.filter((page) => page !== 'README.md').toSorted(), guides);
});

test('what is neither run nor checked says why', () => {
  const silent = runPages
    .flatMap(blocksOf)
    .filter(({ language, notRun }) => language !== '' && ![...RUN, ...CHECKED].includes(language) && !notRun);
  assert.deepEqual(silent.map(at), []);
});

for (const page of runPages) {
  test(`${page} has the same commands, configuration and code in Chinese`, () => {
    const textsOf = (name: string): string[] => blocksOf(name).map(({ language, text }) => `${language}\n${text}`);
    const english = textsOf(page);
    assert.ok(english.length > 0);
    assert.deepEqual(textsOf(inChinese(page)), english);
  });
}

/** A rule alone stands for one in an app. */
function wholeConfig(text: string): string {
  if (!text.startsWith('auto_record:')) return text;
  const rule = (parseYaml(text) as { auto_record: unknown }).auto_record;
  return JSON.stringify({ apps: [{ sdk_app_id: 1, secret_key: 'long enough', auto_record: rule }] });
}

test('configuration in the guides would start a server', () => {
  const examples = runPages.flatMap(blocksOf).filter(({ language }) => language === 'yaml');
  assert.ok(examples.length > 4);
  for (const block of examples) {
    const load = () => loadConfig({ args: ['--config', 'x'], env: {}, readFile: () => wholeConfig(block.text) });
    assert.doesNotThrow(load, at(block));
  }
});

test('configuration in the reference is valid, each part for itself', () => {
  const examples = referencePages.flatMap(blocksOf).filter(({ language }) => language === 'yaml');
  assert.ok(examples.length > 5);
  for (const block of examples) {
    const { error } = configSchema.safeParse(parseYaml(block.text));
    assert.equal(error, undefined, at(block));
  }
});

/** What a JSON example is: a callback, or a rule of auto recording. */
function checkJson(block: Block): void {
  const value = JSON.parse(block.text) as { readonly EventType?: number };
  const { EventType: type } = value;
  if (type !== undefined) return assert.ok(type in recordingEvents || type in roomEvents, at(block));
  assert.equal(autoRecordRuleSchema.safeParse(value).error, undefined, at(block));
}

const textOf = (page: string): string => readFileSync(root + page, 'utf8');
const readPages = [...runPages, ...runPages.map(inChinese)];

test('metrics that the guides name exist', () => {
  const named = readPages.flatMap((page) => textOf(page).match(/\broomtape_[a-z]\w+\b/g) ?? []);
  assert.ok(named.length > 20);
  assert.deepEqual(
    named.filter(
      (name) =>
        !Object.keys(metricTable).some((known) => known === name || (name.endsWith('_') && known.startsWith(name))),
    ),
    [],
  );
});

test('configuration keys that the guides name exist', () => {
  // A key of an app stands without its `apps.N.` in the guides.
  const listed = helpText().match(/(?<=^ {2})[a-z][\w.]*/gm) ?? [];
  const known = listed.flatMap((key) => [key, key.replace(/^apps\.N\./, '')]);
  const groups = [...new Set(known.map((key) => key.split('.')[0]!))].join('|');
  const written = new RegExp(`(?<=\`)(${groups})\\.[a-z][\\w.]*(?=[\`:])`, 'g');
  const named = readPages.flatMap((page) => textOf(page).match(written) ?? []);
  assert.ok(named.length > 40);
  const isKnown = (name: string): boolean => known.some((key) => key === name || key.startsWith(`${name}.`));
  assert.deepEqual(
    named.filter((name) => !isKnown(name)),
    [],
  );
});

test('JSON is what it says', () => {
  const examples = [...runPages, ...referencePages].flatMap(blocksOf).filter(({ language }) => language === 'json');
  assert.ok(examples.length > 20);
  examples.forEach(checkJson);
});
