import assert from 'node:assert/strict';
import test from 'node:test';
import type { RenderMode } from '../../src/layout/layout-plan.ts';
import { rect, type Rect } from '../../src/layout/rect.ts';
import { decodePictures } from './mix-file.ts';
import {
  assertColour,
  at,
  canvas,
  cell,
  cells,
  fps,
  inner,
  plan,
  play,
  solid,
  startMix,
  stillMix,
  zero,
} from './mix-kit.ts';
import { asUnits, black, blue, encodePictures, green, red, white, type Colour } from './synthetic-media.ts';

const hd = { width: 1280, height: 720, fps, bitrate: 1_500_000, gopSeconds: 2 };
const [reds, greens, blues] = await Promise.all([solid(red, 1), solid(green, 1), solid(blue, 1)]);
const grey = '#808080';
const greyYuv: Colour = [126, 128, 128];

/** Half of each. */
const between = (a: Colour, b: Colour): Colour => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2, (a[2] + b[2]) / 2];

test('floating 2: one full, one small at the bottom left, on the contract’s own canvas (L4)', async () => {
  const shown = await stillMix(plan({ mode: 'floating' }), { a: reds, b: blues }, { video: hd });
  assertColour(shown, inner(rect(16, 542, 300, 170)), blue, 'small');
  for (const area of [rect(0, 0, 1280, 540), rect(320, 544, 960, 176), rect(0, 544, 14, 166)])
    assertColour(shown, inner(area, 2), red, 'big around it');
});

test('floating 18 on a portrait canvas: the smaller tier, in rows of five from the bottom (L7)', async () => {
  const users = Object.fromEntries(
    Array.from({ length: 18 }, (_, i) => [`u${i}`, i === 0 ? reds : i % 2 ? blues : greens]),
  );
  const shown = await stillMix(plan({ mode: 'floating' }), users, { video: { ...hd, width: 360, height: 640 } });
  const [s, m] = [0.188, 0.01];
  for (let i = 0; i < 17; i++) {
    const [x, y] = [m + (i % 5) * (s + m), 1 - (Math.floor(i / 5) + 1) * (s + m)];
    const area = rect(2 * Math.ceil(x * 180), 2 * Math.ceil(y * 320), 62, 112);
    assertColour(shown, inner(area, 6), i % 2 ? green : blue, `small ${i}`);
  }
  assertColour(shown, rect(8, 8, 340, 100), red, 'big above');
});

test('share: big at the left or right, small ones beside it, an absent big user leaves background (L12, L15)', async () => {
  const big = { userId: 'b', mediaId: 'main' as const };
  const cameras = { a: reds, b: blues, c: greens };
  const left = await stillMix(plan({ mode: 'share', big }), cameras, { video: hd });
  assertColour(left, inner(rect(0, 0, 1024, 720)), blue, 'big left');
  assertColour(left, inner(rect(1024, 0, 256, 180)), red, 'first small');
  assertColour(left, inner(rect(1024, 180, 256, 180)), green, 'second small');
  assertColour(left, inner(rect(1024, 360, 256, 360)), black, 'no more');
  const right = await stillMix(plan({ mode: 'share', big, alignRight: true }), cameras, { video: hd });
  assertColour(right, inner(rect(256, 0, 1024, 720)), blue, 'big right');
  assertColour(right, inner(rect(0, 0, 256, 180)), red, 'first small at the left');
  const gone = await stillMix(plan({ mode: 'share', big: { ...big, userId: 'x' }, background: grey }), cameras, {
    video: hd,
  });
  assertColour(gone, inner(rect(0, 0, 1024, 720)), greyYuv, 'kept free');
  assertColour(gone, inner(rect(1024, 360, 256, 180)), green, 'third small');
});

test('five small ones without a big user take the next tier (L8)', async () => {
  const cameras = { a: reds, b: greens, c: blues, d: reds, e: blues };
  const shown = await stillMix(plan({ mode: 'share', background: grey }), cameras, { video: hd });
  assertColour(shown, inner(rect(0, 0, 1098, 720)), greyYuv, 'big area');
  [red, green, blue, red, blue].forEach((colour, i) =>
    assertColour(shown, inner(rect(1098, 120 * i, 182, 120)), colour, `small ${i}`),
  );
});

test('grid 5: three columns, unused cells are background (L2)', async () => {
  const cameras = { a: reds, b: greens, c: blues, d: greens, e: reds };
  const shown = await stillMix(plan({ background: grey }), cameras, { video: hd });
  const place = (i: number): Rect => rect([0, 426, 854][i % 3]!, 240 * Math.floor(i / 3), [426, 428, 426][i % 3]!, 240);
  [red, green, blue, green, red, greyYuv, greyYuv, greyYuv, greyYuv].forEach((colour, i) =>
    assertColour(shown, inner(place(i)), colour, `cell ${i}`),
  );
});

