import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RedSplitter } from '../../src/rtp/red.ts';

const hex = (text: string): Uint8Array => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');
const split = (text: string): { pt: number; age: number; data: string }[] | undefined => {
  const red = new RedSplitter();
  const bytes = hex(`ffff ${text} ffff`);
  if (!red.split(bytes, 2, bytes.length - 2)) return undefined;
  return Array.from({ length: red.count }, (_, i) => ({
    pt: red.payloadTypes[i]!,
    age: red.ages[i]!,
    data: Buffer.from(bytes.subarray(red.starts[i], red.ends[i])).toString('hex'),
  }));
};

test('two redundant blocks and a primary', () => {
  // Ages 1920 and 960 ticks, lengths 2 and 1.
  assert.deepEqual(split('ef 1e 00 02  ef 0f 00 01  6f  aaaa bb cccccc'), [
    { pt: 111, age: 1920, data: 'aaaa' },
    { pt: 111, age: 960, data: 'bb' },
    { pt: 111, age: 0, data: 'cccccc' },
  ]);
});

test('a primary alone, an empty redundant block, an empty primary', () => {
  assert.deepEqual(split('6f cc'), [{ pt: 111, age: 0, data: 'cc' }]);
  assert.deepEqual(split('ef 0f 00 00 6f cc')?.[0], { pt: 111, age: 960, data: '' });
  assert.deepEqual(split('6f'), [{ pt: 111, age: 0, data: '' }]);
});

test('the largest age and length', () => {
  const block = split(`ef ff ff ff 6f ${'ab'.repeat(1023)}`)?.[0];
  assert.deepEqual([block?.age, block?.data.length], [16_383, 2046]);
});

test('malformed payloads are refused', () => {
  assert.equal(split(''), undefined, 'empty');
  assert.equal(split('ef 0f 00'), undefined, 'header cut off');
  assert.equal(split('ef 0f 00 01'), undefined, 'no primary header');
  assert.equal(split('ef 0f 00 02 6f aa'), undefined, 'block past the end');
  assert.equal(split(`${'ef 0f 00 00'.repeat(16)} 6f`), undefined, 'more blocks than any encoder sends');
});
