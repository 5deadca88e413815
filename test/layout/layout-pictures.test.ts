import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { gridPlan, type CustomCell, type LayoutMode, type LayoutPlan } from '../../src/layout/layout-plan.ts';
import { layoutPictures, type LayoutPicture, type PlacedPicture } from '../../src/layout/layout-pictures.ts';
import { intersection, rect, type Rect } from '../../src/layout/rect.ts';

interface FixtureSlot {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
  readonly px: unknown;
}
type Fixture = Record<string, Record<string, FixtureSlot[]>>;
const fixture = JSON.parse(readFileSync(new URL('layouts.json', import.meta.url), 'utf8')) as Fixture;
const canvas = { width: 1280, height: 720 };
const modes: Record<string, LayoutMode> = { 1: 'floating', 2: 'share', 3: 'grid' };

const user = (order: number, extra: Partial<LayoutPicture> = {}): LayoutPicture => ({
  userId: `u${order}`,
  mediaId: 'main',
  order,
  hasVideo: true,
  ...extra,
});
const plan = (mode: LayoutMode, change: Partial<LayoutPlan> = {}): LayoutPlan => ({ ...gridPlan, mode, ...change });
const ids = (placed: readonly PlacedPicture<LayoutPicture>[]): (string | undefined)[] =>
  placed.map(({ picture }) => picture?.userId);
const main = (userId: string) => ({ userId, mediaId: 'main' as const });
const users = (count: number): LayoutPicture[] => Array.from({ length: count }, (_, i) => user(i));

for (const [number, mode] of Object.entries(modes)) {
  test(`${mode}: every rectangle of the contract for 1 to 25 pictures`, () => {
    for (let n = 1; n <= 25; n++) {
      const placed = layoutPictures(plan(mode, { big: main('u0') }), canvas, users(n));
      const expected = fixture[number]?.[String(n)]?.map((slot) => slot.px);
      assert.deepEqual(
        placed.map((p) => p.rect),
        expected,
        `${mode} ${n}`,
      );
      assert.deepEqual(
        ids(placed),
        users(n).map((p) => p.userId),
      );
    }
  });
}

for (const [number, mode] of Object.entries(modes)) {
  test(`${mode}: every rectangle for 1 to 25 pictures on other canvases lies on the contract’s fractions (D-11)`, () => {
    for (const size of [
      { width: 360, height: 640 },
      { width: 1080, height: 1920 },
      { width: 1920, height: 1080 },
      { width: 640, height: 480 },
      { width: 486, height: 864 },
    ])
      for (let n = 1; n <= 25; n++) {
        const placed = layoutPictures(plan(mode, { big: main('u0') }), size, users(n));
        const slots = fixture[number]?.[String(n)] ?? [];
        assert.equal(placed.length, slots.length);
        slots.forEach(({ x, y, w, h }, i) => {
          const { left, top, width, height } = placed[i]!.rect;
          const edges = [left, top, left + width, top + height];
          const exact = [x * size.width, y * size.height, (x + w) * size.width, (y + h) * size.height];
          edges.forEach((edge, k) => {
            assert.equal(edge % 2, 0);
            assert.ok(Math.abs(edge - exact[k]!) < 1.01, `${mode} ${n} slot ${i}: ${edge} for ${exact[k]}`);
          });
        });
      }
  });
}

test('share aligned right: every rectangle of the contract for 1 to 25 pictures, mirrored', () => {
  for (let n = 1; n <= 25; n++) {
    const placed = layoutPictures(plan('share', { big: main('u0'), alignRight: true }), canvas, users(n));
    const edges = (fixture['2']?.[String(n)] ?? []).map(({ x, w }) => [1 - x - w, 1 - x].map((e) => e * canvas.width));
    assert.equal(placed.length, edges.length);
    const left = layoutPictures(plan('share', { big: main('u0') }), canvas, users(n));
    placed.forEach(({ rect: area }, i) => {
      [area.left, area.left + area.width].forEach((edge, k) => {
        // Nearest even pixel; the fixture's fractions have six digits.
        assert.ok(edge % 2 === 0 && Math.abs(edge - edges[i]![k]!) < 1.01, `${n} slot ${i}: ${edge}`);
      });
      assert.deepEqual([area.top, area.height], [left[i]!.rect.top, left[i]!.rect.height]);
    });
  }
});

test('custom: every one of 1 to 25 pictures is in the cell of its place in the list', () => {
  const custom = Array.from({ length: 25 }, (_, i) => cell(rect(40 * i + (i % 3), 20 * i, 41, 31)));
  const even = (n: number): number => 2 * Math.round(n / 2);
  for (let n = 1; n <= 25; n++) {
    const placed = layoutPictures(plan('custom', { custom }), canvas, users(n).toReversed());
    assert.deepEqual(
      ids(placed),
      users(n).map((p) => p.userId),
    );
    placed.forEach(({ rect: area }, i) => {
      const { left, top, width, height } = custom[i]!.rect;
      const [right, bottom] = [even(left + width), even(top + height)];
      assert.deepEqual(area, rect(even(left), even(top), right - even(left), bottom - even(top)), `${n}: ${i}`);
    });
  }
});

