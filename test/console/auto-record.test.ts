import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import type { SyntheticAnchor } from '../../src/synthetic/anchor.ts';
import { forkSyntheticAnchor } from '../../src/synthetic/forked-anchor.ts';
import { launchChromium, type ChromiumKit } from '../kit/chromium.ts';
import { SDK_APP_ID, TestServer } from '../kit/server.ts';
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
  type Language,
} from './console-kit.ts';

/** Rules of auto recording, administrators and the audit log in a real Chromium; an anchor obeys the rule that was set. */

let server: TestServer;
let chromium: ChromiumKit;
const anchors: SyntheticAnchor[] = [];
const busy = { ROOMTAPE_RECORDERS__MOST_BUSY_PERCENT: '100' };
const passwords: Record<string, string> = {};

before(async () => {
  [server, chromium] = await Promise.all([TestServer.start(busy), launchChromium()]);
  passwords['admin'] = firstPassword(server);
  // The first request builds the console; that takes a while where others work too.
  await fetch(`${server.process.url}/console/`);
});

after(async () => {
  await chromium?.close();
  await Promise.allSettled(anchors.map((anchor) => anchor.close()));
  await server?.close();
});

async function signedIn(language: Language, more: object = {}, name = 'admin'): Promise<Page> {
  const page = await openConsole(chromium.browser, server, { language, ...more });
  await signIn(page, language, name, passwords[name]!);
  return page;
}

async function openRule(page: Page, language: Language): Promise<void> {
  await goTo(page, language, 'auto-record');
  await page.getByRole('link', { name: String(SDK_APP_ID) }).click();
  await page.getByRole('heading', { level: 1, name: String(SDK_APP_ID) }).waitFor();
}

for (const [index, language] of (['en', 'zh'] as const).entries()) {
  const t = languages[language];

  test(`${language}: a rule is set, its faults are at their fields, and a new room obeys it`, async () => {
    const page = await signedIn(language);
    await openRule(page, language);
    const wait = page.getByLabel(t['rule.wait'], { exact: true });
    await wait.fill('0');
    await page.getByRole('button', { name: t['rule.save'] }).click();
    await page.locator('.rule-fault').waitFor();
    assert.equal(await wait.getAttribute('aria-invalid'), 'true');
    await assertAccessible(page, 'rule refused');
    await wait.fill(String(30 + index));
    const single = page.getByRole('region', { name: t['rule.single'], exact: true });
    await single.getByLabel(t['rule.content'], { exact: true }).selectOption('video');
    await page.getByLabel(t['rule.mixedOn'], { exact: true }).check();
    await page.getByLabel(t['rule.template'], { exact: true }).selectOption('1');
    await page.getByLabel(t['rule.bigPrefix'], { exact: true }).fill('host_');
    await page.getByLabel(t['rule.callbackUrl'], { exact: true }).fill(server.receiver.url);
    await page.getByLabel(t['rule.callbackKey'], { exact: true }).fill('recordkey');
    await page.getByText(t['rule.say.wait'].replace('{seconds}', String(30 + index))).waitFor();
    assert.equal(await page.locator('.rule-picture .rule-cell').count(), 8);
    await picture(page, `${language}-rule`);
    await page.getByRole('button', { name: t['rule.save'] }).click();
    await page.getByText(t['rule.saved']).waitFor();
    const inForce = t['rule.inForce'].split('{revision}')[0]!.trim();
    await page.locator('p', { hasText: inForce }).filter({ hasText: 'admin' }).waitFor();
    // Its key is behind the hint again as soon as the saved rule has come.
    await page.getByText(t['rule.secretKept']).waitFor();
    // The key is not in the page any more, and saving again keeps it.
    assert.equal(await page.getByLabel(t['rule.callbackKey'], { exact: true }).inputValue(), '');
    const roomId = String(6001 + index);
    const user = { userId: 'anna', colour: '#3060c0' };
    anchors.push(
      await forkSyntheticAnchor({ ...server.whip({ roomId }, user.userId), name: 'anna', colour: user.colour }),
    );
    const standing = page.getByRole('table', { name: t['standing.rooms'] }).locator('tbody', { hasText: roomId });
    await standing.getByRole('link', { name: t['standing.state.recording'] }).nth(1).waitFor();
    await picture(page, `${language}-rule-live`);
    await assertAccessible(page, 'rule');
    await goTo(page, language, 'rooms');
    const room = page.getByRole('region', { name: t['rooms.room'].replace('{room}', roomId) });
    await room.getByText(t['standing.state.recording']).first().waitFor();
    await picture(page, `${language}-rooms-by-rule`);
    await page.context().close();
  });
}

