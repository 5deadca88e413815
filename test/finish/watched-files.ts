import { readFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { extname } from 'node:path';
import type { TestContext } from 'node:test';
import type { Page } from 'playwright-core';

/** Grey that must be seen at a place of the picture, given in fractions of it. */
export interface Spot {
  readonly x: number;
  readonly y: number;
  /** 0 … 255 of full range. */
  readonly grey: number;
}

/** A moment of a file, in seconds, and what is to be seen then. */
export interface Look {
  readonly second: number;
  readonly spots: readonly Spot[];
}

/** What a browser made of a file. */
export interface Watched {
  readonly duration: number;
  readonly width: number;
  readonly height: number;
  /** Greys at the spots of every look. */
  readonly greys: readonly (readonly number[])[];
  /** Where it stood when it had played to its end. */
  readonly endedAt: number;
  readonly audioBytes: number;
  readonly pictures: number;
}

/** How far a grey may be off: the coding of the mix, and the rounding of two conversions. */
export const tolerance = 6;

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mp4': 'video/mp4',
  '.aac': 'audio/aac',
  '.m3u8': 'application/vnd.apple.mpegurl',
  '.ts': 'video/mp2t',
};

function answer(response: ServerResponse, path: string, bytes: Buffer, range: string | undefined): void {
  const type = types[extname(path)] ?? 'application/octet-stream';
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
  if (first === undefined) {
    response.writeHead(200, { 'content-type': type, 'accept-ranges': 'bytes' }).end(bytes);
    return;
  }
  const [from, to] = [Number(first), last ? Number(last) : bytes.length - 1];
  const headers = { 'content-type': type, 'content-range': `bytes ${from}-${to}/${bytes.length}` };
  response.writeHead(206, headers).end(bytes.subarray(from, to + 1));
}

/** Serves a page with hls.js, and files by their paths: `/files/…` is the file system. */
export async function serveFiles(t: TestContext): Promise<string> {
  const library = readFileSync(createRequire(import.meta.url).resolve('hls.js'));
  const contents = (path: string): Buffer => {
    if (path === '/page.html') return Buffer.from('<!doctype html><body></body>');
    return path === '/hls.js' ? library : readFileSync(path.slice('/files'.length));
  };
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '/');
    try {
      answer(response, path, contents(path), request.headers.range);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/**
 * Runs in the page. It goes to each moment and looks until what must be seen stands there twice in a row, or for ten
 * seconds: a browser that has sought may not have painted yet. Then it plays from `playFrom` to the end, sixteen times as fast.
 */
const watchScript = (url: string, looks: readonly Look[], playFrom: number): string => `(async () => {
  const video = document.createElement('video');
  document.body.replaceChildren(video);
  video.muted = true;
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  let fail;
  const failed = new Promise((_, reject) => { fail = reject; });
  failed.catch(() => {});
  video.addEventListener('error', () => fail(new Error(video.error.message)));
  const event = (name) => Promise.race([
    failed,
    new Promise((resolve) => video.addEventListener(name, resolve, { once: true })),
    pause(60000).then(() => { throw new Error('no ' + name + ' at ' + video.currentTime + ' of ' + video.duration); }),
  ]);
  const loaded = event('loadeddata');
  let player;
  if (${JSON.stringify(url)}.endsWith('.m3u8')) {
    player = new Hls({ enableWorker: false });
    player.on(Hls.Events.ERROR, (_, { fatal, details }) => { if (fatal) fail(new Error(details)); });
    player.loadSource(${JSON.stringify(url)});
    player.attachMedia(video);
  } else video.src = ${JSON.stringify(url)};
  await loaded;
  const { duration } = video;
  const [width, height] = [64, 64];
  const canvas = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  const see = (spots) => {
    canvas.clearRect(0, 0, width, height);
    canvas.drawImage(video, 0, 0, width, height);
    return spots.map(({ x, y }) => {
      const [, grey, , alpha] = canvas.getImageData(Math.floor(x * width), Math.floor(y * height), 1, 1).data;
      return alpha === 255 ? grey : -1;
    });
  };
  const greys = [];
  for (const { second, spots } of ${JSON.stringify(looks)}) {
    const sought = event('seeked');
    video.currentTime = second;
    await sought;
    let seen = see(spots);
    for (let [right, tries] = [0, 0]; right < 2 && tries < 200; tries++) {
      right = seen.every((grey, i) => Math.abs(grey - spots[i].grey) < ${tolerance}) ? right + 1 : 0;
      await pause(right ? 20 : 50);
      seen = see(spots);
    }
    greys.push(seen);
  }
  const begun = event('seeked');
  video.currentTime = ${playFrom};
  await begun;
  const ended = event('ended');
  video.playbackRate = 16;
  await video.play();
  await ended;
  const found = {
    duration, greys, width: video.videoWidth, height: video.videoHeight, endedAt: video.currentTime,
    audioBytes: video.webkitAudioDecodedByteCount, pictures: video.webkitDecodedFrameCount,
  };
  player?.destroy();
  video.removeAttribute('src');
  return found;
})()`;

/** Watches a file in a page of {@link serveFiles} that has hls.js. Rejects when the browser cannot play it. */
export const watchFile = (
  page: Page,
  origin: string,
  path: string,
  looks: readonly Look[],
  playFrom: number,
): Promise<Watched> => page.evaluate<Watched>(watchScript(`${origin}/files${path}`, looks, playFrom));
