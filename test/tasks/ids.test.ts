import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newFileId, newTaskId } from '../../src/tasks/ids.ts';

test('TaskIds have the contract alphabet and length (§2.1) and are safe folder names', () => {
  const ids = Array.from({ length: 2000 }, newTaskId);
  for (const id of ids) assert.match(id, /^[A-Za-z0-9][A-Za-z0-9+-]{69,109}$/);
  assert.equal(new Set(ids).size, ids.length);
});

test('FileIds are 19 decimal digits that fit a signed 64-bit integer', () => {
  const ids = Array.from({ length: 2000 }, newFileId);
  for (const id of ids) {
    assert.match(id, /^[1-9]\d{18}$/);
    assert.ok(BigInt(id) < 2n ** 63n);
  }
  assert.equal(new Set(ids).size, ids.length);
});
