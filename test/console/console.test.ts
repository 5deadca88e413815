import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Locator, Page } from 'playwright-core';
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

/** The console in a real Chromium on a real server, whose tasks were recorded from real publishers. */

const rooms = { en: { roomId: 'lesson 1' }, zh: { roomId: '会议/1' } } as const;
const live = { en: { roomId: '5001' }, zh: { roomId: '5002' } } as const;
const tasks: Record<Language, string> = { en: '', zh: '' };
let server: TestServer;
let chromium: ChromiumKit;
let password: string;
/** A machine that has other work must not refuse recordings here. */
const busy = { ROOMTAPE_RECORDERS__MOST_BUSY_PERCENT: '100' };
const anchors: SyntheticAnchor[] = [];

async function publish(room: { readonly roomId: string }, userId: string): Promise<SyntheticAnchor> {
  const anchor = await forkSyntheticAnchor({ ...server.whip(room, userId), name: userId, colour: '#3060c0' });
  anchors.push(anchor);
  return anchor;
}

before(async () => {
  [server, chromium] = await Promise.all([TestServer.start(busy), launchChromium()]);
  password = firstPassword(server);
  await Promise.all((['en', 'zh'] as const).map(record));
});

/** One anchor's pictures as MP4 and HLS; then the same anchor in a room that stays. */
async function record(language: Language): Promise<void> {
  const anchor = await publish(rooms[language], 'alice');
  const stored = { CloudVod: { TencentVod: { ExpireTime: 0, MediaType: 3 } } };
  const taskId = await server.record(rooms[language], 1, { RecordParams: { StreamType: 2 }, StorageParams: stored });
  tasks[language] = taskId;
  await server.untilStatus(taskId, 'InProgress');
  await sleep(4000);
  await server.stop(taskId);
  await anchor.close();
  await publish(live[language], 'bob');
}

after(async () => {
  await chromium?.close();
  await Promise.allSettled(anchors.map((anchor) => anchor.close()));
  await server?.close();
});

const signedIn = async (language: Language, more: object = {}): Promise<Page> => {
  const page = await openConsole(chromium.browser, server, { language, ...more });
  await signIn(page, language, 'admin', password);
  return page;
};

const hasFocus = async (element: Locator): Promise<boolean> =>
  (await element.and(element.page().locator(':focus')).count()) === 1;

