import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { layoutPictures } from '../../src/layout/layout-pictures.ts';
import { evenCanvas, type Rect, type Size } from '../../src/layout/rect.ts';
import { base, startApi, type Json } from '../api/recording-api.ts';
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

/** The designer of layouts in a real Chromium; what it copies goes to the real API. */

let server: TestServer;
let chromium: ChromiumKit;
let password: string;
const api = await startApi();

before(async () => {
  [server, chromium] = await Promise.all([TestServer.start(), launchChromium()]);
  password = firstPassword(server);
});

after(async () => {
  await chromium?.close();
  await server?.close();
});

async function designer(language: Language, more: object = {}): Promise<Page> {
  const page = await openConsole(chromium.browser, server, { language, ...more });
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await signIn(page, language, 'admin', password);
  await goTo(page, language, 'layout');
  await page.locator('.layout-picture').waitFor();
  return page;
}

interface Drawn {
  readonly picture: string;
  readonly rect: Rect;
}

/** Pictures as they stand in the page, in drawing order. */
const drawnIn = (page: Page): Promise<Drawn[]> =>
  page.evaluate(`[...document.querySelectorAll('.board .placed')].map((element) => ({
    picture: element.dataset.picture,
    rect: Object.fromEntries(['x', 'y', 'width', 'height'].map((name) =>
      [{ x: 'left', y: 'top' }[name] ?? name, Number(element.getAttribute(name))])),
  }))`);

const rectsIn = async (page: Page): Promise<Rect[]> => (await drawnIn(page)).map(({ rect }) => rect);

interface FixtureSlot {
  readonly px: Rect;
}
/** The contract's own rectangles, for 1280×720. */
const facts = JSON.parse(readFileSync(new URL('../layout/layouts.json', import.meta.url), 'utf8')) as Record<
  string,
  Record<string, FixtureSlot[]>
>;

/** Copies, sends it as an official client would, and gives the plan that a recorder would get. */
async function recorded(page: Page, language: Language) {
  const t = languages[language];
  await page.getByRole('button', { name: t['layout.copy'] }).click();
  await page.getByText(t['layout.copied']).waitFor();
  const copied = JSON.parse(await page.evaluate<string>('navigator.clipboard.readText()')) as Json;
  const answer = await api.call('CreateCloudRecording', base(copied));
  assert.equal(answer.code, undefined, answer.text);
  return { copied, plan: api.tasks.created.at(-1)!.plan };
}

/** The recorder would draw what the page does. */
async function assertRecordedAsDrawn(page: Page, language: Language): Promise<void> {
  const { plan } = await recorded(page, language);
  const drawn = await drawnIn(page);
  const pictures = drawn.map(({ picture: of }, order) => {
    const [userId, mediaId] = of.split('/') as [string, 'main' | 'aux'];
    return { userId, mediaId, order, hasVideo: true };
  });
  const placed = layoutPictures(plan.layout, evenCanvas(plan.video), pictures);
  assert.deepEqual(
    placed.map((one) => ({ picture: `${one.picture!.userId}/${one.picture!.mediaId}`, rect: one.rect })),
    drawn,
  );
}

async function open(page: Page, language: Language, text: string): Promise<void> {
  const t = languages[language];
  await page.getByRole('button', { name: t['layout.open'], exact: true }).click();
  await page.getByLabel(t['layout.openHint']).fill(text);
  await page.locator('dialog').getByRole('button', { name: t['layout.openDo'], exact: true }).click();
}

const setCount = (page: Page, language: Language, n: number): Promise<void> =>
  page.getByRole('spinbutton', { name: languages[language]['layout.count'] }).fill(String(n));

for (const language of ['en', 'zh'] as const) {
  const t = languages[language];

  test(`${language}: all modes draw the contract’s rectangles for 1 to 25 pictures, and the API records what was drawn`, async () => {
    const page = await designer(language);
    for (const mode of ['1', '2', '3'] as const) {
      await page.getByLabel(t['layout.mode']).selectOption(mode);
      if (mode !== '3') await fill(page, t['layout.big'], 'user1');
      for (let n = 1; n <= 25; n += 1) {
        await setCount(page, language, n);
        assert.deepEqual(
          await rectsIn(page),
          facts[mode]![n]!.map(({ px }) => px),
          `mode ${mode}, ${n}`,
        );
      }
      await setCount(page, language, 7);
      await assertRecordedAsDrawn(page, language);
      await picture(page, `${language}-layout-${mode}`);
      await assertAccessible(page, `layout ${mode}`);
    }
    await page.getByLabel(t['layout.mode']).selectOption('4');
    // They begin as those of the grid of seven.
    assert.deepEqual(
      await rectsIn(page),
      facts['3']![7]!.map(({ px }) => px),
    );
    await assertRecordedAsDrawn(page, language);
    await page
      .getByRole('button', { name: t['layout.cell'].replace('{n}', '2') })
      .first()
      .focus();
    await picture(page, `${language}-layout-4`);
    await assertAccessible(page, 'layout 4');
    await page.context().close();
  });
}

