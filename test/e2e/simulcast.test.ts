import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { probeFile } from '../kit/media-file.ts';
import { committedFiles, TestServer } from '../kit/server.ts';
import { decodeVideo, type VideoFrame } from '../kit/video-frames.ts';
import { callPage, launchChromium, openPage, type PageSession } from '../rooms/chromium.ts';

/** Runs in the page: a moving picture of 1280×720 in three layers, each half the size of the next, and a tone. */
const PAGE_SCRIPT = `
window.layered = async (url, sig) => {
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width: 1280, height: 720 });
  const context = canvas.getContext('2d', { alpha: false });
  let n = 0;
  setInterval(() => {
    n++;
    context.fillStyle = '#b08040';
    context.fillRect(0, 0, 1280, 720);
    for (let i = 0; i < 60; i++) {
      context.fillStyle = 'hsl(' + ((i * 37 + n) % 360) + ' 70% 60%)';
      context.fillRect((i * 211 + n * 7) % 1280, (i * 97 + n * 3) % 720, 90, 60);
    }
  }, 50);
  const stream = canvas.captureStream(20);
  const sound = new AudioContext();
  const tone = sound.createOscillator();
  const out = sound.createMediaStreamDestination();
  tone.connect(out);
  tone.start();
  const pc = new RTCPeerConnection();
  pcs.push(pc);
  pc.addTransceiver(out.stream.getAudioTracks()[0], { direction: 'sendonly', streams: [stream] });
  const { sender } = pc.addTransceiver(stream.getVideoTracks()[0], {
    direction: 'sendonly',
    streams: [stream],
    sendEncodings: [
      { rid: 'q', scaleResolutionDownBy: 4, maxBitrate: 150000 },
      { rid: 'h', scaleResolutionDownBy: 2, maxBitrate: 500000 },
      { rid: 'f', maxBitrate: 1500000 },
    ],
  });
  window.layerSender = sender;
  return post(pc, url, sig);
};
window.sendLayers = async (...rids) => {
  const parameters = layerSender.getParameters();
  for (const encoding of parameters.encodings) encoding.active = rids.includes(encoding.rid);
  await layerSender.setParameters(parameters);
};
window.heights = async () => [...(await layerSender.getStats()).values()]
  .filter((one) => one.type === 'outbound-rtp' && one.active && one.framesSent > 0).map((one) => one.frameHeight);
`;

const ROOM = { roomId: '42' };

/** Waits until the browser sends a layer of that height: it goes up as it finds that the network bears it. */
async function untilSent(page: Page, height: number): Promise<void> {
  for (const deadline = Date.now() + 60_000; ; await sleep(200)) {
    if ((await callPage<number[]>(page, 'heights')).includes(height)) return;
    assert.ok(Date.now() < deadline, `the browser never sent ${height} lines`);
  }
}

/** Layers as the sender stops and starts them, each for some seconds. */
async function publish(page: Page, server: TestServer): Promise<void> {
  const { url, token } = server.whip(ROOM, 'alice');
  const { answer } = await callPage<PageSession>(page, 'layered', url, token);
  assert.match(answer, /a=simulcast:recv q;h;f/);
  await untilSent(page, 720);
  await sleep(5000);
  await callPage(page, 'sendLayers', 'q', 'h');
  await sleep(5000);
  await callPage(page, 'sendLayers', 'q');
  await sleep(5000);
  await callPage(page, 'sendLayers', 'q', 'h', 'f');
  await untilSent(page, 720);
  await sleep(5000);
}

const runsOf = (frames: readonly VideoFrame[]): string =>
  frames
    .map(({ width }) => width)
    .filter((width, i, all) => width !== all[i - 1])
    .join(' ');

const whole = ({ width, height }: VideoFrame) => ({ left: 0, top: 0, width, height });

test('a browser that sends layers: the largest is recorded, a smaller one while it is off, never two at once, and no moment is black', async (t) => {
  const server = await TestServer.start();
  const browser = await launchChromium();
  t.after(async () => {
    await browser.close();
    await server.close();
  });
  const page = await openPage(browser, server.process.url);
  await page.addScriptTag({ content: PAGE_SCRIPT });
  const single = await server.record(ROOM, 1, { RecordParams: { FillType: 1 } });
  const mixed = await server.record(ROOM, 2, { RecordParams: { FillType: 1 } });
  await publish(page, server);
  const [[file], [mix]] = [committedFiles(await server.stop(single)), committedFiles(await server.stop(mixed))];
  assert.ok(file && mix);

  const path = await server.download(file);
  const { frames } = await decodeVideo(path);
  // On the way up each layer may be there for a while; what is largest comes and goes as it was sent.
  assert.match(runsOf(frames), /^(320 )?(640 )?1280 640 320 (640 )?1280$/);
  for (const frame of frames) assert.ok(frame.luma(whole(frame)) > 60, `dark at ${frame.ptsUs / 1e6} s`);
  const { video, audio } = await probeFile(path);
  assert.ok(video!.largestGapUs < 4_000_000, `${video!.largestGapUs} µs without a picture`);
  assert.ok(audio!.largestGapUs < 30_000);

  const shown = (await decodeVideo(await server.download(mix))).frames;
  const first = shown.findIndex((frame) => frame.luma(whole(frame)) > 60);
  for (const frame of shown.slice(first))
    assert.ok(frame.luma(whole(frame)) > 60, `mix dark at ${frame.ptsUs / 1e6} s`);
});
