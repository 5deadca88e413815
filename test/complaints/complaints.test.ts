import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { complaints, type Proof } from './complaint-cases.ts';

/** The list of complaints and of what proves each; a proof that was renamed or taken away fails here. */

/** Titles of tests in a file, as they stand there: of plain tests, tests in suites, and cases of the contract. */
function titlesIn(file: string): string[] {
  const path = new URL(`../${file}`, import.meta.url);
  assert.ok(existsSync(path), `there is no ${file}`);
  const calls = readFileSync(path, 'utf8').matchAll(
    /\b(?:test|it|contractCase)\(\s*(?:'[A-Z0-9 ]+',\s*)?(['"`])(.*?)\1,/g,
  );
  return [...calls].map(([, , title]) => title ?? '');
}

const assertThere = ([file, title]: Proof): void =>
  assert.ok(
    titlesIn(file).some((one) => one.startsWith(title)),
    `${file} has no test “${title}”`,
  );

for (const { complaint, threads, proofs, later } of complaints)
  test(`${threads.join(', ')}: ${complaint}`, { todo: later ?? false }, (t) => {
    for (const proof of proofs) {
      assertThere(proof);
      t.diagnostic(proof.join(': '));
    }
    assert.ok(proofs.length > 0 || later, 'nothing proves it');
  });

test('every complaint of a proof that names its thread is in the list', () => {
  const listed = new Set(complaints.flatMap(({ threads }) => threads));
  const named = titlesIn('complaints/files.test.ts').flatMap((title) => title.split(':')[0]!.split(', '));
  assert.ok(named.length > 0);
  for (const thread of named) assert.ok(listed.has(thread), thread);
});
