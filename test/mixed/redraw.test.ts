import assert from 'node:assert/strict';
import test from 'node:test';
import type { Frame } from 'node-av/lib';
import { present } from '../../src/codec/native.ts';
import { decodeImage } from '../../src/images/image-decoder.ts';
import type { ImageLoader } from '../../src/images/image-loader.ts';
import type { LayoutPlan, RenderMode } from '../../src/layout/layout-plan.ts';
import { rect, type Rect } from '../../src/layout/rect.ts';
import type { PictureEncoder } from '../../src/mixed/picture-encoder.ts';
import { PictureMixer } from '../../src/mixed/picture-mixer.ts';
import { TickGrid } from '../../src/mixed/tick-grid.ts';
import type { VideoUnit } from '../../src/timeline/media.ts';
import { wallUs } from '../../src/units.ts';
import { png } from '../images/image-files.ts';
import { randomFrom } from './meeting-scene.ts';
import { at, cell, fps, plan, zero } from './mix-kit.ts';
import { asUnits, encodePictures } from './synthetic-media.ts';

const canvas = { width: 160, height: 96 };
const ticks = 60;
const grid = new TickGrid(zero, fps);
const image = png(20, 16, (x, y) => [12 * x, 15 * y, 200, x > 10 ? 90 : 255]);

/** A camera whose every picture differs from the one before. */
const noise = (seed: number, width: number, height: number) =>
  encodePictures({
    width,
    height,
    count: ticks,
    fps,
    colour: (i) => (planes, linesize) =>
      planes.forEach((plane, p) => {
        for (let y = 0; y < height >> (p && 1); y++)
          for (let x = 0; x < width >> (p && 1); x++)
            plane[y * linesize[p]! + x] = (x * 7 + y * 3 + i * 11 + seed * 40) & 255;
      }),
  });

const cameras = await Promise.all([noise(1, 64, 48), noise(2, 48, 64), noise(3, 96, 32), noise(4, 64, 48)]);

/** Cells that overlap, shine through and have bars, marks that lie over them and over each other. */
function randomPlan(random: () => number): LayoutPlan {
  const below = (n: number): number => Math.floor(random() * n);
  const area = (): Rect => {
    const [left, top] = [below(100), below(60)];
    return rect(left, top, 10 + below(canvas.width - left - 10), 10 + below(canvas.height - top - 10));
  };
  const renderMode = (): RenderMode => (['crop', 'fit', 'stretch', 'smart'] as const)[below(4)]!;
  const custom = Array.from({ length: 5 }, () =>
    cell(area(), {
      alpha: below(2) * below(256),
      renderMode: renderMode(),
      imageLayer: below(3),
      ...(below(2) ? { image: 'http://h/a.png' } : {}),
    }),
  );
  const words = { fontSize: 12 + below(20), colour: '#ffee00', font: 'Tencent' as const };
  return plan({
    mode: (['custom', 'custom', 'floating', 'grid'] as const)[below(4)]!,
    custom,
    renderMode: renderMode(),
    background: '#336699',
    ...(below(2) ? { backgroundImage: { url: 'http://h/a.png', renderMode: renderMode() } } : {}),
    watermarks: [
      { kind: 'text', text: '水印 mark', rect: area(), ...words },
      { kind: 'image', url: 'http://h/a.png', rect: area() },
      { kind: 'timestamp', position: 'center', timeZone: 8, font: 'Tencent' },
    ],
  });
}

/** The visible bytes of every tick's canvas; `anew` draws each tick from nothing. */
async function draw(layout: LayoutPlan, units: readonly VideoUnit[][], anew: boolean): Promise<Buffer[]> {
  const pictures: Buffer[] = [];
  const keep = (frame: Frame): [] => {
    const planes = present('planes', frame.data).map((plane, p) => {
      const [width, height, stride] = [canvas.width >> (p && 1), canvas.height >> (p && 1), frame.linesize[p]!];
      return Buffer.concat(
        Array.from({ length: height }, (_, y) => Buffer.from(plane.subarray(y * stride, y * stride + width))),
      );
    });
    pictures.push(Buffer.concat(planes));
    return [];
  };
  const encoder = { encode: keep, finish: () => [], close: () => {} } as unknown as PictureEncoder;
  const loads: Promise<unknown>[] = [];
  const load: ImageLoader['load'] = (_, within) => {
    const bitmap = decodeImage(image, within);
    loads.push(bitmap);
    return bitmap;
  };
  const mixer = new PictureMixer({
    grid,
    firstTick: 0,
    windowTicks: 7,
    canvas,
    layout,
    media: ['main', 'aux'],
    fill: 'black',
    images: { load },
    onImageFailed: (url) => assert.fail(url),
    onTextFailed: (error) => assert.fail(String(error)),
    encoder,
    onPacket: () => {},
  });
  await Promise.all(loads);
  units.forEach((track, i) => {
    mixer.roster.plan(zero, { kind: 'enter', userId: `u${i}`, order: i });
    if (track.length === 0) return;
    const source = mixer.createSource(() => {});
    mixer.roster.plan(zero, { kind: 'show', userId: `u${i}`, mediaId: 'main', source });
    for (const unit of track) source.onVideo(unit);
  });
  mixer.roster.plan(at(2), { kind: 'hide', userId: 'u0', mediaId: 'main' });
  mixer.roster.plan(at(3), { kind: 'leave', userId: 'u1' });
  // Whoever enters, be it again, makes the mixer arrange and draw everything.
  if (anew) for (let k = 1; k < ticks; k++) mixer.roster.plan(grid.at(k), { kind: 'enter', userId: 'u4', order: 4 });
  for (const _ of mixer.drawUntil(ticks));
  mixer.close();
  return pictures;
}

test('drawing only what changed gives, byte for byte, what drawing everything gives', async () => {
  for (let seed = 1; seed <= 16; seed++) {
    const random = randomFrom(seed);
    const layout = randomPlan(random);
    // Cameras of different rates, one that stops, and a user who is only heard.
    const units = cameras.map((camera, i) => {
      const stop = i === 3 ? 10 : ticks;
      const slow = asUnits(camera, wallUs(zero + Math.floor(random() * 50_000)), fps / (1 + i / 2));
      return slow.slice(0, stop);
    });
    const [changed, all] = [await draw(layout, [...units, []], false), await draw(layout, [...units, []], true)];
    assert.equal(changed.length, ticks);
    assert.ok(new Set(changed.map((picture) => picture.toString('base64'))).size > ticks / 2);
    changed.forEach((picture, k) =>
      assert.ok(picture.equals(all[k]!), `seed ${seed}, ${layout.mode}: tick ${k} differs`),
    );
  }
});