test('every template on odd canvases: even, inside, smalls apart', () => {
  for (const size of [
    { width: 360, height: 640 },
    { width: 1920, height: 1080 },
    { width: 854, height: 480 },
    { width: 98, height: 102 },
  ])
    for (const mode of Object.values(modes))
      for (let n = 1; n <= 25; n++) {
        const all = layoutPictures(plan(mode, { big: main('u0') }), size, users(n)).map((p) => p.rect);
        for (const r of all) {
          assert.ok([r.left, r.top, r.width, r.height].every((v) => v % 2 === 0 && v >= 0));
          assert.ok(r.left + r.width <= size.width && r.top + r.height <= size.height);
        }
        const smalls = mode === 'floating' ? all.slice(1) : all;
        smalls.forEach((a, i) =>
          smalls.slice(i + 1).forEach((b) => assert.equal(intersection(a, b), undefined, `${mode} ${n}`)),
        );
      }
});

test('order is entry order, an aux directly after its main', () => {
  const pictures = [user(5), user(2), user(2, { mediaId: 'aux' }), user(9)];
  const placed = layoutPictures(gridPlan, canvas, pictures);
  assert.deepEqual(
    placed.map(({ picture }) => [picture?.order, picture?.mediaId]),
    [
      [2, 'main'],
      [2, 'aux'],
      [5, 'main'],
      [9, 'main'],
    ],
  );
});

test('26 pictures: the first 25 are placed (L20)', () => {
  for (const mode of Object.values(modes)) {
    const placed = layoutPictures(plan(mode, { big: main('u0') }), canvas, users(26));
    assert.equal(placed.length, 25);
    assert.ok(!placed.some((p) => p.picture?.order === 25));
  }
});

test('floating without a big user: the earliest is big, also after it leaves (L13)', () => {
  const big = layoutPictures(plan('floating'), canvas, users(3))[0];
  assert.equal(big?.picture?.userId, 'u0');
  const next = layoutPictures(plan('floating'), canvas, users(3).slice(1));
  assert.equal(next[0]?.picture?.userId, 'u1');
  assert.deepEqual(next[1]?.rect, rect(16, 542, 300, 170));
});

test('floating with a big user (L14) and with an absent one (L15)', () => {
  const placed = layoutPictures(plan('floating', { big: main('u1') }), canvas, users(3));
  assert.deepEqual(ids(placed), ['u1', 'u0', 'u2']);
  const absent = layoutPictures(plan('floating', { big: main('gone') }), canvas, users(2));
  assert.deepEqual(
    absent.map((p) => p.rect),
    [rect(16, 542, 300, 170), rect(332, 542, 300, 170)],
  );
});

test('share: five small ones without a big user take the next tier (L8)', () => {
  const placed = layoutPictures(plan('share'), canvas, users(5));
  assert.deepEqual(
    placed.map((p) => p.rect),
    [0, 1, 2, 3, 4].map((i) => rect(1098, 120 * i, 182, 120)),
  );
});

test('share aligned right mirrors (L12)', () => {
  const placed = layoutPictures(plan('share', { big: main('u0'), alignRight: true }), canvas, users(5));
  assert.deepEqual(placed[0]?.rect, rect(256, 0, 1024, 720));
  assert.ok(placed.slice(1).every((p) => p.rect.left === 0));
});

test('share: the big picture can be the aux of the user', () => {
  const pictures = [user(0), user(1), user(1, { mediaId: 'aux' })];
  const placed = layoutPictures(plan('share', { big: { userId: 'u1', mediaId: 'aux' } }), canvas, pictures);
  assert.deepEqual(placed[0]?.picture, pictures[2]);
});

test('an audio-only user takes a slot unless the flag says no (L16)', () => {
  const pictures = [user(0), user(1, { hasVideo: false })];
  assert.deepEqual(layoutPictures(gridPlan, canvas, pictures)[0]?.rect, rect(0, 0, 640, 720));
  const alone = layoutPictures(plan('grid', { pureAudioDisableLayout: true }), canvas, pictures);
  assert.deepEqual(
    alone.map((p) => p.rect),
    [rect(0, 0, 1280, 720)],
  );
});

const cell = (area: Rect, change: Partial<CustomCell> = {}): CustomCell => ({
  rect: area,
  mediaId: 'main',
  alpha: 0,
  renderMode: 'crop',
  imageLayer: 0,
  ...change,
});

test('custom: own entries, free entries in entry order, layers ascending (L17)', () => {
  const custom = [
    cell(rect(0, 0, 100, 100), { userId: 'u2', imageLayer: 2 }),
    cell(rect(200, 0, 50, 50), { imageLayer: 1 }),
  ];
  const placed = layoutPictures(plan('custom', { custom }), canvas, users(4));
  assert.deepEqual(
    placed.map((p) => [p.picture?.userId, p.rect.left]),
    [
      ['u0', 200],
      ['u2', 0],
    ],
  );
});

