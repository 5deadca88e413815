import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../../src/clock.ts';
import { createImageLoader } from '../../src/images/image-loader.ts';
import type { LayoutPlan } from '../../src/layout/layout-plan.ts';
import { rect } from '../../src/layout/rect.ts';
import { plainPng, png, pngHeader, pngSignature } from '../images/image-files.ts';
import { serveImages, type Answer } from '../images/image-server.ts';
import { decodePictures, type ShownPicture } from './mix-file.ts';
import { assertColour, at, cell, cells, fps, inner, plan, play, solid, startMix, zero, type Mix } from './mix-kit.ts';
import { asUnits, blue, green, red, white, type Colour } from './synthetic-media.ts';

const [reds, blues] = await Promise.all([solid(red, 4), solid(blue, 4)]);
const magenta: Colour = [106, 202, 222];
const yellow: Colour = [210, 16, 146];
const pngs = {
  '/magenta.png': plainPng(64, 48, [255, 0, 255, 255]),
  '/yellow.png': plainPng(32, 64, [255, 255, 0, 255]),
  '/clear.png': png(64, 48, (x) => [255, 255, 0, x < 32 ? 255 : 0]),
};

interface Web {
  readonly url: (path: string) => string;
  readonly asked: string[];
  readonly failed: string[];
  /** Starts a mix whose images come from this web. */
  readonly start: (layout: LayoutPlan, fill?: 'hold' | 'black') => Promise<Mix>;
  /** Waits until everything that was asked for has arrived or failed. */
  readonly settle: () => Promise<void>;
}

async function web(t: TestContext, answers: Record<string, Answer> = pngs, allowPrivate = true): Promise<Web> {
  const server = await serveImages(t, answers);
  const images = createImageLoader({ allowPrivate, clock: systemClock(), timeoutMs: 800 });
  t.after(() => images.close());
  const loads: Promise<unknown>[] = [];
  const failed: string[] = [];
  const load: typeof images.load = (url, within) => {
    const image = images.load(url, within);
    loads.push(image.catch(() => {}));
    return image;
  };
  const onImageFailed = (url: string): void => void failed.push(url);
  return {
    ...server,
    failed,
    start: (layout, fill = 'hold') => startMix({ layout, fill, images: { load }, onImageFailed, streams: 'video' }),
    settle: async () => {
      await Promise.all(loads);
      await pause(0);
    },
  };
}

/** Feeds users' still cameras for so long; a user without pictures is only heard. */
function watch(mix: Mix, users: Readonly<Record<string, typeof reds | undefined>>, seconds = 2): void {
  const feedings = Object.entries(users).flatMap(([userId, pictures], order) => {
    mix.recording.addAnchor(userId, order, zero);
    return pictures
      ? [{ sink: mix.recording.addPicture(userId, 'main', zero), units: asUnits(pictures, zero, fps) }]
      : [];
  });
  play(mix, seconds, feedings);
}

function shownBy(mix: Mix, seconds = 2): ShownPicture {
  mix.recording.finish(at(seconds));
  const last = decodePictures(mix.file.videos).at(-1);
  assert.ok(last);
  return last;
}

test('the background image is behind everything, its bars and clear parts in the background colour', async (t) => {
  const { url, start, settle } = await web(t);
  const show = async (path: string, renderMode: 'crop' | 'fit'): Promise<ShownPicture> => {
    const mix = await start(
      plan({
        mode: 'floating',
        big: { userId: 'x', mediaId: 'main' },
        background: '#00FF00',
        backgroundImage: { url: url(path), renderMode },
      }),
    );
    await settle();
    watch(mix, { a: reds });
    return shownBy(mix);
  };
  const small = inner(rect(4, 182, 74, 56));
  const crop = await show('/magenta.png', 'crop');
  assertColour(crop, rect(8, 8, 304, 160), magenta, 'image');
  assertColour(crop, small, red, 'picture above it');
  const fit = await show('/yellow.png', 'fit');
  assertColour(fit, rect(110, 8, 100, 160), yellow, 'fitted');
  assertColour(fit, rect(8, 8, 80, 160), green, 'bar');
  const clear = await show('/clear.png', 'crop');
  assertColour(clear, rect(8, 8, 140, 160), yellow, 'opaque half');
  assertColour(clear, rect(168, 8, 140, 160), green, 'clear half');
});

test('an image that arrives while recording is shown from then on, and waiting for it holds nothing up', async (t) => {
  const requested = Promise.withResolvers<ServerResponse>();
  const { url, start, settle } = await web(t, {
    '/late.png': (_, response) => requested.resolve(response),
  });
  const mix = await start(plan({ placeholderImage: url('/late.png') }));
  mix.recording.addAnchor('voice', 0, zero);
  play(mix, 2, []);
  const before = mix.recording.stats().ticks;
  (await requested.promise).end(pngs['/magenta.png']);
  await settle();
  play(mix, 4, [], 2.1);
  mix.recording.finish(at(4));
  const shown = decodePictures(mix.file.videos);
  assert.ok(before >= 14, `${before} ticks`);
  assertColour(shown[before - 1], cells(1)[0], [16, 128, 128], 'before it came');
  assertColour(shown[before], cells(1)[0], magenta, 'the next tick');
  assert.equal(shown.length, 4 * fps);
});

