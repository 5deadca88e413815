import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { launchChromium, type ChromiumKit } from '../kit/chromium.ts';
import { SDK_APP_ID, TestServer } from '../kit/server.ts';
import {
  assertAccessible,
  assertNoFaults,
  assertNoOverflow,
  firstPassword,
  languages,
  openConsole,
  phone,
  picture,
  signIn,
  type Language,
} from './console-kit.ts';

/** The console's apps in a real Chromium on a real server, and what the server then does. */

let server: TestServer;
let chromium: ChromiumKit;
let password: string;

before(async () => {
  [server, chromium] = await Promise.all([TestServer.start(), launchChromium()]);
  password = firstPassword(server);
});

after(async () => {
  await chromium?.close();
  await server?.close();
});

async function openApps(language: Language, more: object = {}): Promise<Page> {
  const page = await openConsole(chromium.browser, server, { language, ...more });
  await signIn(page, language, 'admin', password);
  const t = languages[language];
  await page.getByRole('navigation').getByRole('link', { name: t['nav.apps'], exact: true }).click();
  await page.getByRole('heading', { level: 1, name: t['apps.title'] }).waitFor();
  return page;
}

async function openApp(page: Page, language: Language, app: number | string): Promise<void> {
  await page.getByRole('link', { name: String(app), exact: true }).click();
  const title = languages[language]['apps.titleOf'].replace('{app}', String(app));
  await page.getByRole('heading', { level: 1, name: title }).waitFor();
  await page.getByRole('region', { name: languages[language]['apps.limits'] }).waitFor();
}

const field = (section: Locator, label: string): Locator => section.getByLabel(label, { exact: true });

for (const language of ['en', 'zh'] as const) {
  const t = languages[language];

  test(`${language}: a callback is refused at its field, saved, and tested`, async () => {
    const page = await openApps(language);
    await picture(page, `${language}-apps`);
    await assertAccessible(page, 'apps');
    await openApp(page, language, SDK_APP_ID);
    const section = page.getByRole('region', { name: t['apps.callback'], exact: true });
    const save = section.getByRole('button', { name: t['common.save'] });
    await field(section, t['apps.callbackKey']).fill('no key!');
    await save.click();
    await section.getByRole('alert').waitFor();
    assert.equal(await field(section, t['apps.callbackKey']).getAttribute('aria-invalid'), 'true');
    assert.equal(await field(section, t['apps.url']).getAttribute('aria-invalid'), 'false');
    await picture(page, `${language}-app-refused`);
    await field(section, t['apps.callbackKey']).fill(`key${language}`);
    await save.click();
    await page.getByText(t['apps.saved']).waitFor();
    assert.equal(await field(section, t['apps.callbackKey']).inputValue(), '********');
    const before = server.receiver.received.length;
    await section.getByRole('button', { name: t['apps.testSend'] }).click();
    await section.getByText(t['apps.finding.ok']).waitFor();
    assert.equal(server.receiver.received.slice(before)[0]?.event?.EventType, 399);
    await field(section, t['apps.url']).fill('http://127.0.0.1:1/');
    await section.getByRole('button', { name: t['apps.testSend'] }).click();
    await section.getByText(t['apps.finding.no-connection']).waitFor();
    await picture(page, `${language}-app-test-failed`);
    await assertAccessible(page, 'app');
    await page.context().close();
  });
}

test('a new key is shown once and never again; the one before it is taken for as long as was chosen', async () => {
  const t = languages.en;
  const page = await openApps('en');
  await openApp(page, 'en', SDK_APP_ID);
  const section = page.getByRole('region', { name: t['apps.accounts'] });
  await section.getByRole('button', { name: /AKIDEXAMPLE/ }).click();
  await page.getByLabel(t['apps.grace'], { exact: true }).fill('1');
  await page.getByRole('dialog').getByRole('button', { name: t['apps.rotate'] }).click();
  await page.getByText(t['apps.once']).waitFor();
  const secret = await page.locator('dialog code').innerText();
  assert.match(secret, /^[0-9a-f]{32}$/);
  await picture(page, 'en-app-key-once');
  await assertAccessible(page, 'key shown once');
  await page.getByRole('button', { name: t['apps.kept'] }).click();
  await section.getByRole('cell', { name: /\d{4}/ }).nth(1).waitFor();
  await page.reload();
  await section.waitFor();
  assert.ok(!(await page.content()).includes(secret));
  // The official SDK still signs by the key that was replaced.
  assert.equal(typeof (await server.record({ roomId: '7001' }, 1)), 'string');
  await page.context().close();
});

test('limits are saved and hold at once, and an app is made with its keys', async () => {
  const t = languages.zh;
  const page = await openApps('zh');
  await openApp(page, 'zh', SDK_APP_ID);
  const section = page.getByRole('region', { name: t['apps.limits'] });
  await field(section, t['apps.limit.concurrent_tasks']).fill('1');
  await section.getByRole('button', { name: t['common.save'] }).click();
  await page.getByText(t['apps.saved']).waitFor();
  await assert.rejects(
    Promise.all([server.record({ roomId: '7002' }, 1, {}, 'a'), server.record({ roomId: '7003' }, 1, {}, 'b')]),
    /RestrictedConcurrency|limit of 1/,
  );
  const storage = page.getByRole('region', { name: t['apps.storage'], exact: true });
  await storage.getByRole('button', { name: t['apps.try'] }).click();
  await storage.getByText(t['apps.storageFinding.ok']).waitFor();
  await picture(page, 'zh-app');
  await page.getByRole('link', { name: t['apps.back'] }).click();
  await page.getByRole('button', { name: t['apps.make'] }).click();
  await page.getByLabel(t['apps.wishedApp'], { exact: true }).fill('1400000123');
  await page.keyboard.press('Enter');
  await page.getByText(t['apps.once']).waitFor();
  assert.equal(await page.locator('dialog code').count(), 4);
  await picture(page, 'zh-app-made');
  await page.getByRole('button', { name: t['apps.kept'] }).click();
  await openApp(page, 'zh', 1400000123);
  await page.getByRole('button', { name: t['apps.remove'], exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: t['apps.remove'], exact: true }).click();
  await page.getByRole('heading', { level: 1, name: t['apps.title'], exact: true }).waitFor();
  await page.context().close();
});

test('on a phone and in the dark nothing is too wide, and everything has its name', async () => {
  const page = await openApps('en', { size: phone, dark: true });
  await picture(page, 'phone-dark-apps');
  await assertNoOverflow(page, 'apps');
  await openApp(page, 'en', SDK_APP_ID);
  const storage = page.getByRole('region', { name: languages.en['apps.storage'], exact: true });
  await field(storage, languages.en['apps.storageKind']).selectOption('tencent-vod');
  await picture(page, 'phone-dark-app');
  await assertNoOverflow(page, 'an app');
  await assertAccessible(page, 'an app in the dark');
  await page.context().close();
});

test('no page threw, and none went against its policy', () => assertNoFaults());
