import assert from 'node:assert/strict';
import { after, before, test, type TestContext } from 'node:test';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import type { MadePart } from '../../src/finish/make-parts.ts';
import { launchChromium, type ChromiumKit } from '../kit/chromium.ts';
import { split } from './parts-kit.ts';
import { playbackCases, seconds, splitScene, type PlaybackCase } from './playback-cases.ts';
import { serveFiles, tolerance, watchFile, type Look, type Watched } from './watched-files.ts';

/**
 * Every kind of file, as MP4 and as HLS, in a real browser: it is as long as it was recorded, each place that is sought
 * shows its own picture, and it plays to its end.
 */

let kit: ChromiumKit;
before(async () => void (kit = await launchChromium()));
after(() => kit?.close());

async function openPage(t: TestContext): Promise<{ page: Page; origin: string }> {
  const origin = await serveFiles(t);
  const page = await kit.browser.newPage();
  t.after(() => page.close());
  await page.goto(`${origin}/page.html`);
  await page.addScriptTag({ url: `${origin}/hls.js` });
  return { page, origin };
}

function assertWatched(watched: Watched, looks: readonly Look[], durationS: number, what: string): void {
  assert.ok(Math.abs(watched.duration - durationS) < 0.15, `${what} lasts ${watched.duration}, not ${durationS}`);
  for (const [i, { second, spots }] of looks.entries())
    for (const [k, { grey }] of spots.entries()) {
      const seen = watched.greys[i]![k]!;
      assert.ok(Math.abs(seen - grey) < tolerance, `${what} at ${second} s, spot ${k}: ${seen}, not ${grey}`);
    }
  assert.ok(Math.abs(watched.endedAt - watched.duration) < 0.15, `${what} ended at ${watched.endedAt}`);
}

async function watchCase(
  t: TestContext,
  { make, looks, mp4Looks = [], hlsLooks = [], sound, size }: PlaybackCase,
): Promise<void> {
  const dirs = [await make(t)];
  const { page, origin } = await openPage(t);
  for (const container of ['mp4', 'hls'] as const) {
    const [file, ...others] = await split(t, { dirs, endMs: seconds * 1000, container });
    assert.equal(others.length, 0);
    const path = container === 'hls' ? join(file!.path, 'index.m3u8') : file!.path;
    const sought = [...looks, ...(container === 'hls' ? hlsLooks : mp4Looks)];
    const watched = await watchFile(page, origin, path, sought, 2.5);
    assertWatched(watched, sought, seconds, container);
    assert.deepEqual([watched.width, watched.height], [size.width, size.height], container);
    assert.equal(watched.audioBytes > 0, sound, `${container}: ${watched.audioBytes} bytes of sound`);
    assert.equal(watched.pictures > 0, size.width > 0, `${container}: ${watched.pictures} pictures`);
  }
}

for (const one of playbackCases)
  test(`a browser plays ${one.name}: as MP4 and HLS, wherever it seeks`, (t) => watchCase(t, one));

test('a browser plays each part of a recording that was cut, wherever it seeks', async (t) => {
  const dirs = [await splitScene.make(t)];
  const { page, origin } = await openPage(t);
  const parts = await split(t, { dirs, endMs: seconds * 1000, limits: { durationMs: 5_000 } });
  assert.equal(parts.length, 3);
  const second = (ms: number): number => (ms - parts[0]!.startMs) / 1000;
  for (const [i, part] of parts.entries()) await watchPart(page, origin, part, second, `part ${i + 1}`);
});

async function watchPart(page: Page, origin: string, part: MadePart, second: (ms: number) => number, what: string) {
  const [from, to] = [second(part.startMs), second(part.endMs)];
  const looks = splitScene.looks(from, to);
  assertWatched(await watchFile(page, origin, part.path, looks, 0.5), looks, to - from, what);
}

test('a browser plays the sound alone as AAC to its end', async (t) => {
  const dirs = [await playbackCases[0]!.make(t)];
  const { page, origin } = await openPage(t);
  const [file] = await split(t, { dirs, endMs: seconds * 1000, container: 'aac' });
  // A browser guesses how long such a file is: it has no index.
  const watched = await watchFile(page, origin, file!.path, [], 2.5);
  assert.ok(Math.abs(watched.endedAt - seconds) < 0.5 && watched.audioBytes > 0, JSON.stringify(watched));
});
