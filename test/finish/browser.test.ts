import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Page } from 'playwright-core';
import { launchChromium } from '../kit/chromium.ts';
import { tone } from '../codec/sound.ts';
import { camera } from '../single/pictures.ts';
import { at, play, record, tempDir, voice } from '../single/recorder-kit.ts';
import { playInBrowser } from '../upload/hls-player.ts';
import { split } from './parts-kit.ts';

/** What a page shows of a file. */
interface Shown {
  readonly duration: number;
  /** Grey in the middle at each time that was asked for, 0 … 255 of full range. */
  readonly greys: readonly number[];
}

/**
 * Runs in the page: goes to each time and looks. A browser that has sought may not have painted yet: what is drawn then
 * is nothing or the picture before. So a look counts when three in a row, a tenth of a second apart, agree.
 */
const look = (seconds: readonly number[]): string => `(async () => {
  const video = document.createElement('video');
  const blob = await (await fetch('/file.mp4')).blob();
  video.src = URL.createObjectURL(new Blob([blob], { type: 'video/mp4' }));
  const event = (name) => new Promise((resolve, reject) => {
    video.addEventListener(name, resolve, { once: true });
    video.addEventListener('error', () => reject(new Error(video.error.message)), { once: true });
  });
  await event('loadeddata');
  const canvas = new OffscreenCanvas(8, 8).getContext('2d');
  const greys = [];
  for (const second of ${JSON.stringify(seconds)}) {
    const sought = event('seeked');
    video.currentTime = second;
    await sought;
    const draw = () => {
      canvas.clearRect(0, 0, 8, 8);
      canvas.drawImage(video, 0, 0, 8, 8);
      const [, grey, , alpha] = canvas.getImageData(4, 4, 1, 1).data;
      return alpha === 255 ? grey : -1;
    };
    const seen = [draw()];
    const settled = () => seen.length >= 3 && seen.at(-1) >= 0 && new Set(seen.slice(-3)).size === 1;
    while (!settled() && seen.length < 100) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      seen.push(draw());
    }
    greys.push(seen.at(-1));
  }
  return { duration: video.duration, greys };
})()`;

async function shown(page: Page, path: string, seconds: readonly number[]): Promise<Shown> {
  await page.route('http://parts.test/**', async (route) =>
    route.request().url().endsWith('.mp4')
      ? route.fulfill({ body: await readFile(path), contentType: 'video/mp4' })
      : route.fulfill({ body: '<!doctype html>', contentType: 'text/html' }),
  );
  await page.goto('http://parts.test/');
  const found = await page.evaluate<Shown>(look(seconds));
  await page.unroute('http://parts.test/**');
  return found;
}

/** Grey as a browser shows it: the file has 16 … 235. */
const full = (luma: number): number => Math.round(((luma - 16) * 255) / 219);

async function scene(t: TestContext): Promise<string> {
  const dir = join(tempDir(t), 'e1');
  const recording = await record(dir);
  // 30 s with one key frame, darker by a step every second; then the camera is off.
  const pictures = await camera({ from: at(0), count: 750, gop: 5000, luma: (n) => 40 + 5 * Math.floor(n / 25) });
  await play(recording, [...pictures, ...(await voice(tone(500), 0, 3000))], 60_100);
  await recording.finish(at(60_000));
  return dir;
}

test('a browser shows the right picture in every part, also where what it leans on is out of sight', async (t) => {
  const kit = await launchChromium();
  t.after(() => kit.close());
  const page = await kit.browser.newPage();
  const parts = await split(t, { dirs: [await scene(t)], endMs: 60_000, limits: { durationMs: 20_000 } });
  assert.equal(parts.length, 3);
  for (const [index, part] of parts.entries()) {
    const times = [0, 0.02, 2.5, 9.5, 15.5];
    const { duration, greys } = await shown(page, part.path, times);
    assert.ok(Math.abs(duration - 20) < 0.05, `part ${index + 1} lasts ${duration}`);
    for (const [k, second] of times.entries()) {
      const luma = 40 + 5 * Math.min(29, Math.floor(index * 20 + second));
      assert.ok(
        Math.abs(greys[k]! - full(luma)) < 4,
        `part ${index + 1} at ${second} s: ${greys[k]}, not ${full(luma)}`,
      );
    }
  }
});

test('a browser plays an HLS folder to its end', async (t) => {
  const kit = await launchChromium();
  t.after(() => kit.close());
  const dirs = [await scene(t)];
  const [folder] = await split(t, { dirs, endMs: 36_000, container: 'hls' });
  const files = { get: (name: string) => readFile(join(folder!.path, name)) };
  const played = await playInBrowser(t, kit, files, 'index.m3u8');
  assert.deepEqual([played.errors, played.ended, played.width], [[], true, 320]);
  assert.ok(Math.abs(played.duration - folder!.durationMs / 1000) < 0.3, `${played.duration}`);
});
