import chromium from '@sparticuz/chromium';
import { chromium as playwright, type Browser, type Page } from 'playwright-core';

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
];

/** Starts the Chromium of the npm package. */
export async function launchChromium(): Promise<Browser> {
  return playwright.launch({ executablePath: await chromium.executablePath(), headless: true, args: ARGS });
}

/** A blank page of a secure origin, with the functions below on `window`. */
export async function openPage(browser: Browser, origin: string): Promise<Page> {
  const page = await browser.newPage();
  await page.route(`${origin}/page`, (route) => route.fulfill({ body: '<!doctype html>', contentType: 'text/html' }));
  await page.goto(`${origin}/page`);
  await page.addScriptTag({ content: PAGE_SCRIPT });
  return page;
}

const PAGE_SCRIPT = `
window.pcs = [];
window.connected = (pc) => new Promise((resolve, reject) => {
  const check = () => {
    if (pc.connectionState === 'connected') resolve();
    if (pc.connectionState === 'failed') reject(new Error('ICE failed'));
  };
  pc.addEventListener('connectionstatechange', check);
  check();
});
window.post = async (pc, url, sig) => {
  await pc.setLocalDescription();
  const started = performance.now();
  const response = await fetch(url, {
    method: 'POST', body: pc.localDescription.sdp,
    headers: { 'content-type': 'application/sdp', authorization: 'Bearer ' + sig },
  });
  const text = await response.text();
  if (response.status !== 201) throw new Error(response.status + ' ' + text);
  await pc.setRemoteDescription({ type: 'answer', sdp: text });
  await connected(pc);
  return { location: response.headers.get('location'), connectedMs: performance.now() - started, answer: text };
};
window.publish = async (url, sig, size) => {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: size ?? { width: 640, height: 360 } });
  const pc = new RTCPeerConnection();
  pcs.push(pc);
  for (const track of stream.getTracks()) pc.addTransceiver(track, { direction: 'sendonly', streams: [stream] });
  return post(pc, url, sig);
};
window.watch = async (url, sig) => {
  const pc = new RTCPeerConnection();
  pcs.push(pc);
  const video = document.createElement('video');
  video.muted = true; video.autoplay = true; document.body.append(video);
  const stream = new MediaStream();
  pc.ontrack = (event) => { stream.addTrack(event.track); video.srcObject = stream; };
  pc.addTransceiver('audio', { direction: 'recvonly' });
  pc.addTransceiver('video', { direction: 'recvonly' });
  const started = performance.now();
  const firstFrame = new Promise((resolve) => video.requestVideoFrameCallback(() => resolve(performance.now() - started)));
  const session = await post(pc, url, sig);
  const firstFrameMs = await firstFrame;
  window.viewerPc = pc; window.viewerVideo = video;
  return { ...session, firstFrameMs, width: video.videoWidth, height: video.videoHeight };
};
`;

/** What `publish` and `watch` in the page resolve with. */
export interface PageSession {
  readonly location: string;
  readonly connectedMs: number;
  readonly answer: string;
}

/** What `watch` adds. */
export interface PageView extends PageSession {
  readonly firstFrameMs: number;
  readonly width: number;
  readonly height: number;
}

/** Calls a function of the page's script. */
export function callPage<Result>(page: Page, name: string, ...args: readonly unknown[]): Promise<Result> {
  const words = args.map((arg) => JSON.stringify(arg) ?? 'undefined').join(',');
  return page.evaluate(`window[${JSON.stringify(name)}](${words})`);
}
