import assert from 'node:assert/strict';
import { globSync, readdirSync, readFileSync } from 'node:fs';
import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page, Route } from 'playwright-core';
import type { SyntheticAnchor } from '../../src/synthetic/anchor.ts';
import { forkSyntheticAnchor } from '../../src/synthetic/forked-anchor.ts';
import { launchChromium, type ChromiumKit } from '../kit/chromium.ts';
import { TestServer } from '../kit/server.ts';
import {
  assertAccessible,
  assertNoFaults,
  assertNoOverflow,
  fill,
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
import { allThere, flashSkews, positions, startsOf, untilInStep } from './together-kit.ts';

/** Files of one task played together, and played alone with their sound, in a real Chromium. */

const room = { roomId: 'together' };
const en = languages.en;
let server: TestServer;
let chromium: ChromiumKit;
let password: string;
/** As MP4 and HLS, and as HLS alone. */
let task: string;
let playlists: string;
const anchors: SyntheticAnchor[] = [];

const publish = async (userId: string, media: 'main' | 'aux', colour: string): Promise<void> => {
  const kind = media === 'aux' ? 'screen' : 'camera';
  const size = { width: 320, height: 180 };
  anchors.push(await forkSyntheticAnchor({ ...server.whip(room, userId, media), name: userId, colour, kind, ...size }));
};

const stored = (mediaType: number) => ({
  RecordParams: { StreamType: 0, MaxIdleTime: 30 },
  StorageParams: { CloudVod: { TencentVod: { ExpireTime: 0, MediaType: mediaType } } },
});

before(async () => {
  [server, chromium] = await Promise.all([
    TestServer.start({ ROOMTAPE_RECORDERS__MOST_BUSY_PERCENT: '100' }),
    launchChromium(),
  ]);
  password = firstPassword(server);
  await publish('alice', 'main', '#c0392b');
  task = await server.record(room, 1, stored(3), 'bot_a');
  playlists = await server.record(room, 1, stored(1), 'bot_b');
  await server.untilStatus(task, 'InProgress');
  await server.untilStatus(playlists, 'InProgress');
  await sleep(2000);
  await publish('bob', 'main', '#2471a3');
  await publish('alice', 'aux', '#1e8449');
  await sleep(16_000);
  await Promise.all([server.stop(task), server.stop(playlists)]);
  await Promise.all(anchors.splice(0).map((anchor) => anchor.close()));
});

after(async () => {
  await chromium?.close();
  await Promise.allSettled(anchors.map((anchor) => anchor.close()));
  await server?.close();
});

async function signedIn(language: Language, more: object = {}): Promise<Page> {
  const page = await openConsole(chromium.browser, server, { language, ...more });
  await signIn(page, language, 'admin', password);
  return page;
}

const open = (page: Page, taskId: string) =>
  page.goto(`${server.process.url}/console/#/library/together/${encodeURIComponent(taskId)}`);

/** The first MP4 file of the task, as the admin API tells it. */
const firstFile = (page: Page): Promise<{ fileId: string; name: string }> =>
  page.evaluate(`fetch('/admin/v1/tasks/${encodeURIComponent(task)}').then((answer) => answer.json())
    .then(({ files }) => files.find(({ container }) => container === 'mp4'))`);

const slider = (page: Page) => page.getByLabel(en['together.position'], { exact: true });

test('three files with sound are in step after play, after a seek, and after one was held up', async (t) => {
  const page = await signedIn('en');
  await page.goto(`${server.process.url}/console/#/recordings/${encodeURIComponent(task)}`);
  await page.getByRole('link', { name: en['together.open'] }).click();
  await page.getByRole('heading', { level: 1, name: 'together' }).waitFor();
  const starts = await startsOf(page, task);
  // Nobody but alice was there at first.
  await until(page, `document.querySelectorAll('[data-state="absent"]').length === 2`);
  await picture(page, 'together-begin');
  await page.getByRole('button', { name: en['together.play'], exact: true }).click();
  t.diagnostic(`after play: ${await untilInStep(page, starts, 3)} ms apart`);
  t.diagnostic(`flashes: ${(await flashSkews(page, 4)).join(', ')} ms apart`);
  await picture(page, 'together-playing');
  await slider(page).fill(allThere(starts, 2000));
  t.diagnostic(`after seek: ${await untilInStep(page, starts, 3)} ms apart`);
  const heard = `[...document.querySelectorAll('[data-file]')].every((one) => one.error === null && one.webkitAudioDecodedByteCount > 0)`;
  await until(page, heard);
  // One says that it has nothing more.
  const bob = `document.querySelectorAll('[data-file]:not([hidden])')[2]`;
  await page.evaluate(`Object.defineProperty(${bob}, 'readyState', { configurable: true, get: () => 2 })`);
  await page.getByText(en['together.waiting']).waitFor();
  await until(page, `[...document.querySelectorAll('[data-file]')].every((one) => one.paused)`);
  await page.evaluate(`document.querySelectorAll('[data-file]').forEach((one) => delete one.readyState)`);
  t.diagnostic(`after one was held up: ${await untilInStep(page, starts, 3)} ms apart`);
  await page.context().close();
});

test('playlists are in step, and all wait for one whose segments do not come', async (t) => {
  const page = await signedIn('en');
  const starts = await startsOf(page, playlists);
  const held: Route[] = [];
  let isHeld = true;
  const last = Object.keys(starts)
    .sort((a, b) => starts[a]! - starts[b]!)
    .at(-1)!;
  await page.route(new RegExp(`/${last}/[^/]*\\.ts`), (route) => (isHeld ? void held.push(route) : route.continue()));
  await open(page, playlists);
  await slider(page).fill(allThere(starts, 1000));
  await page.getByRole('button', { name: en['together.play'], exact: true }).click();
  await page.getByText(en['together.waiting']).waitFor();
  await until(page, `document.querySelectorAll('[data-state="late"]').length >= 1`);
  assert.deepEqual(await page.evaluate(positions(starts)), []);
  for (let n = 0; n < 50 && held.length === 0; n += 1) await sleep(100);
  assert.ok(held.length > 0);
  isHeld = false;
  await Promise.all(held.map((route) => route.continue()));
  t.diagnostic(`playlists: ${await untilInStep(page, starts, 3)} ms apart`);
  await page.context().close();
});

test('volume, mute, solo, place, size, hiding and enlarging are each stream’s own, by keyboard as by mouse', async () => {
  const page = await signedIn('en');
  await open(page, task);
  await slider(page).fill(allThere(await startsOf(page, task), 1000));
  await until(page, `document.querySelectorAll('[data-state="here"]').length === 3`);
  const sound = (): Promise<unknown> =>
    page.evaluate(`[...document.querySelectorAll('[data-file]')].map(({ volume, muted }) => [volume, muted])`);
  const press = (text: 'mute' | 'solo' | 'hide' | 'enlarge', name: string) =>
    page.getByRole('button', { name: `${en[`together.${text}`]}: ${name}`, exact: true }).click();
  await page.getByLabel('Volume of bob').fill('40');
  await press('mute', 'alice');
  assert.deepEqual(await sound(), [
    [1, true],
    [1, false],
    [0.4, false],
  ]);
  await press('mute', 'alice');
  await press('solo', 'bob');
  assert.deepEqual(await sound(), [
    [1, true],
    [1, true],
    [0.4, false],
  ]);
  const handle = page.getByRole('button', { name: 'Move bob', exact: true });
  const left = async (): Promise<number> => (await page.locator('.together-picture', { has: handle }).boundingBox())!.x;
  const untilAt = async (x: number): Promise<void> => {
    for (let n = 0; n < 100 && Math.abs((await left()) - x) > 3; n += 1) await sleep(50);
    assert.ok(Math.abs((await left()) - x) <= 3, `${await left()} instead of ${x}`);
  };
  const before = await left();
  const wide = (await page.locator('.together-stage').boundingBox())!.width;
  await handle.focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await untilAt(before + wide * 0.04);
  const box = (await handle.boundingBox())!;
  await page.mouse.move(box.x + 5, box.y + 5);
  await page.mouse.down();
  await page.mouse.move(box.x + 105, box.y + 5, { steps: 4 });
  await page.mouse.up();
  await untilAt(before + wide * 0.04 + 100);
  await page.locator('.together-layout select').selectOption('share');
  await picture(page, 'together-share');
  await press('hide', 'alice');
  await until(page, `document.querySelectorAll('.together-picture:not([hidden])').length === 2`);
  await press('enlarge', 'bob');
  await until(
    page,
    `document.querySelector('.enlarged').offsetWidth === document.querySelector('.together-stage').clientWidth`,
  );
  await assertAccessible(page, 'together');
  await page.context().close();
});

test('zh: it fits a phone and a dark screen', async () => {
  const page = await signedIn('zh', { size: phone, dark: true });
  await open(page, task);
  await page.getByText(languages.zh['together.soundOnly']).or(page.locator('[data-state="here"]')).first().waitFor();
  await page.getByRole('button', { name: languages.zh['together.play'], exact: true }).click();
  await until(page, `document.querySelectorAll('[data-state="here"]').length >= 1`);
  await picture(page, 'together-phone');
  await assertNoOverflow(page, 'together');
  await assertAccessible(page, 'together, dark, on a phone');
  await page.context().close();
});

test('files with sound are played in the library, MP4 and HLS', async () => {
  const page = await signedIn('en');
  await goTo(page, 'en', 'library');
  await fill(page, en['recordings.room'], room.roomId);
  for (const kind of ['mp4', 'hls']) {
    await page.getByLabel(en['library.kind']).selectOption(kind);
    await page.getByRole('button', { name: en['common.search'] }).click();
    await page.locator('.data tbody').first().waitFor();
    await page.getByRole('button', { name: en['library.play'], exact: true }).first().click();
    await until(page, '(document.querySelector("video")?.readyState ?? 0) >= 2');
    await page.evaluate('document.querySelector("video").play()');
    await until(page, 'document.querySelector("video").currentTime > 0.5');
    await until(page, 'document.querySelector("video").webkitAudioDecodedByteCount > 0');
    await until(page, 'document.querySelector("video").webkitVideoDecodedByteCount > 0');
    assert.equal(await page.evaluate('document.querySelector("video").error'), null, kind);
    await page.keyboard.press('Escape');
    await page.locator('dialog').waitFor({ state: 'detached' });
  }
  await page.context().close();
});

test('a playlist is downloaded as one file, with all its segments', async () => {
  const page = await signedIn('en');
  await goTo(page, 'en', 'library');
  await page.getByLabel(en['library.kind']).selectOption('hls');
  await page.getByRole('button', { name: en['common.search'] }).click();
  await page.locator('.data tbody').first().waitFor();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: en['library.download'] }).first().click(),
  ]);
  assert.match(download.suggestedFilename(), /\.zip$/);
  const zip = await readFile(await download.path());
  const fileId = /files\/(\d+)\/archive/.exec(download.url())?.[1] ?? assert.fail(download.url());
  const [folder = ''] = globSync(`library/*/${fileId}`, { cwd: server.dataDir });
  const names = readdirSync(join(server.dataDir, folder));
  assert.ok(names.includes('index.m3u8') && names.length >= 2);
  for (const name of names) {
    assert.ok(zip.includes(`${fileId}/${name}`), name);
    assert.ok(zip.includes(readFileSync(join(server.dataDir, folder, name))), name);
  }
  await page.context().close();
});

