import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { bundleConsole } from '../../src/console/bundle.ts';
import { en } from '../../console/texts/en.ts';
import { zh } from '../../console/texts/zh.ts';
import { assertSameTexts, unusedTexts } from '../kit/dictionaries.ts';
import { tempFolder } from '../tasks/fixture.ts';

const sources = globSync('console/**/*.{ts,tsx}').filter((path) => !path.includes('/texts/'));
const whole = sources.map((path) => readFileSync(path, 'utf8')).join('\n');

test('both languages have the same texts, none is empty, and the same values stand in them', () => {
  assertSameTexts(en, zh);
});

test('every text is used', () => {
  assert.deepEqual(unusedTexts(en, whole), []);
});

test('no text stands outside of the dictionaries', () => {
  for (const path of sources) {
    const text = readFileSync(path, 'utf8').replaceAll(/\/\*[^]*?\*\/|\/\/.*$/gm, '');
    assert.doesNotMatch(text, /\p{Script=Han}/u, path);
    if (!path.endsWith('.tsx')) continue;
    const between = [...text.matchAll(/<\/?[a-zA-Z][^<>]*>([^<>{}();=]*[A-Za-z]{2}[^<>{}();=]*)<\//g)];
    assert.deepEqual(
      between.map(([, words]) => words),
      [],
      path,
    );
    assert.doesNotMatch(text, /\b(?:title|label|alt|aria-label|placeholder|message|text)="[^"]+"/, path);
  }
});

test('the page loads less than 400 kB at first, without the player, and a second build is the first one', async (t) => {
  const cache = await tempFolder(t);
  const built = await bundleConsole(cache);
  const sizeOf = (name: string) => gzipSync(readFileSync(join(built.folder, name))).length;
  const first = built.initial.reduce((sum, name) => sum + sizeOf(name), sizeOf('index.html'));
  assert.ok(first < 400_000, `${first} bytes`);
  const initialText = built.initial.map((name) => readFileSync(join(built.folder, name), 'utf8')).join('');
  assert.ok(!initialText.includes('EXT-X-TARGETDURATION'), 'hls.js comes when it is needed');
  const page = readFileSync(join(built.folder, 'index.html'), 'utf8');
  assert.doesNotMatch(page, /https?:|<script>|<style|\son\w+=/);
  assert.deepEqual(await bundleConsole(cache), built);
});