test('an audio-only user takes half of a grid of two as background, or nothing by the flag (L16)', async () => {
  const cameras = { voice: undefined, a: reds };
  const both = await stillMix(plan({ background: grey }), cameras);
  assertColour(both, cells(2)[0], greyYuv, 'the voice');
  assertColour(both, cells(2)[1], red, 'the camera');
  const alone = await stillMix(plan({ background: grey, pureAudioDisableLayout: true }), cameras);
  assertColour(alone, cells(1)[0], red, 'the camera alone');
  const floating = await stillMix(plan({ mode: 'floating', background: grey }), { a: reds, voice: undefined });
  assertColour(floating, inner(rect(4, 182, 74, 56)), greyYuv, 'the voice’s small place hides the big picture');
});

test('custom: own entries, free entries in order of entry, layers, users without an entry are not seen (L17)', async () => {
  const custom = [
    cell(rect(0, 0, 160, 120), { userId: 'c', imageLayer: 2 }),
    cell(rect(81, 61, 159, 119), { imageLayer: 1 }),
    cell(rect(200, 150, 100, 80), { userId: 'nobody' }),
  ];
  const cameras = { a: reds, b: greens, c: blues };
  const shown = await stillMix(plan({ mode: 'custom', custom, background: grey }), cameras);
  assertColour(shown, inner(rect(0, 0, 160, 120)), blue, 'own entry on top');
  assertColour(shown, inner(rect(162, 62, 78, 116)), red, 'first other user behind it, on even pixels');
  assertColour(shown, inner(rect(242, 150, 58, 80), 6), greyYuv, 'nobody');
  assertColour(shown, inner(rect(0, 190, 160, 50)), greyYuv, 'no place for b');
});

test('custom: alpha mixes with what is behind, and does not add up over the ticks; 255 is invisible', async () => {
  const custom = [
    cell(rect(0, 0, 320, 240), { userId: 'a' }),
    cell(rect(0, 0, 160, 240), { userId: 'b', alpha: 128, imageLayer: 1 }),
    cell(rect(200, 40, 100, 100), { userId: 'c', alpha: 255, imageLayer: 2 }),
    cell(rect(0, 120, 160, 120), { userId: 'd', alpha: 64, renderMode: 'fit', imageLayer: 3 }),
  ];
  const tall = await solid(white, 1, { width: 60, height: 120 });
  const cameras = { a: reds, b: blues, c: greens, d: tall };
  const shown = await stillMix(plan({ mode: 'custom', custom }), cameras);
  const mixed = between(red, blue);
  assertColour(shown, inner(rect(0, 0, 160, 120)), mixed, 'half and half');
  assertColour(shown, inner(rect(200, 40, 100, 100)), red, 'invisible');
  const quarter = (top: Colour): Colour =>
    [0, 1, 2].map((i) => (top[i]! * 191 + mixed[i]! * 64) / 255) as unknown as Colour;
  assertColour(shown, inner(rect(50, 120, 60, 120)), quarter(white), 'three quarters of white');
  assertColour(shown, inner(rect(0, 120, 50, 120)), quarter(black), 'its margin is as transparent');
});

test('render modes of a 4:3 source in a 16:9 cell: cropped, bars in the background colour, stretched, smart (L19)', async () => {
  // A frame of white around red: an eighth of the height above and below, a sixteenth of the width at the sides.
  const framed = await encodePictures({
    width: 320,
    height: 240,
    count: fps,
    bitrate: 2_000_000,
    colour: () => (planes, linesize) =>
      planes.forEach((plane, p) => {
        const scale = p === 0 ? 1 : 2;
        for (let y = 0; y < 240 / scale; y++)
          for (let x = 0; x < 320 / scale; x++) {
            const edge = y * scale < 30 || y * scale >= 210 || x * scale < 20 || x * scale >= 300;
            plane[y * linesize[p]! + x] = (edge ? white : red)[p]!;
          }
      }),
  });
  const video = { ...hd, width: 640, height: 360 };
  const show = (renderMode: RenderMode) => stillMix(plan({ renderMode, background: grey }), { a: framed }, { video });
  const crop = await show('crop');
  assertColour(crop, rect(100, 2, 440, 24), red, 'crop: nothing of the top is left');
  assertColour(crop, rect(4, 40, 32, 280), white, 'crop: the sides are all there');
  const fit = await show('fit');
  assertColour(fit, rect(4, 8, 72, 344), greyYuv, 'fit: pillar at the left');
  assertColour(fit, rect(564, 8, 72, 344), greyYuv, 'fit: pillar at the right');
  assertColour(fit, rect(120, 4, 400, 36), white, 'fit: all of the top');
  const stretch = await show('stretch');
  assertColour(stretch, rect(100, 4, 440, 36), white, 'stretch: all of the top');
  assertColour(stretch, rect(4, 60, 30, 240), white, 'stretch: the sides, twice as wide');
  const smart = await show('smart');
  assertColour(smart, rect(100, 0, 440, 6), white, 'smart: a twentieth of the height is left of the top eighth');
  assertColour(smart, rect(100, 16, 440, 330), red, 'smart: then the middle');
});

