import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { wallUs } from '../../src/units.ts';
import { firstPictureFrom, firstSoundFrom, pictureInstant, soundInstant } from '../../src/synthetic/capture-grid.ts';
import { parseColour, toYuv } from '../../src/synthetic/colour.ts';
import { glyphOf } from '../../src/synthetic/glyphs.ts';
import {
  areaInPixels,
  CLOCK_AREA,
  FLASH_AREA,
  NAME_AREA,
  PATCH_AREA,
  type Area,
} from '../../src/synthetic/pattern-areas.ts';
import { clockText, PatternPicture, type PatternOptions } from '../../src/synthetic/picture.ts';
import { patternSound, soundLevel } from '../../src/synthetic/sound.ts';

const SECOND = wallUs(1_700_000_000_000_000);
const options: PatternOptions = { width: 640, height: 360, colour: '#d04040', name: 'anchor 1', kind: 'camera' };

/** Distinct luma values in an area. */
function lumas(picture: Buffer, area: Area, width = 640, height = 360): Set<number> {
  const box = areaInPixels(area, width, height);
  const values = new Set<number>();
  for (let y = box.top; y < box.top + box.height; y += 1)
    for (let x = box.left; x < box.left + box.width; x += 1) values.add(picture[y * width + x]!);
  return values;
}

describe('the capture grid', () => {
  it('has a picture exactly on each whole second at 15 and 30 a second and at 7, which does not divide it', () => {
    for (const fps of [5, 7, 15, 30]) {
      const index = firstPictureFrom(fps, SECOND);
      assert.equal(pictureInstant(fps, index), SECOND);
      assert.equal(pictureInstant(fps, index + fps), SECOND + 1_000_000);
      assert.equal(firstPictureFrom(fps, wallUs(SECOND + 1)), index + 1);
    }
  });

  it('numbers instants so that no picture is named twice or missed', () => {
    for (let index = firstPictureFrom(7, SECOND); index < firstPictureFrom(7, SECOND) + 100; index += 1)
      assert.equal(firstPictureFrom(7, pictureInstant(7, index)), index);
  });

  it('has fifty sounds a second from each whole second', () => {
    assert.equal(soundInstant(firstSoundFrom(SECOND)), SECOND);
    assert.equal(soundInstant(firstSoundFrom(SECOND) + 50), SECOND + 1_000_000);
    assert.equal(soundInstant(firstSoundFrom(wallUs(SECOND + 1))), SECOND + 20_000);
  });
});

describe('the picture', () => {
  it('flashes for the first 100 ms of a second and not after', () => {
    const picture = new PatternPicture(options);
    assert.deepEqual([...lumas(picture.render(SECOND), FLASH_AREA)], [235]);
    assert.deepEqual([...lumas(picture.render(wallUs(SECOND + 99_999)), FLASH_AREA)], [235]);
    assert.deepEqual(
      [...lumas(picture.render(wallUs(SECOND + 100_000)), FLASH_AREA)],
      [toYuv(parseColour(options.colour)).y],
    );
  });

  it('keeps its patch in the anchor’s colour, flash or not, camera or screen', () => {
    for (const kind of ['camera', 'screen'] as const)
      for (const at of [SECOND, wallUs(SECOND + 500_000)]) {
        const picture = new PatternPicture({ ...options, kind }).render(at);
        assert.deepEqual([...lumas(picture, PATCH_AREA)], [toYuv(parseColour(options.colour)).y]);
      }
  });

  it('shows the name and a clock that moves', () => {
    const picture = new PatternPicture(options);
    const first = Buffer.from(picture.render(SECOND));
    const later = Buffer.from(picture.render(wallUs(SECOND + 400_000)));
    assert.deepEqual(lumas(first, NAME_AREA), new Set([16, 235]));
    assert.deepEqual(lumas(first, CLOCK_AREA), new Set([16, 235]));
    const row = areaInPixels(CLOCK_AREA, 640, 360);
    const band = (planes: Buffer): Buffer => planes.subarray(row.top * 640, (row.top + row.height) * 640);
    assert.notDeepEqual(band(first), band(later));
    assert.equal(clockText(wallUs(SECOND + 400_000)), '22:13:20.400');
  });

  it('draws a long name and one in another script without leaving its band', () => {
    for (const name of ['a'.repeat(300), '会议室主播', '']) {
      const picture = new PatternPicture({ ...options, name }).render(wallUs(SECOND + 500_000));
      assert.deepEqual([...lumas(picture, PATCH_AREA)], [toYuv(parseColour(options.colour)).y]);
    }
  });

  it('is black when muted and whole again after', () => {
    const picture = new PatternPicture(options);
    assert.deepEqual([...lumas(picture.renderMuted(), { left: 0, top: 0, width: 1, height: 1 })], [16]);
    assert.ok(lumas(picture.render(SECOND), FLASH_AREA).has(235));
  });

  it('refuses odd sizes and things that are no colour', () => {
    assert.throws(() => new PatternPicture({ ...options, width: 641 }), RangeError);
    assert.throws(() => new PatternPicture({ ...options, colour: 'red' }), RangeError);
  });

  it('has a different glyph for every character it knows', () => {
    const known = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 :.-_/', (character) => glyphOf(character).join(','));
    assert.equal(new Set(known).size, known.length);
    assert.deepEqual(glyphOf('a'), glyphOf('A'));
  });
});

describe('the sound', () => {
  const second = 1_700_000_000 * 48_000;

  it('beeps for the first 100 ms of a second and is silent else', () => {
    assert.equal(soundLevel(patternSound(second + 4_800, 43_200, 1_000)), 127);
    const beep = patternSound(second, 4_800, 1_000);
    assert.ok(soundLevel(beep) < 12);
    assert.equal(beep[0], beep[1]);
  });

  it('is the same whoever cuts it', () => {
    const whole = patternSound(second, 960, 1_000);
    const parts = [...patternSound(second, 100, 1_000), ...patternSound(second + 100, 860, 1_000)];
    assert.deepEqual([...whole], parts);
  });
});
