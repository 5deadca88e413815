import assert from 'node:assert/strict';
import test from 'node:test';
import type { MarkPosition, Watermark } from '../../src/layout/layout-plan.ts';
import { rect, type Rect } from '../../src/layout/rect.ts';
import { timestampText } from '../../src/mixed/watermarks.ts';
import { TextPainter, visiblePart } from '../../src/mixed/text-painter.ts';
import { png } from '../images/image-files.ts';
import { decodeImage } from '../../src/images/image-decoder.ts';
import { decodePictures, type ShownPicture } from './mix-file.ts';
import { assertColour, at, canvas, cell, fps, inner, plan, play, solid, startMix, stillMix, zero } from './mix-kit.ts';
import { asUnits, black, blue, green, red, white, type Colour } from './synthetic-media.ts';

const [reds, blacks] = await Promise.all([solid(red, 1), solid(black, 1)]);
const hd = { width: 1280, height: 720, fps, bitrate: 3_000_000, gopSeconds: 2 };

const text = (words: string, area: Rect, change: Partial<Extract<Watermark, { kind: 'text' }>> = {}): Watermark => ({
  kind: 'text',
  text: words,
  rect: area,
  fontSize: 40,
  colour: '#ffffff',
  font: 'Tencent',
  ...change,
});

/** How much of an area is brighter than the picture behind it, 0 … 1. */
const inkOf = (picture: ShownPicture, area: Rect): number => (picture.mean(area)[0] - 16) / 219;

test('an image mark is scaled to its rectangle, above all pictures, as transparent as it is', async () => {
  const file = png(40, 20, (x) => [0, 0, 255, x < 20 ? 255 : 128]);
  const images = { load: (_: string, within: { width: number; height: number }) => decodeImage(file, within) };
  const mark: Watermark = { kind: 'image', url: 'http://h/a.png', rect: rect(101, 51, 120, 80) };
  const mix = await startMix({ layout: plan({ watermarks: [mark] }), images, streams: 'video' });
  mix.recording.addAnchor('a', 0, zero);
  const sink = mix.recording.addPicture('a', 'main', zero);
  await new Promise((resolve) => setTimeout(resolve, 300));
  play(mix, 2, [{ sink, units: asUnits(await solid(red, 2), zero, fps) }]);
  mix.recording.finish(at(2));
  const shown = decodePictures(mix.file.videos).at(-1);
  assertColour(shown, inner(rect(102, 52, 58, 78)), blue, 'opaque half');
  assertColour(shown, inner(rect(164, 52, 56, 78)), [61, 166, 174], 'half transparent half');
  assertColour(shown, rect(0, 0, 90, 240), red, 'beside it');
  assertColour(shown, rect(230, 0, 90, 240), red, 'beside it');
});

test('text: ink of its colour in its rectangle and nowhere else, Chinese too', async () => {
  const area = rect(100, 100, 400, 60);
  const shown = await stillMix(
    plan({
      watermarks: [
        text('云端录制', area),
        text('Hello', rect(100, 200, 400, 60), { colour: '0x00FF00', background: '0x0000FF' }),
      ],
    }),
    { a: blacks },
    { video: hd },
  );
  for (let glyph = 0; glyph < 4; glyph++) {
    const ink = inkOf(shown, rect(100 + 40 * glyph, 100, 40, 44));
    assert.ok(ink > 0.1 && ink < 0.6, `glyph ${glyph}: ${ink}`);
  }
  assert.ok(inkOf(shown, rect(270, 100, 230, 60)) < 0.02, 'behind the text');
  assertColour(shown, rect(240, 206, 250, 48), blue, 'ground of the second text');
  const [, , v] = shown.mean(rect(104, 210, 90, 34));
  assert.ok(v < 105, `green ink takes red away: ${v}`);
  for (const outside of [rect(0, 0, 1280, 96), rect(0, 264, 1280, 456), rect(504, 100, 776, 160)])
    assert.ok(inkOf(shown, outside) < 0.01);
});