test('a leaver’s place is taken by those who came later (L13)', async () => {
  const mix = await startMix({ layout: plan({ mode: 'floating' }), streams: 'video' });
  const sources = { a: await solid(red, 4), b: await solid(green, 4), c: await solid(blue, 4) };
  const feedings = Object.entries(sources).map(([userId, pictures], order) => {
    mix.recording.addAnchor(userId, order, zero);
    return { sink: mix.recording.addPicture(userId, 'main', zero), units: asUnits(pictures, zero, fps) };
  });
  mix.recording.removeAnchor('a', at(2));
  play(mix, 4, feedings);
  mix.recording.finish(at(4));
  const shown = decodePictures(mix.file.videos);
  const [first, second, big] = [inner(rect(4, 182, 74, 56)), inner(rect(82, 182, 76, 56)), rect(8, 8, 304, 150)];
  assertColour(shown[29], big, red, 'A is big');
  assertColour(shown[29], first, green, 'B is first');
  assertColour(shown[29], second, blue, 'C is second');
  assertColour(shown[30], big, green, 'B is big');
  assertColour(shown[30], first, blue, 'C is first');
  assertColour(shown[30], second, green, 'nobody is second');
});

test('fill black: a camera that stops or is switched off turns black and comes back; hold keeps its picture', async () => {
  for (const fill of ['black', 'hold'] as const) {
    const mix = await startMix({ layout: plan({ background: grey }), fill, streams: 'video' });
    const { recording } = mix;
    recording.addAnchor('a', 0, zero);
    recording.addAnchor('b', 1, zero);
    const a = recording.addPicture('a', 'main', zero);
    const b = recording.addPicture('b', 'main', zero);
    const [first, second] = [asUnits(reds, zero, fps), asUnits(await solid(green, 1), at(6), fps)];
    play(mix, 8, [
      { sink: a, units: [...first, ...second] },
      { sink: b, units: asUnits(blues, zero, fps) },
    ]);
    b.remove(at(8));
    const again = recording.addPicture('b', 'main', at(9));
    recording.removePicture('a', 'main', at(8));
    play(mix, 10, [{ sink: again, units: asUnits(blues, at(9.5), fps) }], 8.1);
    recording.finish(at(10));
    const shown = decodePictures(mix.file.videos);
    const [left, right] = cells(2);
    const stopped = (colour: Colour): Colour => (fill === 'black' ? black : colour);
    assertColour(shown[(3.5 * fps) | 0], left, red, `${fill}: not yet`);
    assertColour(shown[4 * fps], left, stopped(red), `${fill}: three seconds after the last picture`);
    assertColour(shown[6 * fps], left, green, `${fill}: back`);
    assertColour(shown[8 * fps], left, stopped(green), `${fill}: switched off`);
    assertColour(shown[9 * fps], right, stopped(blue), `${fill}: published anew, no picture yet`);
    assertColour(shown[(9.8 * fps) | 0], right, blue, `${fill}: the new camera`);
  }
});

test('26 users: the first 25 by order of entry are shown (L20)', async () => {
  const users = Object.fromEntries(
    Array.from({ length: 26 }, (_, i) => [`u${i}`, i === 25 ? reds : i === 24 ? blues : greens]),
  );
  const shown = await stillMix(plan({}), users, { video: { ...hd, width: canvas.width, height: canvas.height } });
  assertColour(shown, inner(rect(256, 192, 64, 48)), blue, 'the 25th');
  for (let i = 0; i < 24; i++)
    assertColour(shown, inner(rect(64 * (i % 5), 48 * Math.floor(i / 5), 64, 48)), green, `cell ${i}`);
  assert.ok(!isRed(shown.mean(rect(0, 0, 320, 240))));
});

const isRed = ([, , v]: readonly number[]): boolean => (v ?? 0) > 150;
