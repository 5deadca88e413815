import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Frame } from 'node-av/lib';
import { ClockReader } from '../../chaos/clock-reader.ts';
import { firstPictureFrom, pictureInstant } from '../../src/synthetic/capture-grid.ts';
import { PatternPicture } from '../../src/synthetic/picture.ts';
import { wallUs } from '../../src/units.ts';

const camera = { width: 640, height: 360, fps: 15 };
const reader = new ClockReader(camera);
const pattern = new PatternPicture({ ...camera, colour: '#305080', name: 'camera1', kind: 'camera' });
const midnight = wallUs(Date.UTC(2026, 10, 26) * 1000);

/** A decoded picture as far as the reader looks at it. */
const frameOf = (luma: Buffer, width = camera.width): Frame =>
  ({ width, height: camera.height, data: [luma], linesize: [camera.width] }) as unknown as Frame;

const drawn = (number: number): Buffer => Buffer.from(pattern.render(pictureInstant(camera.fps, number)));

test('every picture of a minute is told by its number, over midnight as well', () => {
  const first = firstPictureFrom(camera.fps, wallUs(midnight - 30_000_000));
  for (let number = first; number < first + 60 * camera.fps; number += 1)
    assert.equal(reader.read(frameOf(drawn(number)), midnight), number);
});

test('a number is read though the file says another time, and through noise', () => {
  const number = firstPictureFrom(camera.fps, wallUs(midnight + 4_000_000_000));
  const luma = drawn(number);
  for (let at = 0; at < luma.length; at += 1)
    luma[at] = Math.max(0, Math.min(255, luma[at]! + ((at * 7919) % 121) - 60));
  assert.equal(reader.read(frameOf(luma), wallUs(midnight + 3_000_000_000)), number);
});

test('black, the pattern without its clock and other sizes have no number', () => {
  assert.equal(reader.read(frameOf(Buffer.from(pattern.renderMuted())), midnight), undefined);
  const luma = drawn(firstPictureFrom(camera.fps, midnight));
  luma.fill(16, 295 * camera.width, 336 * camera.width);
  assert.equal(reader.read(frameOf(luma), midnight), undefined);
  assert.equal(reader.read(frameOf(drawn(firstPictureFrom(camera.fps, midnight)), 320), midnight), undefined);
});

test('a time that is not on the camera’s grid was misread', () => {
  const between = Buffer.from(pattern.render(wallUs(midnight + 50_000)));
  assert.equal(reader.read(frameOf(between), midnight), undefined);
});
