import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { commands } from '../../src/cli/commands.ts';
import { chooseLanguage } from '../../src/cli/language.ts';
import { en } from '../../src/cli/texts/en.ts';
import { zh } from '../../src/cli/texts/zh.ts';
import { assertSameTexts, unusedTexts } from '../kit/dictionaries.ts';

const sources = globSync('src/cli/**/*.ts').filter((path) => !path.includes('/texts/'));
const whole = sources.map((path) => readFileSync(path, 'utf8')).join('\n');

test('both languages have the same texts, none is empty, and the same values stand in them', () => {
  assertSameTexts(en, zh);
});

test('every text is used, and Chinese stands in its dictionary only', () => {
  assert.deepEqual(unusedTexts(en, whole), []);
  assert.doesNotMatch(whole, /\p{Script=Han}/u);
});

test('the language is that of the flag, else of the environment, and the flag is nobody else’s', () => {
  const choose = (words: string[], env = {}) => chooseLanguage(words, env);
  assert.deepEqual(choose(['ls']), { language: 'en', rest: ['ls'] });
  assert.deepEqual(choose(['ls'], { LANG: 'zh_CN.UTF-8' }), { language: 'zh', rest: ['ls'] });
  assert.deepEqual(choose(['ls'], { LANG: 'zh_CN.UTF-8', LC_ALL: 'C' }), { language: 'en', rest: ['ls'] });
  assert.deepEqual(choose(['ls'], { LANG: 'zh_CN.UTF-8', LC_ALL: '' }), { language: 'zh', rest: ['ls'] });
  assert.deepEqual(choose(['ls', '--lang', 'zh', '--json']), { language: 'zh', rest: ['ls', '--json'] });
  assert.deepEqual(choose(['--lang=en', 'ls'], { LANG: 'zh' }), { language: 'en', rest: ['ls'] });
});

test('every command has a summary, and its examples call it with flags that it has', () => {
  for (const { name, examples, flags } of commands) {
    assert.ok(examples.length > 0, name);
    for (const example of examples) {
      assert.ok(example.startsWith(`roomtape ${name}`), example);
      for (const [, flag = ''] of example.matchAll(/ --([\w-]+)/g)) assert.ok(flag in flags, example);
    }
  }
});
