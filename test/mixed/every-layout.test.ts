import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import type { CustomCell, LayoutPlan } from '../../src/layout/layout-plan.ts';
import { rect, type Rect, type Size } from '../../src/layout/rect.ts';
import { ExpectedPicture } from './expected-picture.ts';
import { decodePictures, type ShownPicture } from './mix-file.ts';
import { at, cell, plan, play, startMix } from './mix-kit.ts';
import { asUnits, encodePictures, type CodedPicture, type Colour } from './synthetic-media.ts';

/**
 * Every template and a custom layout with 1 to 25 people, seen in the decoded recording and compared pixel by pixel: in
 * one recording for each layout people enter one after the other, each with a colour of their own. Where they must be
 * is taken from the contract's `layouts.json` and its rounding rule (D-11), not from our layout function.
 */

interface FixtureSlot {
  readonly role: 'big' | 'small';
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
  readonly px: Rect;
}
const fixture = JSON.parse(readFileSync(new URL('../layout/layouts.json', import.meta.url), 'utf8')) as Record<
  string,
  Record<string, readonly FixtureSlot[]>
>;

const people = 25;
const fps = 5;
const grey: Colour = [126, 128, 128];

/** In some plane each is 62 or more from every other, and from the background. */
const levels = [50, 120, 190];
const colours = levels
  .flatMap((y) => levels.flatMap((u) => levels.map((v): Colour => [y, u, v])))
  .filter((colour) => colour.some((value) => value !== 120))
  .slice(0, people);

/** One picture is enough: it stays. */
const cameras: CodedPicture[][] = [];
for (const colour of colours)
  cameras.push(await encodePictures({ width: 64, height: 36, count: 1, fps, colour: () => colour }));

/** Contract D-11: both edges to the nearest even pixel, halves up. The fixture's fractions have six digits. */
const even = (exact: number): number => 2 * Math.round(exact / 2 + 1e-6);

function edgesToRect(size: Size, left: number, top: number, right: number, bottom: number): Rect {
  const [x, y] = [even(left * size.width), even(top * size.height)];
  return rect(x, y, even(right * size.width) - x, even(bottom * size.height) - y);
}

const reference: Size = { width: 1280, height: 720 };

/** The contract's slots of a template, big one first where there is one. */
function slots(size: Size, mode: 1 | 2 | 3, count: number, mirrored = false): Rect[] {
  return (fixture[mode]?.[count] ?? []).map(({ x, y, w, h, px }) => {
    if (size.width === reference.width && size.height === reference.height && !mirrored)
      return rect(px.left, px.top, px.width, px.height);
    const left = mirrored ? 1 - x - w : x;
    return edgesToRect(size, left, y, left + w, y + h);
  });
}

/** Cells of a custom layout that overlap, with edges on odd pixels, layers against the list, and owners here and there. */
function customCells({ width, height }: Size): CustomCell[] {
  return Array.from({ length: people }, (_, i) => {
    const [column, row] = [i % 5, Math.floor(i / 5)];
    const area = rect(
      Math.floor((column * width) / 5.3) + 1,
      Math.floor((row * height) / 5.3),
      Math.floor(width / 5) + (i % 3),
      Math.floor(height / 5) + (i % 2),
    );
    return cell(area, { imageLayer: (7 * i) % 5, ...(i % 4 === 1 ? { userId: `u${people - 1 - i}` } : {}) });
  });
}

/** Who is in which rectangle, undermost first. */
type Placed = readonly (readonly [person: number, area: Rect])[];

