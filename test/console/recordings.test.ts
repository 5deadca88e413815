import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Locator, Page } from 'playwright-core';
import type { TimelineView } from '../../src/admin/timeline-routes.ts';
import type { SyntheticAnchor } from '../../src/synthetic/anchor.ts';
import { forkSyntheticAnchor } from '../../src/synthetic/forked-anchor.ts';
import { launchChromium, type ChromiumKit } from '../kit/chromium.ts';
import { TestServer } from '../kit/server.ts';
import {
  assertAccessible,
  assertNoFaults,
  assertNoOverflow,
  firstPassword,
  goTo,
  languages,
  openConsole,
  phone,
  picture,
  signIn,
  until,
  type Language,
} from './console-kit.ts';

/** What the console shows of a recording that runs: over time, live, on its way into a bucket; and of its room. */

const room = { roomId: '7001' };
const canvas = { Width: 640, Height: 360, Fps: 15, BitRate: 500_000, Gop: 2 };
const transcode = { MixTranscodeParams: { VideoParams: canvas } };
const { en } = languages;
const anchors: SyntheticAnchor[] = [];
let server: TestServer;
let chromium: ChromiumKit;
let password: string;
let mixed: string;
let single: string;

async function publish(userId: string, colour: string): Promise<SyntheticAnchor> {
  const anchor = await forkSyntheticAnchor({ ...server.whip(room, userId), name: userId, colour });
  anchors.push(anchor);
  return anchor;
}

/** Nobody listens there. */
const away = {
  StorageParams: {
    CloudStorage: {
      Vendor: 1,
      Region: 'us-east-1',
      Bucket: 'recordings',
      AccessKey: 'an access key',
      SecretKey: 'a secret key',
      EndpointUrl: 'http://127.0.0.1:9',
    },
  },
};

before(async () => {
  const calm = { ROOMTAPE_RECORDERS__MOST_BUSY_PERCENT: '100', ROOMTAPE_BUCKETS__ALLOW_PRIVATE: 'true' };
  [server, chromium] = await Promise.all([TestServer.start(calm), launchChromium()]);
  password = firstPassword(server);
  await publish('alice', '#2050d0');
  mixed = await server.record(room, 2, transcode);
  single = await server.record(room, 1, away);
  await server.untilStatus(mixed, 'InProgress');
  const bob = await publish('bob', '#d04020');
  const carol = await chromium.publish({ ...server.whip(room, 'carol'), colour: '#30a030', width: 320, height: 180 });
  await sleep(1500);
  await carol.stop();
  bob.muteAudio(true, 'stop');
});

after(async () => {
  await chromium?.close();
  await Promise.allSettled(anchors.map((anchor) => anchor.close()));
  await server?.close();
});

async function openTask(language: Language, taskId: string, more: object = {}): Promise<Page> {
  const page = await openConsole(chromium.browser, server, { language, ...more });
  await signIn(page, language, 'admin', password);
  await page.goto(`${server.process.url}/console/#/recordings/${encodeURIComponent(taskId)}`);
  await page.getByRole('heading', { level: 1, name: room.roomId }).waitFor();
  return page;
}

const lane = (page: Page, who: string, what: string): Locator =>
  page.getByRole('group', { name: `${who} · ${what}`, exact: true });

const waitFor = (span: Locator): Promise<void> => span.first().waitFor({ state: 'attached', timeout: 30_000 });