for (const language of ['en', 'zh'] as const) {
  const t = languages[language];

  test(`${language}: sign in with the keyboard alone, after a wrong password was told`, async () => {
    const page = await openConsole(chromium.browser, server, { language });
    await page.getByRole('heading', { name: t['signIn.title'] }).waitFor();
    assert.equal(await page.locator('html').getAttribute('lang'), language === 'zh' ? 'zh-CN' : 'en');
    await picture(page, `${language}-sign-in`);
    await assertAccessible(page, 'sign-in');
    const name = page.getByLabel(t['signIn.name'], { exact: true });
    for (let n = 0; n < 6 && !(await hasFocus(name)); n += 1) await page.keyboard.press('Tab');
    await page.keyboard.type('admin');
    await page.keyboard.press('Tab');
    await page.keyboard.type('not that one');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText(t['signIn.wrong']).waitFor();
    await picture(page, `${language}-sign-in-wrong`);
    await assertAccessible(page, 'sign-in refused');
    await fill(page, t['signIn.password'], password);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: t['overview.title'], level: 1 }).waitFor();
    await page.context().close();
  });

  test(`${language}: the overview says what is recording, what fits, and how callbacks go`, async () => {
    const page = await signedIn(language);
    await page.getByRole('table', { name: t['overview.capacity'] }).getByText('-recorder-1-').waitFor();
    await page.getByText(t['overview.noFailures']).waitFor();
    const delivered = page.locator('.figures div', { hasText: t['overview.delivered'] }).locator('dd');
    assert.ok(Number(await delivered.innerText()) >= 4);
    await picture(page, `${language}-overview`);
    await assertAccessible(page, 'overview');
    await page.context().close();
  });

  test(`${language}: a recording is found with the keyboard and its callback sent again`, async () => {
    const page = await signedIn(language);
    await goTo(page, language, 'recordings');
    await fill(page, t['recordings.room'], rooms[language].roomId);
    await page.keyboard.press('Enter');
    await until(page, 'document.querySelectorAll(".data tbody").length === 1');
    await picture(page, `${language}-recordings`);
    await assertAccessible(page, 'recordings');
    for (let n = 0; n < 20; n += 1) {
      await page.keyboard.press('Tab');
      if (await page.evaluate('document.activeElement.closest(".data") !== null')) break;
    }
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: rooms[language].roomId }).waitFor();
    await page.getByText(t['fileState.done']).first().waitFor();
    const before = server.receiver.events(tasks[language]).length;
    const told = page.locator('tbody', { hasText: t['event.312'] });
    await told.getByRole('button', { name: t['task.replay'] }).click();
    await page.getByText(t['task.replayed']).waitFor();
    await told.getByRole('button', { name: /\(1\)|（1）|\(2\)|（2）/ }).click();
    await page.getByRole('table', { name: t['task.attemptsOf'].replace('{type}', '312') }).waitFor();
    for (let n = 0; n < 100 && server.receiver.events(tasks[language]).length === before; n += 1) await sleep(100);
    assert.equal(server.receiver.events(tasks[language]).length, before + 1);
    await picture(page, `${language}-task`);
    await assertAccessible(page, 'task');
    await page.context().close();
  });

  test(`${language}: files are played, kept for a time, downloaded and deleted`, async () => {
    const page = await signedIn(language);
    await goTo(page, language, 'library');
    await fill(page, t['recordings.room'], rooms[language].roomId);
    for (const kind of ['hls', 'mp4']) {
      await page.getByLabel(t['library.kind']).selectOption(kind);
      await page.getByRole('button', { name: t['common.search'] }).click();
      await page.getByText(t['library.total'].replace('{n}', '1'), { exact: true }).waitFor();
      await page.getByRole('button', { name: t['library.play'], exact: true }).click();
      await until(page, '(document.querySelector("video")?.readyState ?? 0) >= 2');
      await page.evaluate('(document.querySelector("video").muted = true, document.querySelector("video").play())');
      await until(page, 'document.querySelector("video").currentTime > 0.5');
      await picture(page, `${language}-library-${kind}`);
      await assertAccessible(page, `player of ${kind}`);
      await page.keyboard.press('Escape');
      await page.locator('dialog').waitFor({ state: 'detached' });
    }
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: t['library.download'] }).click(),
    ]);
    assert.match(download.suggestedFilename(), /\.mp4$/);
    await page.getByRole('button', { name: t['library.setExpiry'], exact: true }).click();
    await page.getByLabel(t['library.expiryDate']).fill('2020-01-01');
    await page.getByRole('button', { name: t['common.save'] }).click();
    await page.getByText(t['library.expiryPast']).waitFor();
    await assertAccessible(page, 'expiry');
    await page.getByLabel(t['library.expiryDate']).fill('2199-12-30');
    await page.getByRole('button', { name: t['common.save'] }).click();
    await page.getByText(t['library.expirySet']).waitFor();
    await page.locator('td', { hasText: '2199' }).waitFor();
    await page.getByRole('button', { name: t['library.delete'], exact: true }).click();
    await picture(page, `${language}-delete`);
    await page.locator('dialog').getByRole('button', { name: t['library.delete'], exact: true }).click();
    await page.getByText(t['library.deleted']).waitFor();
    await page.getByText(t['library.empty']).waitFor();
    await page.context().close();
  });

  test(`${language}: a live room is recorded, the recording stopped, a user removed, the room dissolved`, async () => {
    const page = await signedIn(language);
    await goTo(page, language, 'rooms');
    const name = t['rooms.room'].replace('{room}', live[language].roomId);
    const room = page.getByRole('region', { name });
    await room.getByText(t['rooms.track.main.video']).waitFor();
    await room.getByRole('button', { name: t['rooms.recordMixed'] }).click();
    await page.getByText(t['rooms.started']).waitFor();
    await room.getByRole('button', { name: t['rooms.stop'] }).waitFor();
    await picture(page, `${language}-rooms`);
    await assertAccessible(page, 'rooms');
    await room.getByRole('button', { name: t['rooms.stop'] }).click();
    await room.getByText(t['rooms.notRecorded']).waitFor();
    // Who was removed comes back by itself, as a person would.
    const carol = await publish(live[language], 'carol');
    await room.getByRole('button', { name: t['rooms.removeOf'].replace('{user}', 'carol') }).click();
    await page.locator('dialog').getByRole('button', { name: t['rooms.remove'] }).click();
    await page.getByText(t['rooms.removed'].replace('{user}', 'carol')).waitFor();
    await carol.close();
    await room.getByRole('button', { name: t['rooms.dissolve'] }).click();
    await page.locator('dialog').getByRole('button', { name: t['rooms.dissolve'] }).click();
    await page.getByText(t['rooms.dissolved']).waitFor();
    await page.context().close();
  });
}

