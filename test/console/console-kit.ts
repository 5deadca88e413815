import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import { en } from '../../console/texts/en.ts';
import { zh } from '../../console/texts/zh.ts';
import type { TestServer } from '../kit/server.ts';

/** Languages of the console with their dictionaries. */
export const languages = { en, zh } as const;
export type Language = keyof typeof languages;

/** What the first start printed for the console. */
export function firstPassword(server: TestServer): string {
  const line = server.process.said.find((one) => one.includes('Sign in as admin'));
  return /with the password (\S+)/.exec(line ?? '')?.[1] ?? assert.fail('no password was printed');
}

export interface Visit {
  readonly language: Language;
  readonly size?: { readonly width: number; readonly height: number };
  readonly dark?: boolean;
}

const desktop = { width: 1280, height: 900 };
export const phone = { width: 390, height: 844 };

/** A browser of its own cookies at the console; whatever the page breaks of its policy or throws fails the test. */
export async function openConsole(browser: Browser, server: TestServer, visit: Visit): Promise<Page> {
  const context = await browser.newContext({
    locale: visit.language === 'zh' ? 'zh-CN' : 'en-US',
    timezoneId: 'Asia/Shanghai',
    viewport: visit.size ?? desktop,
    colorScheme: visit.dark ? 'dark' : 'light',
    // A colour on its way to another is neither; axe would measure it.
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on('pageerror', (error) => faults.push(error.message));
  // What the server refuses is in the console's log as well, and is meant.
  page.on('console', (line) => {
    if (line.type() === 'error' && !line.text().startsWith('Failed to load resource')) faults.push(line.text());
  });
  await page.goto(`${server.process.url}/console/`);
  return page;
}

const faults: string[] = [];

/** Nothing went wrong in any page so far. */
export const assertNoFaults = (): void => assert.deepEqual(faults, []);

/** Signs in as somebody would. */
export async function signIn(page: Page, language: Language, name: string, password: string): Promise<void> {
  const t = languages[language];
  await page.getByLabel(t['signIn.name'], { exact: true }).fill(name);
  await page.getByLabel(t['signIn.password'], { exact: true }).fill(password);
  await page.getByRole('button', { name: t['signIn.submit'] }).click();
  await page.getByRole('heading', { name: t['overview.title'], level: 1 }).waitFor();
}

/** Goes to a page by the menu. */
export async function goTo(
  page: Page,
  language: Language,
  name:
    | 'overview'
    | 'recordings'
    | 'library'
    | 'rooms'
    | 'layout'
    | 'account'
    | 'auto-record'
    | 'administrators'
    | 'audit',
) {
  const t = languages[language];
  await page
    .getByRole('navigation')
    .getByRole('link', { name: t[`nav.${name}`] })
    .click();
  await page.getByRole('heading', { level: 1, name: t[`${name}.title`] }).waitFor();
}

/** Fills a field by its label. */
export const fill = (page: Page, label: string, text: string): Promise<void> =>
  page.getByLabel(label, { exact: true }).fill(text);

/** Waits until an expression is true in the page; the page's policy forbids what would wait there. */
export async function until(page: Page, expression: string): Promise<void> {
  for (let n = 0; n < 150; n += 1) {
    if (await page.evaluate(expression)) return;
    await page.waitForTimeout(100);
  }
  assert.fail(`${expression} did not come true`);
}

/** Nothing makes the page wider than the screen. */
export async function assertNoOverflow(page: Page, where: string): Promise<void> {
  const [wide, screen] = (await page.evaluate('[document.documentElement.scrollWidth, innerWidth]')) as number[];
  assert.ok(wide! <= screen!, `${where} is ${wide} px wide on a screen of ${screen} px`);
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Finding {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** No finding of axe that it calls serious or critical. */
export async function assertAccessible(page: Page, where: string): Promise<void> {
  // Not as a tag: the page's policy forbids it, as it should.
  await page.evaluate(axeSource);
  const findings = (await page.evaluate('axe.run().then(({ violations }) => violations)')) as readonly Finding[];
  const serious = findings.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  assert.deepEqual(
    serious.map(({ id, nodes }) => [where, id, nodes[0]?.html, nodes[0]?.failureSummary]),
    [],
  );
}

/** Takes a picture for people where `CONSOLE_PICTURES` names a folder. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env['CONSOLE_PICTURES'];
  if (folder) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true, caret: 'initial' });
}
