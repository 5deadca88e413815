import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { annexBUnits } from '../../src/synthetic/annex-b.ts';
import { areaInPixels, FLASH_AREA, PATCH_AREA } from '../../src/synthetic/pattern-areas.ts';
import type { CodedPicture } from '../../src/synthetic/video-encoder.ts';
import { avOffsets, findBeeps, findFlashes } from '../kit/flash-beep.ts';
import { probeFile, topLevelBoxes } from '../kit/media-file.ts';
import { nalUnits, runWithin, slicesOf } from '../kit/nal-units.ts';
import { decodeAudio } from '../kit/sound-track.ts';
import { areaInCell, colourDistance, colourOf, decodeVideo } from '../kit/video-frames.ts';
import { writePatternFile } from './pattern-file.ts';

const FPS = 15;
const LATE_US = 37_000;
const COLOUR = '#2060c0';

describe('the media kit reads a file of known content', () => {
  let folder: string;
  let path: string;
  let sent: CodedPicture[];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'media-kit-'));
    path = join(folder, 'known.mp4');
    sent = await writePatternFile(path, { seconds: 4, fps: FPS, colour: COLOUR, beepHz: 1_000, soundLateUs: LATE_US });
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('streams, duration, start and gaps', async () => {
    const probe = await probeFile(path);
    assert.equal(probe.video?.codec, 'h264');
    assert.equal(probe.audio?.codec, 'aac');
    assert.deepEqual([probe.video?.width, probe.video?.height], [640, 360]);
    assert.deepEqual([probe.audio?.sampleRate, probe.audio?.channels], [48_000, 2]);
    assert.equal(probe.video?.packets, 60);
    assert.equal(probe.video?.keyFrames, 2);
    assert.equal(probe.video?.startUs, 0);
    assert.ok(Math.abs(probe.video.endUs - 4_000_000) < 100);
    assert.ok(Math.abs(probe.durationUs - 4_000_000) < 50_000, String(probe.durationUs));
    assert.ok(Math.abs(probe.video.largestGapUs - 66_667) < 100);
  });

  it('top-level boxes in order', async () => {
    const types = (await topLevelBoxes(path)).map(({ type }) => type);
    assert.equal(types[0], 'ftyp');
    assert.ok(types.indexOf('mdat') < types.indexOf('moov'), 'made without faststart');
  });

  it('colours in rectangles at times', async () => {
    const video = await decodeVideo(path);
    assert.equal(video.frames.length, 60);
    const patch = areaInPixels(PATCH_AREA, 640, 360);
    const flash = areaInPixels(FLASH_AREA, 640, 360);
    assert.ok(colourDistance(video.colourAt(500, patch), colourOf(COLOUR)) < 12);
    assert.ok(colourDistance(video.colourAt(2_050, flash), colourOf('#ffffff')) < 12);
    assert.ok(colourDistance(video.colourAt(2_500, flash), colourOf(COLOUR)) < 12);
    assert.ok(colourDistance(video.colourAt(2_050, patch), colourOf(COLOUR)) < 12);
    assert.throws(() => video.colourAt(-1, patch));
  });

  it('flashes and beeps to the millisecond, and the offset between them', async () => {
    const flashes = findFlashes(await decodeVideo(path), areaInPixels(FLASH_AREA, 640, 360));
    // The flash of second 0 is on in the first picture: its onset is not in the file.
    assert.deepEqual(
      flashes.map(({ onsetUs }) => Math.round(onsetUs / 1000)),
      [1000, 2000, 3000],
    );
    const beeps = findBeeps(await decodeAudio(path), 1_000);
    assert.deepEqual(
      beeps.map(({ onsetUs }) => Math.round((onsetUs - LATE_US) / 2_000) * 2),
      [0, 1000, 2000, 3000],
    );
    for (const { durationUs } of beeps) assert.ok(Math.abs(durationUs - 100_000) < 3_000, String(durationUs));
    const { medianUs, worstUs, unpaired } = avOffsets(flashes, beeps);
    assert.ok(Math.abs(medianUs - LATE_US) < 2_000, String(medianUs));
    assert.ok(Math.abs(worstUs - LATE_US) < 2_000, String(worstUs));
    assert.equal(unpaired, 0);
  });

  it('no beep of a frequency that nobody played', async () => {
    const sound = await decodeAudio(path);
    assert.deepEqual(findBeeps(sound, 700), []);
    assert.deepEqual(findBeeps(sound, 1_400), []);
    assert.deepEqual(sound.gaps, []);
  });

  it('the very slices that went in', async () => {
    const put = sent.flatMap(({ data }) => annexBUnits(data)).filter((nal) => [1, 5].includes(nal[0]! & 31));
    const got = slicesOf(await nalUnits(path));
    assert.equal(runWithin(put, got), 0);
    assert.equal(got.length, put.length);
    const spoiled = got.map((nal, index) => (index === 20 ? Buffer.from(nal).fill(7, 10, 11) : nal));
    assert.equal(runWithin(put, spoiled), -1);
  });
});

describe('an area in a centre-cropped cell', () => {
  it('is where the crop leaves it', () => {
    // 16:9 in 640×720: twice the cell's width is shown, half of it is cut.
    const cell = { left: 640, top: 0, width: 640, height: 720 };
    assert.deepEqual(
      areaInCell({ left: 0.25, top: 0, width: 0.5, height: 1 }, cell, { width: 640, height: 360 }),
      cell,
    );
    assert.deepEqual(areaInCell({ left: 0.5, top: 0.5, width: 0.5, height: 0.5 }, cell, { width: 640, height: 360 }), {
      left: 960,
      top: 360,
      width: 320,
      height: 360,
    });
  });
});