test('a rule is saved again without its secret, ended, and both are in its history', async () => {
  const t = languages.en;
  const page = await signedIn('en');
  await openRule(page, 'en');
  await page.getByLabel(t['rule.wait'], { exact: true }).fill('40');
  await page.getByRole('button', { name: t['rule.save'] }).click();
  await page.getByText(t['rule.saved']).waitFor();
  const set = (await page.evaluate(`fetch('/admin/v1/auto-record').then((r) => r.json())`)) as {
    items: { current: { rule: { max_idle_time: number; callback: { key: string } } } }[];
  };
  const { rule } = set.items[0]!.current;
  assert.deepEqual([rule.max_idle_time, rule.callback.key], [40, '********']);
  await page.getByRole('button', { name: t['rule.end'] }).click();
  await page.locator('dialog').getByRole('button', { name: t['rule.end'] }).click();
  await page.getByText(t['rule.noneYet']).waitFor();
  const history = page.getByRole('table', { name: t['rule.history'] });
  await history.getByText(t['rule.ended']).waitFor();
  assert.equal(await history.locator('tbody').count(), 4);
  await page.context().close();
});

for (const language of ['en', 'zh'] as const) {
  const t = languages[language];

  test(`${language}: an administrator is added, disabled, enabled, and everything is found in the audit log`, async () => {
    const page = await signedIn(language);
    const name = `vera-${language}`;
    await goTo(page, language, 'administrators');
    await page.getByRole('button', { name: t['administrators.add'] }).click();
    await page.locator('dialog').getByRole('textbox').first().fill('Not a name');
    await page.locator('dialog').getByRole('button', { name: t['administrators.add'] }).click();
    await page.getByText(t['administrators.badName']).waitFor();
    await page.locator('dialog').getByRole('textbox').first().fill(name);
    await page.locator('dialog').getByRole('button', { name: t['administrators.add'] }).click();
    passwords[name] = await page.locator('.made-password').innerText();
    await picture(page, `${language}-administrators-password`);
    await assertAccessible(page, 'made password');
    await page.keyboard.press('Escape');
    const row = page.locator('.data tbody', { hasText: name });
    const press = async (text: string): Promise<void> => {
      await row
        .getByRole('button', { name: t['administrators.actionOf'].replace('{action}', text).replace('{name}', name) })
        .click();
    };
    await press(t['administrators.ask.disable']);
    await page.locator('dialog').getByRole('button', { name: t['administrators.ask.disable'] }).click();
    await row.getByText(t['administrators.disabled']).waitFor();
    await picture(page, `${language}-administrators`);
    await assertAccessible(page, 'administrators');
    await press(t['administrators.enable']);
    await row.getByText(t['administrators.disabled']).waitFor({ state: 'detached' });
    await goTo(page, language, 'audit');
    await fill(page, t['audit.text'], name);
    await page.keyboard.press('Enter');
    await page.locator('.data tbody', { hasText: `PUT /accounts/{name}` }).nth(1).waitFor();
    assert.equal(await page.locator('.data tbody').count(), 3);
    await picture(page, `${language}-audit`);
    await assertAccessible(page, 'audit');
    await page.getByLabel(t['audit.outcome']).selectOption('refused');
    await page.getByRole('button', { name: t['common.search'] }).click();
    await page.getByText(t['audit.empty']).waitFor();
    await page.context().close();
  });
}

test('a viewer sees rules and cannot change them, and neither administrators nor the audit log', async () => {
  const t = languages.en;
  const page = await signedIn('en', {}, 'vera-en');
  await openRule(page, 'en');
  await page.getByText(t['common.viewerHint']).waitFor();
  assert.equal(await page.getByRole('button', { name: t['rule.save'] }).count(), 0);
  assert.equal(await page.getByLabel(t['rule.wait'], { exact: true }).isDisabled(), true);
  assert.equal(await page.getByRole('link', { name: t['nav.audit'] }).count(), 0);
  await page.goto(`${server.process.url}/console/#/administrators`);
  await page.getByRole('heading', { level: 1, name: t['overview.title'] }).waitFor();
  await page.context().close();
});

test('the pages fit a phone and a dark screen', async () => {
  const page = await signedIn('zh', { size: phone, dark: true });
  for (const name of ['auto-record', 'administrators', 'audit'] as const) {
    await goTo(page, 'zh', name);
    await page.waitForLoadState('networkidle');
    await picture(page, `phone-${name}`);
    await assertNoOverflow(page, name);
    await assertAccessible(page, `${name}, dark, on a phone`);
  }
  await openRule(page, 'zh');
  await page.getByLabel(languages.zh['rule.mixedOn'], { exact: true }).check();
  await picture(page, 'phone-rule');
  await assertNoOverflow(page, 'rule');
  await assertAccessible(page, 'rule, dark, on a phone');
  await page.context().close();
});

test('no page threw, and none went against its policy', () => assertNoFaults());
