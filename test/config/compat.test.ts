import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { defaultCompat, type Compat } from '../../src/config/compat.ts';
import { ConfigError, helpText, loadConfig } from '../../src/config/load.ts';

/** The switches of contract §0.2: row, values with the default first, and what is refused. */
const switches: Readonly<Record<keyof Compat, { row: string; values: readonly unknown[]; wrong: readonly unknown[] }>> =
  {
    event_ts: { row: 'D-2', values: ['documented', 'number', 'string'], wrong: ['text', 1] },
    room_id: { row: 'D-3', values: ['string', 'client'], wrong: ['number', true] },
    file_committed: { row: 'D-4', values: ['nested', 'flat'], wrong: ['Nested', ''] },
    missing_parameter: { row: 'D-5', values: ['two_level', 'bare'], wrong: ['two-level', null] },
    unknown_task: { row: 'D-6', values: ['resource_not_found', 'task_not_exist'], wrong: ['ResourceNotFound', 404] },
    share_pictures: { row: 'D-7', values: [25, 24], wrong: [23, '25', 24.5] },
    both_storages: { row: 'D-8', values: ['refuse', 'event'], wrong: ['accept', false] },
    absent_big_user: { row: 'D-9', values: ['reserve', 'promote'], wrong: ['free', 0] },
    bad_user_sig: { row: 'D-10', values: ['refuse', 'event'], wrong: ['accept', true] },
    idle_seconds: { row: 'D-12', values: [30, 5, 86_400], wrong: [4, 86_401, 30.5, 'thirty'] },
    scope_service: { row: 'D-13', values: ['any', 'trtc'], wrong: ['vod', ['trtc']] },
  };

/** D-1 is older than the group and stands outside of it. */
const documented = Object.entries({ file_names: { row: 'D-1', values: ['documented', 'wire'] } });

function compatOf(group: object, env: Record<string, string> = {}): Compat {
  const loaded = loadConfig({ args: [], env, readFile: () => JSON.stringify({ compat: group }) });
  assert.equal(loaded.kind, 'config');
  return loaded.config.compat;
}

for (const [key, { row, values, wrong }] of Object.entries(switches)) {
  test(`${row}: compat.${key} takes ${values.join(', ')} and nothing else`, () => {
    assert.equal(compatOf({})[key as keyof Compat], values[0]);
    for (const value of values) {
      assert.deepEqual(compatOf({ [key]: value }), { ...defaultCompat, [key]: value });
      const env = { [`ROOMTAPE_COMPAT__${key.toUpperCase()}`]: String(value) };
      assert.deepEqual(compatOf({}, env), { ...defaultCompat, [key]: value });
    }
    for (const value of wrong) {
      const refused = (error: unknown): boolean =>
        error instanceof ConfigError && error.message.startsWith(`compat.${key}: `);
      assert.throws(() => compatOf({ [key]: value }), refused, JSON.stringify(value));
    }
  });
}

test('every row of contract §0.2 that has an alternative is a switch, and no other key is one', () => {
  assert.deepEqual(Object.keys(defaultCompat), Object.keys(switches));
  assert.throws(() => compatOf({ eventts: 'number' }), /^ConfigError: compat\.eventts: is not a known key/);
});

test('help and the reference page list every switch with its row', () => {
  const page = readFileSync(new URL('../../docs/reference/compat.md', import.meta.url), 'utf8').split('\n');
  const help = helpText().split('\n');
  for (const [key, { row, values }] of [...Object.entries(switches), ...documented]) {
    const name = key === 'file_names' ? key : `compat.${key}`;
    const helpLine = help.find((line) => line.startsWith(`  ${name} `));
    assert.ok(helpLine?.includes(`(${row})`) && helpLine.endsWith(`[${JSON.stringify(values[0])}]`), name);
    const pageLine = page.find((line) => line.startsWith(`| \`${name}\` `));
    assert.ok(pageLine?.includes(`(${row})`) && pageLine.includes(` | \`${String(values[0])}\` `), name);
  }
});
