import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import type { ChromiumKit } from '../kit/chromium.ts';
import type { S3Server } from '../kit/s3-server.ts';

/** What hands out objects by their keys. */
type Objects = Pick<S3Server, 'get'>;

/** What a player made of a playlist. */
export interface Played {
  /** Seconds, as the media element says. */
  readonly duration: number;
  /** Where it was when it ended. */
  readonly currentTime: number;
  readonly ended: boolean;
  readonly width: number;
  /** Errors of hls.js that were fatal. */
  readonly errors: readonly string[];
}

const library = readFileSync(createRequire(import.meta.url).resolve('hls.js'));

const types: Readonly<Record<string, string>> = { '/': 'text/html', '/hls.js': 'text/javascript' };

/** The page's own origin hands out the bucket, so that no rights of a browser stand in between. */
async function serve(t: TestContext, bucket: Objects): Promise<string> {
  const contents = (path: string): Promise<Buffer> | Buffer => {
    if (path === '/') return Buffer.from('<!doctype html><video>');
    return path === '/hls.js' ? library : bucket.get(path.slice(1));
  };
  const server = createServer((request, answer) => {
    const path = decodeURIComponent(request.url ?? '/');
    const type = types[path] ?? 'application/octet-stream';
    Promise.resolve(contents(path)).then(
      (bytes) => answer.writeHead(200, { 'content-type': type }).end(bytes),
      () => answer.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Runs in the page: plays to the end, at four times the speed of life. */
const play = (url: string): string => `new Promise((resolve) => {
  const video = document.querySelector('video');
  const errors = [];
  const done = () => resolve({
    duration: video.duration, currentTime: video.currentTime, ended: video.ended, width: video.videoWidth, errors,
  });
  const player = new Hls({ enableWorker: false });
  player.on(Hls.Events.ERROR, (_, { fatal, details }) => { if (fatal) { errors.push(details); done(); } });
  video.addEventListener('ended', done);
  player.on(Hls.Events.MANIFEST_PARSED, () => { video.muted = true; video.playbackRate = 4; video.play(); });
  player.loadSource(${JSON.stringify(url)});
  player.attachMedia(video);
  setTimeout(done, 20000);
})`;

/** Plays an ended playlist of a bucket in Chromium with hls.js. */
export async function playInBrowser(t: TestContext, kit: ChromiumKit, bucket: Objects, key: string): Promise<Played> {
  const origin = await serve(t, bucket);
  const page = await kit.browser.newPage();
  await page.goto(origin);
  await page.addScriptTag({ url: `${origin}/hls.js` });
  const played = await page.evaluate<Played>(play(`${origin}/${encodeURI(key)}`));
  await page.close();
  return played;
}