test('a text that is too long or too large is cut at its rectangle', async () => {
  const area = rect(40, 40, 80, 40);
  const shown = await stillMix(plan({ watermarks: [text('█'.repeat(60), area, { fontSize: 200 })] }), { a: blacks });
  assert.ok(inkOf(shown, inner(area)) > 0.9);
  for (const outside of [rect(0, 0, 320, 34), rect(0, 86, 320, 154), rect(126, 0, 194, 240), rect(0, 0, 34, 240)])
    assert.ok(inkOf(shown, outside) < 0.02, JSON.stringify(outside));
});

test('no text reaches the library’s option syntax: every sign is drawn as itself', () => {
  const painter = new TextPainter({ width: 800, height: 100 });
  const size = { width: 800, height: 60 };
  const inkIn = (words: string): number => painter.paint(words, 32, size).data.reduce((sum, value) => sum + value, 0);
  const one = inkIn('x');
  for (const sign of [':', "'", '\\', '%', '{', '}', ',', ';', '[', ']', '=', '"', '`', '$'])
    assert.ok(inkIn(`x${sign}`) > one, `${sign} leaves ink`);
  for (const attack of ['%{pts}', `a':fontsize=90:text='b`, '\\:fontcolor=black', '%{e:1/0}']) {
    const whole = inkIn(attack);
    const parts = Array.from(attack).reduce((sum, letter) => sum + inkIn(letter), 0);
    assert.ok(Math.abs(whole / parts - 1) < 0.05, `${attack}: ${whole} of ${parts}`);
  }
  assert.equal(inkIn(' '), 0);
  assert.equal(inkIn('x'), one, 'nothing stays behind');
  painter.close();
});

test('a huge text costs what can be seen of it, and what can be seen is all there', () => {
  const area = { width: 400, height: 100 };
  const page = Array.from({ length: 60 }, () => 'ij.'.repeat(300)).join('\r\n');
  const seen = visiblePart(page, 20, area).split('\n');
  assert.deepEqual([seen.length, seen[0]?.length], [5, 102]);
  assert.equal(visiblePart('短\n文', 20, area), '短\n文');
  const painter = new TextPainter({ width: 400, height: 1300 });
  const glyphs = Array.from({ length: 341 }, (_, i) => String.fromCodePoint(0x4e00 + 7 * i)).join('');
  const before = process.memoryUsage().rss;
  const inked = painter.paint(glyphs, 1000, { width: 400, height: 1000 }).data.some((cover) => cover > 0);
  assert.ok(inked);
  assert.ok(process.memoryUsage().rss - before < 60e6, 'three hundred glyphs of a megabyte each were made');
  painter.close();
});

test('the time is told in the zone of the mark, over the ends of days, months and years', () => {
  assert.equal(timestampText(0, 8), '1970-01-01 08:00:00');
  assert.equal(timestampText(Date.UTC(2025, 11, 31, 23, 59, 59) / 1000, 0), '2025-12-31 23:59:59');
  assert.equal(timestampText(Date.UTC(2025, 11, 31, 23, 59, 59) / 1000, 1), '2026-01-01 00:59:59');
  assert.equal(timestampText(Date.UTC(2024, 2, 1, 3, 0, 0) / 1000, -12), '2024-02-29 15:00:00');
});

const positions: Record<MarkPosition, readonly [x: number, y: number]> = {
  'top-left': [0, 0],
  'top-right': [2, 0],
  'bottom-left': [0, 2],
  'bottom-right': [2, 2],
  'top-center': [1, 0],
  'bottom-center': [1, 2],
  center: [1, 1],
};

test('a timestamp stands in each of the seven places', async () => {
  for (const [position, [column, row]] of Object.entries(positions)) {
    const mark: Watermark = { kind: 'timestamp', position: position as MarkPosition, timeZone: 8, font: 'Tencent' };
    const shown = await stillMix(plan({ watermarks: [mark] }), { a: blacks }, { video: hd });
    const inks = Array.from({ length: 9 }, (_, i) =>
      inkOf(shown, rect(426 * (i % 3), 240 * Math.floor(i / 3), 426, 240)),
    );
    const most = inks.indexOf(Math.max(...inks));
    assert.deepEqual([most % 3, Math.floor(most / 3)], [column, row], position);
    inks.forEach((ink, i) => assert.ok(i === most || ink < 0.003, `${position}: ink in ${i}`));
  }
});