const t = languages.en;
const twoCells = {
  MixLayoutMode: 4,
  MixLayoutList: [
    { Left: 0, Top: 0, Width: 640, Height: 360 },
    { Left: 640, Top: 360, Width: 320, Height: 180, UserId: 'ann' },
  ],
};
const handle = (page: Page, n: number) => page.locator('.board').getByRole('button', { name: `Rectangle ${n}` });
const canvas: Size = { width: 1280, height: 720 };

/** Presses at a point of the canvas and moves by so many of its pixels. */
async function drag(page: Page, from: readonly [number, number], by: readonly [number, number]): Promise<void> {
  const { x, y, width } = (await page.locator('.board').boundingBox())!;
  const scale = width / canvas.width;
  const at = (n: readonly [number, number]): [number, number] => [x + n[0] * scale, y + n[1] * scale];
  await page.mouse.move(...at(from));
  await page.mouse.down();
  await page.mouse.move(...at([from[0] + by[0] / 2, from[1] + by[1] / 2]));
  await page.mouse.move(...at([from[0] + by[0], from[1] + by[1]]));
  await page.mouse.up();
}

const isNear = (a: number, b: number): boolean => Math.abs(a - b) <= 4;

function assertNear(area: Rect | undefined, wanted: readonly [number, number, number, number]): void {
  const { left, top, width, height } = area!;
  assert.ok(
    [left, top, width, height].every((n, i) => n % 2 === 0 && isNear(n, wanted[i]!)),
    JSON.stringify(area),
  );
}

test('rectangles are dragged, pulled at their corners, moved by keyboard, and are recorded where they stand', async () => {
  const page = await designer('en');
  await open(page, 'en', JSON.stringify(twoCells));
  await page.getByText(t['layout.opened']).waitFor();
  await drag(page, [800, 450], [101, -51]);
  assertNear((await rectsIn(page))[1], [741, 309, 320, 180]);
  await page.getByText(/^Rectangle 2: left 74/).waitFor();
  const { left, top } = (await rectsIn(page))[1]!;
  await drag(page, [left + 320, top + 180], [-100, 40]);
  assertNear((await rectsIn(page))[1], [741, 309, 220, 220]);
  // Not out of the picture, and back by keyboard.
  await drag(page, [100, 100], [-500, 0]);
  assert.equal((await rectsIn(page))[0]!.left, 0);
  await handle(page, 1).focus();
  for (const key of ['ArrowRight', 'ArrowRight', 'ArrowDown', 'Shift+ArrowRight', 'Shift+ArrowUp'])
    await page.keyboard.press(key);
  assert.deepEqual((await rectsIn(page))[0], { left: 4, top: 2, width: 642, height: 358 });
  await page.getByText('Rectangle 1: left 4, top 2, 642 × 358').waitFor();
  await fill(page, t['layout.side.Left'], '11');
  assert.equal((await rectsIn(page))[0]!.left, 12);
  await assertRecordedAsDrawn(page, 'en');
  const { copied } = await recorded(page, 'en');
  const list = (copied['MixLayoutParams'] as Json)['MixLayoutList'] as Json[];
  assert.deepEqual([list[0]!['Left'], list[1]!['UserId']], [11, 'ann']);
  await handle(page, 1).focus();
  await page.keyboard.press('Delete');
  assert.deepEqual(
    (await drawnIn(page)).map((one) => one.picture),
    ['ann/main'],
  );
  await page.context().close();
});

