import assert from 'node:assert/strict';
import test from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { decodeImage } from '../../src/images/image-decoder.ts';
import { gridPlan, type LayoutPlan } from '../../src/layout/layout-plan.ts';
import { rect } from '../../src/layout/rect.ts';
import { createMixedRecording } from '../../src/mixed/mixed-recording.ts';
import { wallUs } from '../../src/units.ts';
import { plainPng } from '../images/image-files.ts';
import { asUnits, encodePictures, encodeVoice, red, tone } from './synthetic-media.ts';

const zero = wallUs(1_700_000_000_000_000);
const windowUs = 500_000;
const fps = 4;

/** Marks open the font, a cell in front is half transparent, one has an image behind it. */
const decorated: LayoutPlan = {
  ...gridPlan,
  mode: 'custom',
  custom: [
    { rect: rect(0, 0, 128, 96), mediaId: 'main', alpha: 0, renderMode: 'fit', imageLayer: 0, image: 'http://h/a.png' },
    { rect: rect(64, 0, 64, 48), mediaId: 'main', alpha: 100, renderMode: 'crop', imageLayer: 1 },
  ],
  backgroundImage: { url: 'http://h/b.png', renderMode: 'smart' },
  watermarks: [
    { kind: 'timestamp', position: 'center', timeZone: 8, font: 'Tencent' },
    { kind: 'text', text: '标记', rect: rect(0, 0, 60, 20), fontSize: 14, colour: '#ffffff', font: 'Tencent' },
  ],
};
const image = plainPng(64, 64, [1, 2, 3, 200]);

/** Everything that takes and gives back native memory: joins, leaves, sizes that change, new publications, sounds. */
async function runWindows(): Promise<(windows: number) => Promise<void>> {
  const size = { count: 2, fps, gop: 2 };
  const small = await encodePictures({ ...size, width: 96, height: 64, colour: () => red });
  const tall = await encodePictures({ ...size, width: 64, height: 96, colour: () => red });
  const voice = await encodeVoice(tone(440, 0.5), 0.5, zero);
  const drop = (): void => {};
  const recording = await createMixedRecording({
    zeroUs: zero,
    layout: gridPlan,
    fill: 'hold',
    video: { width: 128, height: 96, fps, bitrate: 200_000, gopSeconds: 2 },
    audio: { sampleRate: 16_000, channels: 1, bitrate: 32_000 },
    streams: 'audio-video',
    images: { load: (_, within) => decodeImage(image, within) },
    openWriter: () => ({ writeVideo: drop, writeAudio: drop, cutAt: drop, flush: drop, close: drop }),
  });
  recording.addAnchor('a', 0, zero);
  let picture = recording.addPicture('a', 'main', zero);
  const sound = recording.addSound('a', 'main', zero);
  let n = 0;
  return async (windows) => {
    for (const end = n + windows; n < end; n++) {
      const start = wallUs(zero + n * windowUs);
      if (n % 8 === 0) recording.addAnchor('b', 1, start);
      if (n % 50 === 25) recording.changeLayout(n % 100 === 25 ? decorated : gridPlan, start);
      if (n % 8 === 4) recording.removeAnchor('b', start);
      if (n % 8 === 2) picture = recording.addPicture('a', 'main', start);
      if (n % 8 === 0)
        for (const unit of asUnits(small, start, fps)) recording.addPicture('b', 'main', start).onVideo(unit);
      for (const unit of asUnits(n % 9 === 0 ? tall : small, start, fps)) picture.onVideo(unit);
      if (n % 8 < 2) for (const unit of voice) sound.onAudio({ ...unit, at: wallUs(unit.at + n * windowUs) });
      recording.advance(wallUs(start + windowUs + 700_000));
      // Handles of native memory are given back between turns of the event loop.
      await nextTurn();
    }
    const { pictures, ticks } = recording.stats();
    assert.equal(ticks, (n * windowUs * fps) / 1_000_000);
    assert.ok(pictures && pictures.tiles <= 2 && pictures.sources <= 3, JSON.stringify(pictures));
  };
}

test('2000 windows with everything changing all the time do not grow the process', async () => {
  const run = await runWindows();
  await run(600);
  const before = process.memoryUsage().rss;
  await run(1400);
  const grown = (process.memoryUsage().rss - before) / 1e6;
  assert.ok(grown < 40, `grew by ${grown.toFixed(0)} MB`);
});