test('every page fits a phone and a dark screen', async () => {
  const page = await signedIn('zh', { size: phone, dark: true });
  for (const name of ['overview', 'recordings', 'library', 'rooms', 'account'] as const) {
    await goTo(page, 'zh', name);
    await page.waitForLoadState('networkidle');
    await picture(page, `phone-${name}`);
    await assertNoOverflow(page, name);
    await assertAccessible(page, `${name}, dark, on a phone`);
  }
  await page.goto(`${server.process.url}/console/#/recordings/${encodeURIComponent(tasks.zh)}`);
  await page.getByText(languages.zh['event.312']).waitFor();
  await picture(page, 'phone-task');
  await assertNoOverflow(page, 'task');
  await page.context().close();
});

test('ten thousand recordings are a list of pages', async () => {
  addTasks(10_000);
  const page = await signedIn('en');
  await goTo(page, 'en', 'recordings');
  const first = page.locator('.data tbody').first();
  await first.waitFor();
  const top = await first.innerText();
  await page.getByRole('button', { name: languages.en['common.next'] }).click();
  await page.getByText('Page 2').waitFor();
  await page.locator('.data tbody').nth(49).waitFor();
  assert.notEqual(await first.innerText(), top);
  await page.getByRole('button', { name: languages.en['common.previous'] }).click();
  await page.getByText('Page 1').waitFor();
  assert.equal(await first.innerText(), top);
  await page.context().close();
});

/** Copies of a task that has ended, as if there had been many a second apart. */
function addTasks(count: number): void {
  const store = new DatabaseSync(join(server.dataDir, 'store.sqlite'), { timeout: 10_000 });
  const columns = store.prepare("select name from pragma_table_info('task')").all() as { name: string }[];
  const values = columns.map(({ name }) =>
    name === 'id' ? "'copy-' || n" : name === 'created_ms' ? 'created_ms - n * 1000' : name,
  );
  const names = columns.map(({ name }) => name).join(', ');
  store.exec(`with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < ${count})
    insert into task (${names}) select ${values.join(', ')} from task, numbers where id = '${tasks.en}'`);
  store.close();
}

test('a viewer has no buttons that change things; a session that ended leads to the door', async () => {
  const admin = await signedIn('en');
  const made = (await admin.evaluate(`fetch('/admin/v1/session').then((r) => r.json()).then(({ csrf }) =>
    fetch('/admin/v1/accounts', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-roomtape-csrf': csrf },
      body: JSON.stringify({ name: 'vera', role: 'viewer' }),
    })).then((r) => r.json())`)) as { password: string };
  await admin.context().close();
  const page = await openConsole(chromium.browser, server, { language: 'en' });
  await signIn(page, 'en', 'vera', made.password);
  await page.goto(`${server.process.url}/console/#/recordings/${encodeURIComponent(tasks.en)}`);
  await page.getByText(languages.en['event.312']).waitFor();
  assert.equal(await page.getByRole('button', { name: languages.en['task.replay'] }).count(), 0);
  await goTo(page, 'en', 'library');
  await page.getByRole('button', { name: languages.en['library.play'], exact: true }).first().waitFor();
  assert.equal(await page.getByRole('button', { name: languages.en['library.delete'] }).count(), 0);
  await page.context().clearCookies();
  await page.getByRole('link', { name: languages.en['nav.overview'] }).click();
  await page.getByRole('heading', { name: languages.en['signIn.title'] }).waitFor();
  await page.context().close();
});

test('no page threw, and none went against its policy', () => assertNoFaults());