test('a finger drags too, and the page does not scroll meanwhile', async () => {
  const page = await designer('en', { size: phone });
  await open(page, 'en', JSON.stringify(twoCells));
  await page.locator('.board').scrollIntoViewIfNeeded();
  const { x, y, width } = (await page.locator('.board').boundingBox())!;
  const point = (left: number, top: number) => [
    { x: x + (left * width) / canvas.width, y: y + (top * width) / canvas.width },
  ];
  const scrolled = await page.evaluate('scrollY');
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Emulation.setTouchEmulationEnabled', { enabled: true });
  const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', touchPoints: { x: number; y: number }[]) =>
    cdp.send('Input.dispatchTouchEvent', { type, touchPoints });
  await touch('touchStart', point(800, 450));
  for (const step of [20, 40, 60, 80]) await touch('touchMove', point(800 - step, 450 - step));
  await touch('touchEnd', []);
  assertNear((await rectsIn(page))[1], [560, 280, 320, 180]);
  assert.equal(await page.evaluate('scrollY'), scrolled);
  await page.context().close();
});

test('watermarks: image, text and timestamp are added, dragged and recorded', async () => {
  const page = await designer('en');
  for (const type of [0, 1, 2] as const) await page.getByRole('button', { name: t[`layout.addMark.${type}`] }).click();
  await page.getByLabel(t['layout.pos']).selectOption('6');
  // The text lies above the image.
  await drag(page, [60, 40], [200, 100]);
  await fill(page, t['layout.chars'], '第 1 课');
  const { plan } = await recorded(page, 'en');
  const [image, text, time] = plan.layout.watermarks;
  assert.ok(image?.kind === 'image' && text?.kind === 'text' && time?.kind === 'timestamp');
  assert.deepEqual([image.rect.left, text.text, time.position], [16, '第 1 课', 'center']);
  assertNear(text.rect, [216, 116, 160, 48]);
  assert.equal(await page.locator('.board .mark').count(), 3);
  await picture(page, 'en-layout-marks');
  await assertAccessible(page, 'watermarks');
  await page.context().close();
});

test('what the API would refuse is told in words and not copied; JSON that is none is refused', async () => {
  const page = await designer('en');
  const copy = page.getByRole('button', { name: t['layout.copy'] });
  await fill(page, t['layout.width'], '1921');
  await page.getByRole('alert').getByText('Width must be a whole number from 16 to 1920.').waitFor();
  await copy.click();
  await page.locator('.notice').getByText(t['layout.cannotCopy']).waitFor();
  await fill(page, t['layout.width'], '640');
  await open(page, 'en', JSON.stringify(twoCells));
  await page.getByRole('alert').getByText('Rectangle 2: It must lie inside the picture of 640 × 720.').waitFor();
  await picture(page, 'en-layout-refused');
  // It can be taken hold of all the same, at the edge, and lies over nothing else.
  await handle(page, 2).focus();
  const [board, held] = [(await page.locator('.board').boundingBox())!, (await handle(page, 2).boundingBox())!];
  assert.ok(held.x + held.width <= board.x + board.width + 1, JSON.stringify({ board, held }));
  await fill(page, t['layout.width'], '1280');
  await until(page, 'document.querySelector("[role=alert]") === null');
  await recorded(page, 'en');
  for (const [text, words] of [
    ['{ "MixLayoutMode": 1', t['layout.refused.not-json']],
    ['{ "RoomId": "1" }', t['layout.refused.no-layout']],
    ['{ "MixLayoutMode": 9 }', 'MixLayoutMode must be one of 1, 2, 3, 4.'],
    ['{ "MixLayoutMode": 1, "Title": "" }', 'There is no field Title.'],
  ] as const) {
    await open(page, 'en', text);
    await page.locator('dialog').getByText(words).waitFor();
    await assertAccessible(page, 'refused JSON');
    await page.keyboard.press('Escape');
  }
  // Nothing of it came in.
  assert.equal((await rectsIn(page)).length, 2);
  await page.context().close();
});

test('the design is there again after a reload; it fits a phone and a dark screen', async () => {
  const page = await designer('zh', { size: phone, dark: true });
  await open(page, 'zh', JSON.stringify(twoCells));
  await page.getByText(languages.zh['layout.opened']).waitFor();
  const before = await rectsIn(page);
  await page.reload();
  await page.locator('.layout-picture').waitFor();
  assert.deepEqual(await rectsIn(page), before);
  for (const mode of ['4', '2', '1']) {
    await page.getByLabel(languages.zh['layout.mode']).selectOption(mode);
    if (mode === '4') await page.locator('.handle').first().focus();
    await page.locator('details summary').click();
    await picture(page, `phone-layout-${mode}`);
    await assertNoOverflow(page, `layout ${mode}`);
    await assertAccessible(page, `layout ${mode}, dark, on a phone`);
  }
  await page.context().close();
});

test('no page threw, and none went against its policy', () => assertNoFaults());