/** By the contract's words: own cells for their users, the others in order of entry, layers ascending, ties as listed. */
function customPlaces(size: Size, count: number): Placed {
  const cells = customCells(size);
  const owned = new Set(cells.map(({ userId }) => userId));
  const free = Array.from({ length: count }, (_, i) => i).filter((i) => !owned.has(`u${i}`));
  const places = cells.flatMap(({ rect: area, userId, imageLayer }, index) => {
    const person = userId === undefined ? free.shift() : Number(userId.slice(1));
    if (person === undefined || person >= count) return [];
    const [right, bottom] = [area.left + area.width, area.top + area.height].map(even) as [number, number];
    const [left, top] = [even(area.left), even(area.top)];
    return [{ person, index, imageLayer, area: rect(left, top, right - left, bottom - top) }];
  });
  return places
    .sort((a, b) => a.imageLayer - b.imageLayer || a.index - b.index)
    .map(({ person, area }) => [person, area] as const);
}

interface LayoutCase {
  readonly name: string;
  readonly plan: (size: Size) => Partial<LayoutPlan>;
  readonly places: (size: Size, count: number) => Placed;
}

const inOrder = (areas: readonly Rect[]): Placed => areas.map((area, i) => [i, area] as const);

/** Of a template whose big area is kept free: so many small ones need one slot more. */
const withoutBig = (areas: readonly Rect[]): Placed => inOrder(areas.slice(1));

const big = { userId: 'u0', mediaId: 'main' as const };
const absent = { userId: 'x', mediaId: 'main' as const };
/** With the big area kept free, 24 small pictures are all that have a place. */
const tier = (count: number): number => Math.min(people, count + 1);

const cases: readonly LayoutCase[] = [
  { name: 'floating', plan: () => ({ mode: 'floating' }), places: (size, n) => inOrder(slots(size, 1, n)) },
  {
    name: 'floating whose big user is absent',
    plan: () => ({ mode: 'floating', big: absent }),
    places: (size, n) => withoutBig(slots(size, 1, tier(n))),
  },
  { name: 'share', plan: () => ({ mode: 'share', big }), places: (size, n) => inOrder(slots(size, 2, n)) },
  {
    name: 'share at the right',
    plan: () => ({ mode: 'share', big, alignRight: true }),
    places: (size, n) => inOrder(slots(size, 2, n, true)),
  },
  {
    name: 'share without a big user',
    plan: () => ({ mode: 'share' }),
    places: (size, n) => withoutBig(slots(size, 2, tier(n))),
  },
  { name: 'grid', plan: () => ({ mode: 'grid' }), places: (size, n) => inOrder(slots(size, 3, n)) },
  { name: 'custom', plan: (size) => ({ mode: 'custom', custom: customCells(size) }), places: customPlaces },
];

/** The picture with 1, 2, … 25 people. Each enters two ticks after the one before and is seen at once. */
async function growing(size: Size, layout: Partial<LayoutPlan>): Promise<ShownPicture[]> {
  const video = { ...size, fps, bitrate: 8_000_000, gopSeconds: 1 };
  const mix = await startMix({ layout: plan({ background: '#808080', ...layout }), streams: 'video', video });
  const feedings = cameras.map((pictures, i) => {
    const time = at((2 * i) / fps);
    mix.recording.addAnchor(`u${i}`, i, time);
    return { sink: mix.recording.addPicture(`u${i}`, 'main', time), units: asUnits(pictures, time, fps) };
  });
  const end = (2 * people) / fps;
  play(mix, end, feedings);
  mix.recording.finish(at(end));
  const shown = decodePictures(mix.file.videos);
  assert.equal(shown.length, 2 * people);
  return shown.filter((_, k) => k % 2 === 1);
}

/** The contract's own, its default, and one whose halves are odd. */
const canvases: readonly Size[] = [reference, { width: 360, height: 640 }, { width: 358, height: 202 }];

for (const { name, plan: planOf, places } of cases)
  for (const size of canvases)
    test(`${name}, 1 to 25 people, ${size.width}×${size.height}: every pixel of the recording`, async () => {
      const shown = await growing(size, planOf(size));
      for (let count = 1; count <= people; count++) {
        const expected = new ExpectedPicture(size, grey);
        for (const [person, area] of places(size, count)) expected.paint(area, colours[person]!);
        expected.assertShown(shown[count - 1]!, 31, `${count} people`);
      }
    });
