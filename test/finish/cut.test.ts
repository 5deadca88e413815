import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cutPictures, cutSound, type CutPicture } from '../../src/finish/cut.ts';
import { partFileId } from '../../src/deliver/part-file-id.ts';

const picture = (pts: number, key = false, dts = pts): CutPicture => ({ pts, dts, key });

test('the first key frame at or behind the limit is the place', () => {
  const pictures = [picture(0, true), picture(50, true), picture(90), picture(100, true), picture(110, true)];
  assert.deepEqual(cutPictures(pictures, 100, 30), { at: 100, dts: 100 });
  assert.deepEqual(cutPictures(pictures, 101, 30), { at: 110, dts: 110 });
});

test('without a key frame in time the next picture is the place, and what it leans on goes before it', () => {
  const pictures = [picture(0, true), picture(50, true), picture(90), picture(105), picture(140, true)];
  assert.deepEqual(cutPictures(pictures, 100, 30), { at: 105, dts: 91, hidden: { from: 50, to: 90, shift: 0 } });
});

test('a picture that is held comes to stand on the cut', () => {
  const pictures = [picture(0, true), picture(40), picture(500, true)];
  assert.deepEqual(cutPictures(pictures, 100, 30), { at: 100, dts: 41, hidden: { from: 0, to: 40, shift: 60 } });
  assert.deepEqual(cutPictures(pictures.slice(0, 2), 100, 30).hidden, { from: 0, to: 40, shift: 60 });
});

test('before the first picture there is nothing to hide', () => {
  assert.deepEqual(cutPictures([], 100, 30), { at: 100, dts: 100 });
  assert.deepEqual(cutPictures([picture(500, true)], 100, 30), { at: 100, dts: 500 });
});

test('pictures that are decoded in another order than shown are parted where both orders agree', () => {
  // I0 P3 B1 B2 P6 B4 B5 P9 B7 B8, ten ticks each.
  const order = [0, 3, 1, 2, 6, 4, 5, 9, 7, 8];
  const pictures = order.map((n, k) => picture(n * 10, n === 0, k * 10 - 20));
  assert.deepEqual(cutPictures(pictures, 35, 30), { at: 40, dts: 11, hidden: { from: -20, to: 10, shift: 0 } });
  assert.deepEqual(cutPictures(pictures, 45, 30).at, 70);
});

test('sound is cut where a frame begins, and inside a gap at the limit', () => {
  assert.deepEqual(cutSound([80, 101, 122], 100, 21), { at: 101, dts: 101 });
  assert.deepEqual(cutSound([80, 170], 100, 21), { at: 100, dts: 100 });
});

test('ids of parts are 19 digits, the same every time, and different', () => {
  const ids = [1, 2, 3, 4].map((part) => partFileId('5145403699454155159', part));
  assert.equal(ids[0], '5145403699454155159');
  for (const id of ids) assert.match(id, /^[1-9]\d{18}$/);
  assert.equal(new Set(ids).size, 4);
  assert.equal(partFileId('5145403699454155159', 2), ids[1]);
  assert.notEqual(partFileId('5145403699454155158', 2), ids[1]);
});