/** Whether an area looks different, beyond what coding changes. */
const differs = (a: ShownPicture, b: ShownPicture, area: Rect): boolean =>
  Array.from({ length: area.width / 4 }, (_, i) => rect(area.left + 4 * i, area.top, 4, area.height)).some(
    (strip) => Math.abs(a.mean(strip)[0] - b.mean(strip)[0]) > 12,
  );

test('a timestamp changes with each second of wall time, at its very tick, also over pictures that stand still', async () => {
  const mark: Watermark = { kind: 'timestamp', position: 'top-left', timeZone: 0, font: 'SourceHanSans' };
  const start = { zeroUs: at(0.4), video: hd };
  const mix = await startMix({ ...start, layout: plan({ watermarks: [mark] }), streams: 'video' });
  mix.recording.addAnchor('a', 0, at(0.4));
  const sink = mix.recording.addPicture('a', 'main', at(0.4));
  play(mix, 4, [{ sink, units: asUnits(blacks.slice(0, 1), at(0.4), fps) }], 0.4);
  mix.recording.finish(at(4));
  const shown = decodePictures(mix.file.videos);
  const area = rect(8, 8, 360, 48);
  const changes = shown.flatMap((picture, i) => (i > 0 && differs(shown[i - 1]!, picture, area) ? [i] : []));
  // Ticks lie at 0.4 s + k / 15 of the wall's second: the next seconds begin at 0.6, 1.6 and 2.6 s of the recording.
  assert.deepEqual(changes, [9, 24, 39]);
});

test('marks over moving pictures do not build up, and marks over marks are drawn in their order', async () => {
  const half: Watermark = text('█'.repeat(9), rect(0, 0, 100, 100), { fontSize: 200, colour: '#ffffff' });
  const over: Watermark = text('█'.repeat(9), rect(40, 40, 100, 100), { fontSize: 200, colour: '#00ff00' });
  const glass: Watermark = { kind: 'timestamp', position: 'bottom-left', timeZone: 0, font: 'Tencent' };
  const shown = await stillMix(plan({ watermarks: [half, over, glass] }), { a: reds });
  assertColour(shown, rect(4, 4, 32, 92), white, 'first');
  assertColour(shown, rect(48, 48, 44, 44), green, 'second above it');
  // The timestamp's ground is black of 40 %: fifteen ticks on, the red below is still there.
  const [y, , v] = shown.mean(rect(6, canvas.height - 18, 3, 10));
  const dimmed: Colour = [82 * 0.6 + 16 * 0.4, 0, 240 * 0.6 + 128 * 0.4];
  assert.ok(Math.abs(y - dimmed[0]) < 25 && Math.abs(v - dimmed[2]) < 25, `${y}, ${v}`);
});

test('25 marks are drawn, a 26th is not; marks change with the layout', async () => {
  const marks = Array.from({ length: 26 }, (_, i) => text('█', rect(12 * i, 0, 10, 10), { fontSize: 40 }));
  const custom = [cell(rect(0, 0, 320, 240), { userId: 'a' })];
  const mix = await startMix({ layout: plan({ mode: 'custom', custom, watermarks: marks }), streams: 'video' });
  mix.recording.addAnchor('a', 0, zero);
  const sink = mix.recording.addPicture('a', 'main', zero);
  mix.recording.changeLayout(plan({ watermarks: [text('█', rect(300, 200, 16, 16), { fontSize: 40 })] }), at(1));
  play(mix, 2, [{ sink, units: asUnits(blacks, zero, fps) }]);
  mix.recording.finish(at(2));
  const shown = decodePictures(mix.file.videos);
  for (let i = 0; i < 26; i++) assert.equal(inkOf(shown[14]!, rect(12 * i + 2, 2, 6, 6)) > 0.5, i < 25, `mark ${i}`);
  assert.ok(inkOf(shown[16]!, rect(0, 0, 290, 20)) < 0.05, 'the old ones are gone');
  assert.ok(inkOf(shown[16]!, rect(304, 204, 8, 8)) > 0.5, 'the new one is there');
});
