import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { launchChromium, type ChromiumKit } from '../kit/chromium.ts';
import { TestServer } from '../kit/server.ts';

/** The page at /demo/ as a newcomer uses it: real Chromium with its fake camera, microphone and screen, a real server. */

let server: TestServer;
let chromium: ChromiumKit;

before(async () => {
  const { ROOMTAPE_APPS } = limitedApp(2);
  server = await TestServer.start({ ROOMTAPE_APPS, ROOMTAPE_DEMO_PAGE: 'on' });
  chromium = await launchChromium();
});

after(async () => {
  await chromium?.close();
  await server?.close();
});

/** An app that may run that many recordings at once. */
function limitedApp(concurrentTasks: number): { ROOMTAPE_APPS: string } {
  const limits = { concurrent_tasks: concurrentTasks };
  return { ROOMTAPE_APPS: JSON.stringify([{ sdk_app_id: 1_400_000_000, secret_key: 'a secret of the demo', limits }]) };
}

/** Lets a test ask the peer connections that the page makes. */
const KEEP_PEERS = `
  window.peers = [];
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...options) { super(...options); peers.push(this); }
  };
  window.sent = async () => {
    const videos = [];
    for (const peer of peers.filter((one) => one.connectionState === 'connected')) {
      for (const one of (await peer.getStats()).values()) if (one.type === 'outbound-rtp' && one.kind === 'video') videos.push(one);
    }
    return videos;
  };`;

async function openDemo(room: string, script = ''): Promise<Page> {
  const context = await chromium.browser.newContext({ locale: 'en-US' });
  const page = await context.newPage();
  await page.addInitScript(KEEP_PEERS + script);
  await page.goto(`${server.process.url}/demo/?room=${encodeURIComponent(room)}`);
  return page;
}

const close = (page: Page): Promise<void> => page.context().close();
const pressed = (page: Page, name: string | RegExp): Promise<void> =>
  page.getByRole('button', { name }).first().click();
const user = (page: Page): Promise<string> => page.getByLabel('Your name').inputValue();
const rejectCamera = (name: string): string =>
  `navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', '${name}'); };`;

/** Resolves when that element's text matches; says what it was instead. */
async function shows(page: Page, selector: string, wanted: RegExp, timeout = 20_000): Promise<void> {
  const expression = `${wanted}.test(document.querySelector(${JSON.stringify(selector)})?.textContent ?? '')`;
  await page.waitForFunction(expression, undefined, { timeout }).catch(async () => {
    assert.match((await page.textContent(selector)) ?? '', wanted, selector);
  });
}

async function publishCamera(page: Page, name?: string): Promise<void> {
  if (name) await page.getByLabel('Your name').fill(name);
  await pressed(page, 'Publish camera and microphone');
  await shows(page, '#presence', /You are live/);
}

/** Moves on: the picture has a size and its time advances. */
async function plays(page: Page, video: string): Promise<void> {
  await page.waitForFunction(`document.querySelector('${video}').videoWidth > 0`);
  const from = await page.evaluate<number>(`document.querySelector('${video}').currentTime`);
  await page.waitForFunction(`document.querySelector('${video}').currentTime > ${from} + 0.5`);
}