for (const language of ['en', 'zh'] as const) {
  const t = languages[language];

  test(`${language}: the timeline shows who came, who was muted and who left`, async () => {
    const page = await openTask(language, mixed);
    const withText = (text: string): RegExp => new RegExp(text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    const muted = lane(page, 'bob', t['rooms.track.main.audio']).getByLabel(withText(t['trackState.paused']));
    await waitFor(muted);
    await waitFor(lane(page, 'alice', t['rooms.track.main.audio']).getByLabel(withText(t['trackState.sending'])));
    await waitFor(lane(page, 'alice', t['timeline.seen.main']).locator('.span.seen'));
    const box = async (span: Locator) => (await span.first().boundingBox())!;
    const carol = lane(page, 'carol', t['timeline.stay']).locator('.span');
    await waitFor(carol);
    const [left, stays] = [await box(carol), await box(lane(page, 'alice', t['timeline.stay']).locator('.span'))];
    assert.ok(left.x > stays.x && left.x + left.width < stays.x + stays.width - 2, 'carol came later and left earlier');
    // One stop of the keyboard, and arrows along the row.
    const sound = lane(page, 'bob', t['rooms.track.main.audio']).locator('.span');
    await sound.first().focus();
    await page.keyboard.press('End');
    assert.match((await page.locator('.lane-told').textContent())!, withText(t['trackState.paused']));
    await page.keyboard.press('ArrowLeft');
    assert.match((await page.locator('.lane-told').textContent())!, withText(t['trackState.sending']));
    await page.getByText(t['timeline.asTable']).click();
    const table = page.getByRole('table', { name: t['timeline.asTable'] });
    await table.locator('tbody', { hasText: t['trackState.paused'] }).first().waitFor();
    await picture(page, `${language}-task-timeline`);
    await assertAccessible(page, 'timeline');
    await page.context().close();
  });
}

/** Mean red, green and blue of a part of the video, given in fractions of its picture. */
const sample = (page: Page, x: number, y: number, w: number, h: number): Promise<number[]> =>
  page.evaluate(`(() => {
    const video = document.querySelector('video');
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [16, 16];
    const context = canvas.getContext('2d');
    const [vw, vh] = [video.videoWidth, video.videoHeight];
    context.drawImage(video, vw * ${x}, vh * ${y}, vw * ${w}, vh * ${h}, 0, 0, 16, 16);
    const { data } = context.getImageData(0, 0, 16, 16);
    return [0, 1, 2].map((c) => data.filter((_, i) => i % 4 === c).reduce((a, b) => a + b, 0) / 256);
  })()`);

/** Waits until a part of the video has a colour: the first of its two components is well above the other. */
async function untilColour(page: Page, area: readonly [number, number, number, number], more: 0 | 2): Promise<void> {
  let seen: number[] = [];
  for (let n = 0; n < 300; n += 1) {
    seen = await sample(page, ...area);
    if (seen[more]! > seen[2 - more]! + 40) return;
    await page.waitForTimeout(200);
  }
  assert.fail(`the picture's mean colour is ${seen.map(Math.round).join(', ')}`);
}

const leftHalf = [0.02, 0.3, 0.46, 0.6] as const;
const rightHalf = [0.52, 0.3, 0.46, 0.6] as const;
const [red, blue] = [0, 2] as const;

test('a running mix is played from the disk, with its layout over it', { timeout: 120_000 }, async () => {
  const page = await openTask('en', mixed);
  await page.getByRole('button', { name: en['live.open'] }).click();
  await page.locator('video').waitFor({ timeout: 60_000 });
  await until(page, 'document.querySelector("video").currentTime > 1');
  await untilColour(page, leftHalf, blue);
  await untilColour(page, rightHalf, red);
  const drawn = async (): Promise<unknown> =>
    page.evaluate(`[...document.querySelectorAll('.layout-picture [data-picture]')].map((one) =>
      [one.dataset.picture, ...['x', 'y', 'width', 'height'].map((name) => Number(one.getAttribute(name)))])`);
  await until(page, 'document.querySelectorAll(".layout-picture [data-picture]").length === 2');
  const wanted = [
    ['alice/main', 0, 0, 320, 360],
    ['bob/main', 320, 0, 320, 360],
  ];
  assert.deepEqual(await drawn(), wanted);
  // It lies where the compositor says that it drew them, and just over the picture.
  const { users } = (await page.evaluate(
    `fetch('/admin/v1/tasks/${encodeURIComponent(mixed)}/timeline').then((r) => r.json())`,
  )) as TimelineView;
  const seen = users.flatMap(({ userId, seen: [own] }) => {
    const last = own?.spans.at(-1);
    return last && userId !== 'carol' ? [[`${userId}/main`, last.left, last.top, last.width, last.height]] : [];
  });
  assert.deepEqual(seen, wanted);
  const [over, under] = [
    await page.locator('.layout-picture').boundingBox(),
    await page.locator('video').boundingBox(),
  ];
  for (const side of ['x', 'y', 'width', 'height'] as const) assert.ok(Math.abs(over![side] - under![side]) < 2, side);
  await picture(page, 'en-task-live');
  await assertAccessible(page, 'live preview');
  await page.getByLabel(en['live.layout']).uncheck();
  await until(page, 'document.querySelector(".layout-picture") === null');
  await page.context().close();
});

test('each stream of a single recording is played; none without a session', { timeout: 120_000 }, async () => {
  const page = await openTask('en', single);
  const playlists: string[] = [];
  page.on('request', (request) => {
    if (/\.(m3u8|ts)$/.test(request.url())) playlists.push(request.url());
  });
  await page.getByRole('button', { name: en['live.open'] }).click();
  await page.locator('video').waitFor({ timeout: 60_000 });
  await untilColour(page, [0.1, 0.3, 0.8, 0.6], blue);
  await page.getByLabel(en['live.stream']).selectOption({ label: en['live.stream.main'].replace('{user}', 'bob') });
  await untilColour(page, [0.1, 0.3, 0.8, 0.6], red);
  assert.equal(await page.getByLabel(en['live.layout']).count(), 0);
  assert.ok(playlists.some((url) => url.endsWith('.m3u8')) && playlists.some((url) => url.endsWith('.ts')));
  for (const url of playlists) assert.equal((await fetch(url)).status, 401, url);
  await page.context().close();
});

test('an anchor is watched in its room, with sound on demand, and nobody there is told', async () => {
  const page = await openConsole(chromium.browser, server, { language: 'en' });
  await signIn(page, 'en', 'admin', password);
  await goTo(page, 'en', 'rooms');
  await page.getByRole('button', { name: en['watch.title.main'].replace('{user}', 'bob') }).click();
  await until(page, 'document.querySelector("video")?.currentTime > 0.5');
  await untilColour(page, [0.1, 0.3, 0.8, 0.6], red);
  assert.equal(await page.evaluate('document.querySelector("video").muted'), true);
  await page.getByRole('button', { name: en['watch.soundOn'] }).click();
  assert.equal(await page.evaluate('document.querySelector("video").muted'), false);
  await picture(page, 'en-room-watch');
  await assertAccessible(page, 'watching');
  const live = (await page.evaluate(`fetch('/admin/v1/rooms').then((r) => r.json())`)) as {
    items: { anchors: { userId: string }[] }[];
  };
  assert.deepEqual(
    live.items.flatMap((one) => one.anchors.map(({ userId }) => userId)),
    ['alice', 'bob'],
  );
  const audit = (await page.evaluate(`fetch('/admin/v1/audit/requests').then((r) => r.text())`)) as string;
  assert.match(audit, /users\/bob\/watch/);
  await page.keyboard.press('Escape');
  await page.locator('dialog').waitFor({ state: 'detached' });
  await page.context().close();
});

test('a file that its bucket does not take says why and when it is tried again', { timeout: 90_000 }, async () => {
  await server.client.DeleteCloudRecording({ SdkAppId: 1_400_000_000, TaskId: single });
  const page = await openTask('en', single);
  const progress = page.locator('.file-progress').first();
  await progress.getByText(en['progress.lastError'].split('{')[0]!).waitFor({ timeout: 60_000 });
  await picture(page, 'en-task-progress');
  await assertAccessible(page, 'progress');
  await page.context().close();
});

test('a recorder that dies leaves a gap, and the one that takes over is told', { timeout: 90_000 }, async () => {
  const page = await openTask('en', mixed);
  await waitFor(page.getByRole('group', { name: en['timeline.recorder'] }).locator('.span'));
  assert.equal(await page.locator('.span.gap').count(), 0);
  for (const pid of server.process.pids('recorder')) process.kill(pid, 'SIGKILL');
  const gap = page.getByRole('group', { name: en['timeline.gaps'] }).getByLabel(en['gap.recorder-lost']);
  await waitFor(gap);
  await waitFor(page.getByRole('group', { name: en['timeline.moments'] }).getByLabel(en['mark.takeover']));
  await waitFor(page.getByRole('group', { name: en['timeline.recorder'] }).getByLabel(en['epochEnd.lost']));
  assert.equal(await lane(page, 'alice', en['timeline.stay']).locator('.span').count(), 1, 'alice never left');
  await picture(page, 'en-task-takeover');
  await page.context().close();
});

test('timeline and preview fit a phone and a dark screen', async () => {
  const page = await openTask('zh', mixed, { size: phone, dark: true });
  await waitFor(lane(page, 'alice', languages.zh['timeline.stay']).locator('.span'));
  await page.getByRole('button', { name: languages.zh['live.open'] }).click();
  await page.locator('video').waitFor();
  await until(page, 'document.querySelector("video").currentTime > 0.5');
  await picture(page, 'phone-task-running');
  await assertNoOverflow(page, 'running task');
  await assertAccessible(page, 'running task, dark, on a phone');
  await page.context().close();
});

test('no page threw, and none went against its policy', () => assertNoFaults());