test('a file is verified; one that was changed is called so, in both languages', async () => {
  const page = await signedIn('en');
  const file = await firstFile(page);
  await goTo(page, 'en', 'library');
  await page.getByLabel(en['library.kind']).selectOption('mp4');
  await page.getByRole('button', { name: en['common.search'] }).click();
  const row = page.locator('.data tbody', { hasText: file.name });
  await row.getByRole('button', { name: en['verify.verify'], exact: true }).click();
  await page.getByRole('button', { name: en['verify.start'], exact: true }).click();
  await page.getByText(en['verify.ok']).waitFor();
  await picture(page, 'verify-ok');
  await assertAccessible(page, 'verified');
  const [path = ''] = globSync(`library/*/${file.fileId}/*.mp4`, { cwd: server.dataDir });
  await appendFile(join(server.dataDir, path), 'something else');
  await page.getByRole('button', { name: en['verify.again'] }).click();
  await page.getByText(en['verify.fault.appended'], { exact: true }).waitFor();
  await page.context().close();
  const chinese = await signedIn('zh');
  const t = languages.zh;
  await chinese.goto(`${server.process.url}/console/#/recordings/${encodeURIComponent(task)}`);
  await chinese.getByRole('button', { name: t['verify.verifyAll'] }).click();
  await chinese.getByRole('button', { name: t['verify.start'], exact: true }).click();
  await chinese.getByText(t['verify.fault.appended'], { exact: true }).waitFor();
  const [download] = await Promise.all([
    chinese.waitForEvent('download'),
    chinese.getByRole('link', { name: t['verify.manifest'] }).click(),
  ]);
  const { manifest } = JSON.parse(await readFile(await download.path(), 'utf8')) as { manifest: { taskId: string } };
  assert.equal(manifest.taskId, task);
  await picture(chinese, 'verify-tampered');
  await assertAccessible(chinese, 'found changed');
  await chinese.context().close();
});

test('no page threw, and none went against its policy', () => assertNoFaults());