describe('a newcomer', () => {
  let page: Page;
  before(async () => {
    page = await openDemo('10001');
  });
  after(() => close(page));

  test('publishes camera and microphone, in full size from the first pictures, and is listed', async () => {
    await publishCamera(page, 'anna_1');
    await shows(page, '#anchors', /anna_1 \(you\) camera, microphone/);
    await page.waitForFunction('sent().then(([one]) => one?.framesEncoded > 0)');
    const sizes = await page.evaluate<string>(
      "sent().then((all) => all.map((one) => one.frameWidth + 'x' + one.frameHeight).join())",
    );
    assert.equal(sizes, '1280x720');
    const preference =
      'peers[0].getSenders().find((one) => one.track.kind === "video").getParameters().degradationPreference';
    assert.equal(await page.evaluate(preference), 'maintain-resolution');
    assert.ok(await page.getByLabel('Room', { exact: true }).isDisabled(), 'the room stays while one is in it');
  });

  test('mutes and unmutes the microphone', async () => {
    const enabled = "document.getElementById('preview-main').srcObject.getAudioTracks()[0].enabled";
    await pressed(page, 'Mute microphone');
    assert.equal(await page.evaluate(enabled), false);
    await pressed(page, 'Unmute microphone');
    assert.equal(await page.evaluate(enabled), true);
  });

  test('shares a screen beside the camera', async () => {
    await pressed(page, 'Share screen');
    await shows(page, '#anchors', /camera, microphone, screen/);
    await plays(page, '#preview-aux');
  });

  test('sees another user come, watches, and sees the user go', async () => {
    const other = await openDemo('10001');
    await publishCamera(other, 'bert');
    await shows(page, '#anchors', /bert camera, microphone/);
    await pressed(page, 'Watch: bert');
    await shows(page, '#watch-title', /bert, live from the server/);
    await plays(page, '#watch-video');
    await pressed(other, 'Leave');
    await shows(page, '#anchors', /^(?!.*bert)/);
    await shows(page, '#watch-title', /bert is gone/);
    await pressed(page, 'Stop watching');
    assert.ok(await page.locator('#watching').isHidden());
    await close(other);
  });

  test('records both ways, is told when it is too many, and plays every file', async () => {
    await pressed(page, 'Record the room as one picture');
    await pressed(page, 'Record each person');
    await page.waitForFunction("document.querySelectorAll('#tasks .recording').length === 2");
    await pressed(page, 'Record each person');
    await shows(page, '#notice', /Too many recordings are running\. Stop one/);
    await page.waitForFunction("[...document.querySelectorAll('.elapsed')].every((one) => one.textContent >= '0:03')");
    await pressed(page, /^Stop: One picture/);
    await pressed(page, /^Stop: Each person/);
    await page.waitForFunction("document.querySelectorAll('#tasks ul li').length === 3", undefined, {
      timeout: 60_000,
    });
    await shows(page, '#tasks', /anna_1's screen · 0:\d\d/);
    for (const name of [/^Play: Everyone/, /^Play: anna_1 ·/, /^Play: anna_1's screen/]) {
      await pressed(page, name);
      await plays(page, '#player');
      assert.equal(await page.evaluate("document.getElementById('player').videoWidth"), 1280);
    }
    assert.equal(await page.textContent('#notice'), '');
  });

  test('leaves and is gone from the list', async () => {
    await pressed(page, 'Leave');
    await shows(page, '#anchors', /Nobody is here yet/);
    assert.equal(await page.textContent('#presence'), '');
    assert.ok(await page.getByLabel('Room', { exact: true }).isEnabled());
  });
});

test('the page speaks Chinese and goes back, everywhere', async () => {
  const page = await openDemo('会议/1');
  await shows(page, '#anchors', /Nobody/);
  await pressed(page, '中文');
  await shows(page, '#camera', /发布摄像头和麦克风/);
  await shows(page, '#anchors', /还没有人/);
  assert.equal(await page.evaluate('document.documentElement.lang'), 'zh-CN');
  const chinese = await page.evaluate<string[]>(
    "[...document.querySelectorAll('[data-text]')].map((one) => one.textContent)",
  );
  assert.deepEqual(
    chinese.filter((text) => !/[一-鿿]/.test(text)),
    ['English'],
  );
  await page.reload();
  await shows(page, '#camera', /发布/);
  await pressed(page, 'English');
  await shows(page, '#camera', /Publish camera/);
  await close(page);
});

test('the keyboard is enough, and every control has a name', async () => {
  const page = await openDemo('20001');
  await page.getByLabel('Your name').focus();
  await page.keyboard.press('Enter');
  await shows(page, '#presence', /You are live/);
  await page.getByRole('button', { name: 'Record the room as one picture' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: /^Stop: One picture/ }).focus();
  await page.waitForFunction("document.querySelector('#tasks .recording')");
  const focused = 'document.activeElement.getAttribute("aria-label")';
  assert.match(await page.evaluate<string>(focused), /^Stop: One picture/, 'a redrawn list keeps the focus');
  await page.keyboard.press('Enter');
  await shows(page, '#tasks', /finished/, 60_000);
  assert.equal(await page.evaluate('document.activeElement.closest("ul").id'), 'tasks');
  await close(page);
});

describe('what a newcomer meets when things are not as they should be', () => {
  test('a camera that is refused, held, or not there', async () => {
    const told: readonly (readonly [string, RegExp])[] = [
      ['NotAllowedError', /Allow them by the camera or lock sign/],
      ['NotReadableError', /Another program holds the camera/],
    ];
    for (const [name, advice] of told) {
      const page = await openDemo('30001', rejectCamera(name));
      await pressed(page, 'Publish camera and microphone');
      await shows(page, '#notice', advice);
      await pressed(page, '中文');
      await shows(page, '#notice', /摄像头/);
      await close(page);
    }
    const none = 'navigator.mediaDevices.enumerateDevices = async () => [];';
    const page = await openDemo('30001', rejectCamera('NotFoundError') + none);
    await pressed(page, 'Publish camera and microphone');
    await shows(page, '#notice', /no camera and no microphone\. Plug one in/);
    await close(page);
  });

  test('without a camera the microphone alone is published', async () => {
    const page = await openDemo('30002', NO_CAMERA);
    await publishCamera(page, 'voice');
    await shows(page, '#anchors', /voice \(you\) microphone/);
    await close(page);
  });

  test('a bad name or room is explained at the field', async () => {
    const page = await openDemo('0007');
    await page.getByLabel('Your name').fill('Anna Müller');
    await pressed(page, 'Publish camera and microphone');
    await shows(page, '#user-error', /letters, digits, _ and -/);
    await shows(page, '#room-error', /1 to 4294967294/);
    assert.equal(await page.evaluate('document.activeElement.id'), 'room');
    assert.equal(await page.getByLabel('Your name').getAttribute('aria-invalid'), 'true');
    await page.getByLabel('Your name').fill('Anna');
    await shows(page, '#user-error', /^$/);
    await close(page);
  });

  test('a second page of the same user takes over, and the first says so', async () => {
    const first = await openDemo('30003');
    await publishCamera(first, 'twin');
    const second = await openDemo('30003');
    await publishCamera(second, 'twin');
    await shows(first, '#notice', /Another page publishes as this user/);
    assert.equal(await first.textContent('#presence'), '');
    await shows(second, '#presence', /You are live/);
    await close(first);
    await close(second);
  });

  test('when the rooms die the page publishes and watches again by itself', async () => {
    const page = await openDemo('30004');
    await publishCamera(page);
    const name = await user(page);
    await shows(page, '#anchors', new RegExp(name));
    await pressed(page, `Watch: ${name}`);
    await plays(page, '#watch-video');
    process.kill(server.process.pids('rooms')[0]!, 'SIGKILL');
    await shows(page, '#presence', /The connection is lost; publishing again/);
    await shows(page, '#presence', /You are live/);
    await shows(page, '#anchors', new RegExp(`${name} \\(you\\) camera, microphone`));
    await shows(page, '#watch-title', /live from the server/);
    await plays(page, '#watch-video');
    await close(page);
  });

  test('while the server is away the page says what to do, and goes on when it is back', async () => {
    const page = await openDemo('30005');
    await shows(page, '#anchors', /Nobody/);
    await page.route('**/demo/api/**', (route) => route.abort('connectionrefused'));
    await shows(page, '#notice', /npm start/);
    await page.unroute('**/demo/api/**');
    await shows(page, '#notice', /^$/);
    await page.route('**/whip/**', (route) => route.fulfill({ status: 503, body: '{"title":"starting"}' }));
    await pressed(page, 'Publish camera and microphone');
    await shows(page, '#presence', /publishing again/);
    await page.unroute('**/whip/**');
    await shows(page, '#presence', /You are live/);
    await close(page);
  });
});

const NO_CAMERA = `
  const devices = navigator.mediaDevices;
  const open = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (wanted) => {
    if (wanted.video) throw new DOMException('', 'NotFoundError');
    return open(wanted);
  };
  devices.enumerateDevices = async () => [{ kind: 'audioinput' }];`;
