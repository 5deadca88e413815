import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import chromium from '@sparticuz/chromium';
import { chromium as playwright, type Browser, type Page } from 'playwright-core';
import { CLOCK_AREA, FLASH_AREA, NAME_AREA } from '../../src/synthetic/pattern-areas.ts';

/** How a page publishes; only `url`, `token` and `colour` must be given. */
export interface BrowserPublishOptions {
  /** Full WHIP URL; the page gets the same origin. */
  readonly url: string;
  /** UserSig. */
  readonly token: string;
  /** `#rrggbb`. */
  readonly colour: string;
  readonly name?: string;
  /** 1000. */
  readonly beepHz?: number;
  /** 640×360. */
  readonly width?: number;
  readonly height?: number;
  /** 15. */
  readonly fps?: number;
  /** Chromium's own choice by default. */
  readonly codec?: 'h264' | 'vp8';
  /** `maintain-resolution`, as the sample page has it. */
  readonly degradationPreference?: 'maintain-resolution' | 'maintain-framerate' | 'balanced';
  readonly maxBitrate?: number;
  readonly audio?: boolean;
  readonly video?: boolean;
}

/** The members of an `outbound-rtp` report that tests ask for. */
export interface OutboundStats {
  readonly bytesSent: number;
  readonly packetsSent: number;
  readonly retransmittedPacketsSent: number;
  readonly nackCount: number;
  readonly pliCount?: number;
  readonly frameWidth?: number;
  readonly frameHeight?: number;
  readonly framesEncoded?: number;
  readonly keyFramesEncoded?: number;
  readonly targetBitrate?: number;
}

/** State of a page's publication. */
export interface BrowserPublisherStats {
  readonly state: string;
  /** Pictures drawn, whether or not they were sent. */
  readonly drawn: number;
  readonly audio: OutboundStats | null;
  readonly video: OutboundStats | null;
}

/** A page that publishes. */
export interface BrowserPublisher {
  readonly page: Page;
  /** The SDP answer it got. */
  readonly answer: string;
  /** Disables or enables the track: silence or black pictures are sent on. */
  mute(media: 'audio' | 'video', muted: boolean): Promise<void>;
  /** `replaceTrack(null)`, or the first track again with `back`: RTP stops and resumes. */
  replaceTrack(media: 'audio' | 'video', track: null | 'back'): Promise<void>;
  /** Changes the picture's size in mid-stream. */
  resize(width: number, height: number): Promise<void>;
  stats(): Promise<BrowserPublisherStats>;
  /** Leaves by DELETE and closes the page. */
  stop(): Promise<void>;
  /** Closes the page without a word to the server, as a closed tab. */
  vanish(): Promise<void>;
}

/** A headless Chromium for any number of publishing pages. */
export interface ChromiumKit {
  readonly browser: Browser;
  /** Opens a page and publishes; resolves when the connection stands. Rejects with the endpoint's refusal. */
  publish(options: BrowserPublishOptions): Promise<BrowserPublisher>;
  close(): Promise<void>;
}

const SCRIPT = fileURLToPath(new URL('./publisher-page.js', import.meta.url));

/** Works as root and without devices, network or sound card; pages in the back must not slow their timers. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding',
  '--disable-backgrounding-occluded-windows',
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
];

/**
 * Beeps are scheduled this much earlier than their flashes: the way through the audio graph, the capture buffers and the
 * Opus lookahead is that much longer than the canvas's. By sender reports in rooms: 38 to 52 ms over five launches
 * without the shift, −10 to +16 ms over seven with it. Within a session most flashes keep to 1 ms, single ones to 16.
 */
const BEEP_SHIFT_MS = -45;

const LAUNCHES = 3;

/** Starts Chromium. Another test process may be unpacking it at the same time: a failed start is tried again. */
export async function launchChromium(): Promise<ChromiumKit> {
  const browser = await launch(LAUNCHES);
  return {
    browser,
    publish: (options) => publish(browser, options),
    close: () => browser.close(),
  };
}

async function launch(tries: number): Promise<Browser> {
  try {
    return await playwright.launch({ executablePath: await chromium.executablePath(), headless: true, args: FLAGS });
  } catch (error) {
    if (tries <= 1) throw error;
    await pause(2_000);
    return launch(tries - 1);
  }
}

const DEFAULTS = {
  name: 'browser',
  beepHz: 1_000,
  width: 640,
  height: 360,
  fps: 15,
  degradationPreference: 'maintain-resolution',
  audio: true,
  video: true,
  beepShiftMs: BEEP_SHIFT_MS,
  areas: { flash: FLASH_AREA, name: NAME_AREA, clock: CLOCK_AREA },
};

async function publish(browser: Browser, options: BrowserPublishOptions): Promise<BrowserPublisher> {
  const page = await openPage(browser, new URL('/kit-page', options.url).href);
  try {
    await call(page, 'publish', { ...DEFAULTS, ...options });
  } catch (error) {
    await page.close();
    throw error;
  }
  return publisherOf(page, await page.evaluate<string>('publisher.answer'));
}

/** A blank page of the endpoint's own origin: it is secure, and nothing is cross-origin. */
async function openPage(browser: Browser, url: string): Promise<Page> {
  const page = await browser.newPage();
  await page.route(url, (route) =>
    route.fulfill({ body: '<!doctype html><title>kit</title>', contentType: 'text/html' }),
  );
  await page.goto(url);
  await page.addScriptTag({ path: SCRIPT });
  return page;
}

function publisherOf(page: Page, answer: string): BrowserPublisher {
  const end = async (leave: boolean): Promise<void> => {
    if (page.isClosed()) return;
    if (leave) await call(page, 'stop', true);
    await page.close();
  };
  return {
    page,
    answer,
    mute: (media, muted) => call(page, 'mute', media, muted),
    replaceTrack: (media, track) => call(page, 'replace', media, track === 'back'),
    resize: (width, height) => call(page, 'resize', width, height),
    stats: () => page.evaluate('kit.stats()'),
    stop: () => end(true),
    vanish: () => end(false),
  };
}

/** Calls one of the page's functions with arguments that JSON can carry; what it returns does not matter. */
async function call(page: Page, name: string, ...args: readonly unknown[]): Promise<void> {
  await page.evaluate(`Promise.resolve(kit.${name}(...${JSON.stringify(args)})).then(() => undefined)`);
}
