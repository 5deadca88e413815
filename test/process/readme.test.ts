import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

/** Commands, configuration and code of a page, in their order. */
function examplesOf(page: string): string[] {
  const text = readFileSync(new URL(`../../${page}`, import.meta.url), 'utf8');
  return text.match(/```[\s\S]*?```/g) ?? [];
}

test('both languages of the README have the same commands and code', () => {
  const english = examplesOf('README.md');
  assert.ok(english.length > 5);
  assert.deepEqual(examplesOf('README.zh-CN.md'), english);
});