test('nobody: nothing is placed, and the input is left as it was', () => {
  const none: LayoutPicture[] = [];
  assert.deepEqual(layoutPictures(plan('grid'), canvas, none), []);
  const pictures = [user(3), user(1)];
  layoutPictures(gridPlan, canvas, pictures);
  assert.deepEqual(
    pictures.map((p) => p.order),
    [3, 1],
  );
});

test('custom: alpha, mode and image are the cell’s own; rectangles are rounded at both edges and cut at the canvas', () => {
  const custom = [
    cell(rect(75, 33, 101, 50), { userId: 'u1', alpha: 7, renderMode: 'smart', image: 'http://h/own.png' }),
    cell(rect(1000, 700, 281, 21), { userId: 'u0', mediaId: 'aux' }),
    cell(rect(5, 5, 1, 1)),
  ];
  const pictures = [user(0), user(0, { mediaId: 'aux' }), user(1)];
  const placed = layoutPictures(plan('custom', { custom, placeholderImage: 'http://h/all.png' }), canvas, pictures);
  assert.deepEqual(
    placed.map(({ rect: r, alpha, renderMode, image }) => [r, alpha, renderMode, image]),
    [
      [rect(76, 34, 100, 50), 7, 'smart', 'http://h/own.png'],
      [rect(1000, 700, 280, 20), 0, 'crop', 'http://h/all.png'],
      [rect(6, 6, 0, 0), 0, 'crop', 'http://h/all.png'],
    ],
  );
});

test('custom: at most 25 cells, equal layers in list order', () => {
  const custom = Array.from({ length: 26 }, (_, i) => cell(rect(i, 0, 10, 10), { userId: `u${i}`, imageLayer: i % 2 }));
  const shown = ids(layoutPictures(plan('custom', { custom }), canvas, users(26)));
  const even = Array.from({ length: 13 }, (_, i) => `u${2 * i}`);
  const odd = Array.from({ length: 12 }, (_, i) => `u${2 * i + 1}`);
  assert.deepEqual(shown, [...even, ...odd]);
});

test('custom: a placeholder stands in for an absent user of a cell, if there is an image', () => {
  const custom = [
    cell(rect(0, 0, 10, 10), { userId: 'gone', image: 'http://h/own.png' }),
    cell(rect(10, 0, 10, 10), { userId: 'gone too' }),
    cell(rect(20, 0, 10, 10)),
  ];
  const places = (change: Partial<LayoutPlan>): number[] =>
    layoutPictures(plan('custom', { custom, ...change }), canvas, []).map((p) => p.rect.left);
  assert.deepEqual(places({}), []);
  assert.deepEqual(places({ placeholders: true }), [0]);
  assert.deepEqual(places({ placeholders: true, placeholderImage: 'http://h/all.png' }), [0, 10]);
});

test('D-7: screen share holds 25 pictures, or 24 where the plan says so; other templates keep 25', () => {
  const shown = (mode: LayoutMode, change: Partial<LayoutPlan>) =>
    layoutPictures(plan(mode, { big: main('u0'), ...change }), canvas, users(26));
  const all = shown('share', {});
  assert.deepEqual([all.length, all[24]?.rect], [25, rect(896, 630, 128, 90)]);
  assert.deepEqual(shown('share', { sharePictures: 25 }), all);
  assert.deepEqual(shown('share', { sharePictures: 24 }), all.slice(0, 24));
  for (const mode of ['floating', 'grid'] as const) assert.equal(shown(mode, { sharePictures: 24 }).length, 25, mode);
});

test('D-7: without the big user 24 pictures are 23 small ones', () => {
  const small = layoutPictures(plan('share', { sharePictures: 24 }), canvas, users(26));
  assert.deepEqual(
    ids(small),
    users(23).map((p) => p.userId),
  );
});

for (const mode of ['floating', 'share'] as const) {
  test(`D-9: ${mode} keeps the area of an absent big user free, or gives it to the earliest`, () => {
    const placed = (change: Partial<LayoutPlan>, pictures = users(3)) =>
      layoutPictures(plan(mode, { big: main('gone'), ...change }), canvas, pictures);
    const reserved = placed({});
    assert.deepEqual(ids(reserved), ['u0', 'u1', 'u2']);
    assert.notDeepEqual(reserved[0]?.rect, layoutPictures(plan(mode, { big: main('u0') }), canvas, users(3))[0]?.rect);
    assert.deepEqual(placed({ absentBig: 'reserve' }), reserved);
    const promoted = placed({ absentBig: 'promote' });
    assert.deepEqual(promoted, layoutPictures(plan(mode, { big: main('u0') }), canvas, users(3)));
    // Entry decides, not the order in which the pictures are handed over.
    assert.deepEqual(placed({ absentBig: 'promote' }, users(3).toReversed()), promoted);
    assert.equal(
      placed({ absentBig: 'promote' }, [...users(3), user(9, { userId: 'gone' })])[0]?.picture?.userId,
      'gone',
    );
    assert.deepEqual(placed({ absentBig: 'promote' }, []), []);
  });
}

test('D-9: screen share without a big user has nobody to promote', () => {
  assert.deepEqual(
    layoutPictures(plan('share', { absentBig: 'promote' }), canvas, users(3)),
    layoutPictures(plan('share'), canvas, users(3)),
  );
});
