import assert from 'node:assert/strict';

/** Both dictionaries have the same texts, none is empty, and the same values stand in them. */
export function assertSameTexts(en: Readonly<Record<string, string>>, zh: Readonly<Record<string, string>>): void {
  assert.deepEqual(Object.keys(zh), Object.keys(en));
  const values = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort();
  for (const [key, text] of Object.entries(en)) {
    const translated = zh[key]!;
    assert.ok(text.length > 0 && translated.length > 0, key);
    assert.deepEqual(values(translated), values(text), key);
  }
}

/** Texts whose key stands nowhere in the sources, whole or as the beginning of one that is put together. */
export function unusedTexts(en: Readonly<Record<string, string>>, sources: string): string[] {
  const families = [...sources.matchAll(/`([\w.]+\.)\$\{/g)].map(([, family]) => family!);
  const isUsed = (key: string): boolean =>
    sources.includes(`'${key}'`) || sources.includes(`"${key}"`) || families.some((family) => key.startsWith(family));
  return Object.keys(en).filter((key) => !isUsed(key));
}