test('a place without picture shows its image; beside a fitted picture it fills the bars; a switched-off camera gives way to it', async (t) => {
  const { url, start, settle } = await web(t);
  for (const fill of ['hold', 'black'] as const) {
    const mix = await start(plan({ renderMode: 'fit', placeholderImage: url('/magenta.png') }), fill);
    await settle();
    watch(mix, { voice: undefined, tall: await solid(white, 2, { width: 60, height: 120 }), off: blues });
    mix.recording.removePicture('off', 'main', at(2));
    const shown = shownBy(mix, 3);
    const [voice, tall, off] = cells(3);
    assertColour(shown, voice, magenta, 'only heard');
    assertColour(shown, rect(tall!.left + 46, tall!.top, 50, 104), white, 'fitted');
    assertColour(shown, rect(tall!.left, tall!.top, 30, 104), magenta, 'bar');
    assertColour(shown, off, magenta, `switched off, ${fill}`);
  }
});

test('placeholders: the image of a custom cell whose user is not there, only when asked for', async (t) => {
  const { url, start, settle } = await web(t);
  for (const placeholders of [true, false]) {
    const custom = [
      cell(rect(0, 0, 160, 120), { userId: 'gone', image: url('/yellow.png') }),
      cell(rect(160, 0, 160, 120), { userId: 'gone too' }),
      cell(rect(0, 120, 160, 120), { userId: 'a', image: url('/yellow.png') }),
      cell(rect(160, 120, 160, 120), { image: url('/yellow.png') }),
    ];
    const mix = await start(
      plan({ mode: 'custom', custom, placeholders, placeholderImage: url('/magenta.png'), background: '#FFFFFF' }),
    );
    await settle();
    watch(mix, { a: reds });
    const shown = shownBy(mix);
    assertColour(shown, inner(rect(0, 0, 160, 120)), placeholders ? yellow : white, 'its own image');
    assertColour(shown, inner(rect(160, 0, 160, 120)), placeholders ? magenta : white, 'the default image');
    assertColour(shown, inner(rect(0, 120, 160, 120)), red, 'a user who is there');
    assertColour(shown, inner(rect(160, 120, 160, 120)), white, 'a cell for nobody in particular');
  }
});

test('bad images are told once per layout that names them, and the recording goes on (E14)', async (t) => {
  const { url, start, settle, failed } = await web(t, {
    '/good.png': pngs['/magenta.png'],
    '/page.png': Buffer.from('<html></html>'),
    '/huge.png': Buffer.concat([pngs['/magenta.png'], Buffer.alloc(6 << 20)]),
    '/bomb.png': Buffer.concat([pngSignature, pngHeader(10_000, 10_000)]),
    '/slow.png': () => {},
  });
  const bad = ['/missing.png', '/page.png', '/huge.png', '/bomb.png', '/slow.png'].map(url);
  const marks = bad.map((one) => ({ kind: 'image' as const, url: one, rect: rect(0, 0, 32, 32) }));
  const first = plan({
    backgroundImage: { url: 'http://169.254.169.254/metadata.png', renderMode: 'crop' },
    placeholderImage: url('/good.png'),
    watermarks: [...marks, ...marks.slice(0, 2)],
  });
  const mix = await start(first);
  watch(mix, { a: reds, voice: undefined });
  await settle();
  assert.deepEqual(failed.sort(), [...bad, 'http://169.254.169.254/metadata.png'].sort());
  failed.length = 0;
  mix.recording.changeLayout(plan({ watermarks: marks.slice(0, 1), placeholderImage: url('/good.png') }), at(2));
  await settle();
  assert.deepEqual(failed, [url('/missing.png')], 'the next layout names it again');
  const shown = shownBy(mix, 3);
  assertColour(shown, cells(2)[0], red, 'the picture');
  assertColour(shown, cells(2)[1], magenta, 'the good image');
});

test('an image on loopback is refused unless the configuration allows it', async (t) => {
  const { url, start, settle, failed, asked } = await web(t, pngs, false);
  const mix = await start(plan({ placeholderImage: url('/magenta.png') }));
  mix.recording.addAnchor('voice', 0, zero);
  await settle();
  play(mix, 1, []);
  mix.recording.finish(at(1));
  assert.deepEqual(failed, [url('/magenta.png')]);
  assert.deepEqual(asked, []);
});

test('an image of both layouts is fetched once; one that arrives after the end is dropped', async (t) => {
  const { url, start, settle, asked } = await web(t);
  const mix = await start(plan({ placeholderImage: url('/magenta.png') }));
  await settle();
  mix.recording.addAnchor('voice', 0, zero);
  mix.recording.changeLayout(plan({ mode: 'floating', placeholderImage: url('/magenta.png') }), at(1));
  play(mix, 2, []);
  mix.recording.changeLayout(plan({ placeholderImage: url('/yellow.png') }), at(2));
  const shown = shownBy(mix, 2);
  assertColour(shown, cells(1)[0], magenta, 'still there');
  await settle();
  assert.deepEqual(asked, ['/magenta.png', '/yellow.png']);
});
