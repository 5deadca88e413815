/**
 * A real Chromium against the `rooms` role on loopback: how long it takes from the POST to a connection, and from there to
 * a watcher's first picture, and how soon the sender's rate is where it wants to be. Congestion control decides the last
 * one: it is our feedback that it rises by. Medians of several sessions.
 *
 * node bench/chromium.ts [--quick]
 */
import type { Browser, Page } from 'playwright-core';
import type { RunningRooms } from '../src/rooms/start.ts';
import { callPage, launchChromium, openPage, type PageSession, type PageView } from '../test/rooms/chromium.ts';
import { SDK_APP_ID, sigFor, startTestRooms } from '../test/rooms/rooms-fixture.ts';
import { median, report } from './report.ts';

const WANTED_BITS = 1_500_000;

/** Runs in the page: a camera of noise, which no encoder makes small, sent at up to the wanted rate. */
const PAGE_SCRIPT = `
window.noise = () => {
  const canvas = new OffscreenCanvas(640, 360);
  const context = canvas.getContext('2d');
  const shown = document.createElement('canvas');
  Object.assign(shown, { width: 1280, height: 720 });
  const target = shown.getContext('2d', { alpha: false });
  const tiles = Array.from({ length: 8 }, () => {
    const image = context.createImageData(640, 360);
    for (let i = 0; i < image.data.length; i += 4) {
      image.data[i] = image.data[i + 1] = image.data[i + 2] = Math.random() * 255;
      image.data[i + 3] = 255;
    }
    context.putImageData(image, 0, 0);
    return canvas.transferToImageBitmap();
  });
  let n = 0;
  setInterval(() => target.drawImage(tiles[n++ % tiles.length], 0, 0, 1280, 720), 40);
  return shown.captureStream(25);
};
window.ramp = async (url, sig, wanted) => {
  const stream = noise();
  const pc = new RTCPeerConnection();
  const { sender } = pc.addTransceiver(stream.getVideoTracks()[0], { direction: 'sendonly', streams: [stream] });
  const parameters = sender.getParameters();
  parameters.degradationPreference = 'maintain-resolution';
  for (const encoding of parameters.encodings) encoding.maxBitrate = 1.2 * wanted;
  await sender.setParameters(parameters);
  await post(pc, url, sig);
  const started = performance.now();
  const samples = [];
  const rate = async () => {
    for (const one of (await sender.getStats()).values())
      if (one.type === 'outbound-rtp') samples.push({ at: one.timestamp, bits: 8 * (one.bytesSent + one.headerBytesSent) });
    const last = samples.at(-1);
    const first = samples.findLast(({ at }) => at <= last.at - 400) ?? samples[0];
    return last.at > first.at + 200 ? ((last.bits - first.bits) * 1000) / (last.at - first.at) : 0;
  };
  const reached = {};
  while (performance.now() - started < 8000 && !reached.whole) {
    const bits = await rate();
    const seconds = (performance.now() - started) / 1000;
    if (bits >= wanted / 1.2) reached.most ??= seconds;
    if (bits >= wanted) reached.whole ??= seconds;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  pc.close();
  return { most: reached.most ?? 99, whole: reached.whole ?? 99 };
};
`;

interface Ramp {
  /** Seconds from the connection until five sixths of the wanted rate are sent, and the whole: over 0.4 s each. */
  readonly most: number;
  readonly whole: number;
}

interface Session {
  readonly connectedMs: number;
  readonly firstFrameMs: number;
  readonly ramp: Ramp;
}

async function pageWith(browser: Browser, origin: string): Promise<Page> {
  const page = await openPage(browser, origin);
  await page.addScriptTag({ content: PAGE_SCRIPT });
  return page;
}

/** One publisher that is watched, and then one that ramps up alone. */
async function session(browser: Browser, origin: string, n: number): Promise<Session> {
  const room = `${SDK_APP_ID}/${1000 + n}`;
  const [publisher, watcher] = [await pageWith(browser, origin), await pageWith(browser, origin)];
  const sent = await callPage<PageSession>(publisher, 'publish', `${origin}/whip/${room}/alice`, sigFor('alice'));
  const whep = `${origin}/whep/${room}/alice?viewer=bob`;
  const { firstFrameMs } = await callPage<PageView>(watcher, 'watch', whep, sigFor('bob'));
  await Promise.all([publisher.close(), watcher.close()]);
  const alone = await pageWith(browser, origin);
  const ramp = await callPage<Ramp>(alone, 'ramp', `${origin}/whip/${room}/carol`, sigFor('carol'), WANTED_BITS);
  await alone.close();
  return { connectedMs: sent.connectedMs, firstFrameMs, ramp };
}

function tell(name: string, unit: string, values: readonly number[], target: number): void {
  const measured = median(values);
  console.log(`${name.padEnd(42)} ${measured.toFixed(2).padStart(8)} ${unit} (target ${target})`);
  report({ group: 'chromium', name, unit, measured, target });
}

async function measure(rooms: RunningRooms, browser: Browser, rounds: number): Promise<void> {
  const sessions: Session[] = [];
  for (let n = 0; n < rounds; n++) sessions.push(await session(browser, `http://127.0.0.1:${rooms.port}`, n));
  const of = (read: (one: Session) => number): number[] => sessions.map(read);
  tell(
    'POST to connected',
    'ms',
    of(({ connectedMs }) => connectedMs),
    300,
  );
  tell(
    'WHEP POST to the first picture',
    'ms',
    of(({ firstFrameMs }) => firstFrameMs),
    300,
  );
  tell(
    'connected to 1.25 Mb/s',
    's',
    of(({ ramp }) => ramp.most),
    1,
  );
  tell(
    'connected to 1.5 Mb/s',
    's',
    of(({ ramp }) => ramp.whole),
    2,
  );
}

const rooms = await startTestRooms();
const browser = await launchChromium();
try {
  await measure(rooms, browser, process.argv.includes('--quick') ? 3 : 7);
} finally {
  await browser.close();
  await rooms.close();
}
