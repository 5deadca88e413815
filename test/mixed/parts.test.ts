import assert from 'node:assert/strict';
import test from 'node:test';
import { contains, intersection, rect, without, type Rect } from '../../src/layout/rect.ts';
import { parseColour } from '../../src/mixed/colour.ts';
import { fitPicture } from '../../src/mixed/fitting.ts';
import { Interleaver } from '../../src/mixed/interleaver.ts';
import { Limiter, limiterBlock } from '../../src/mixed/limiter.ts';
import { Roster, type RosterChange } from '../../src/mixed/roster.ts';
import { SoundBus } from '../../src/mixed/sound-bus.ts';
import { TickGrid } from '../../src/mixed/tick-grid.ts';
import { Schedule } from '../../src/mixed/schedule.ts';
import { layOver, plainStamp, stampOf } from '../../src/mixed/stamp.ts';
import { UnitQueue } from '../../src/mixed/unit-queue.ts';
import { micros, wallUs } from '../../src/units.ts';

const zero = wallUs(1_700_000_000_000_000);

test('ticks of 26 hours at odd rates: absolute, never accumulated, and found again', () => {
  for (const fps of [1, 7, 15, 24, 25, 30, 60]) {
    const grid = new TickGrid(zero, fps);
    const last = 26 * 3600 * fps;
    assert.equal(grid.pts(last), 26 * 3600 * 1_000_000);
    for (const k of [-1, 0, 1, 2, 3, 1000, 99_991, last - 1, last]) {
      const t = grid.at(k);
      assert.equal(grid.lastUpTo(t), k);
      assert.equal(grid.firstFrom(t), k);
      assert.equal(grid.lastUpTo(wallUs(t - 1)), k - 1);
      assert.equal(grid.firstFrom(wallUs(t + 1)), k + 1);
    }
  }
});

test('crop cuts around the centre, fit leaves bars, stretch neither', () => {
  const cell = { width: 320, height: 180 };
  const source = { width: 640, height: 480 };
  assert.deepEqual(fitPicture('crop', source, cell).crop, rect(0, 60, 640, 360));
  assert.deepEqual(fitPicture('fit', source, cell).place, rect(40, 0, 240, 180));
  assert.deepEqual(fitPicture('stretch', source, cell), { crop: rect(0, 0, 640, 480), place: rect(0, 0, 320, 180) });
  assert.deepEqual(fitPicture('crop', { width: 360, height: 640 }, cell).crop, rect(0, 218, 360, 202));
});

test('smart stretch cuts at most a fifth, and the rest is stretched', () => {
  const wide = { width: 1000, height: 500 };
  assert.deepEqual(fitPicture('smart', wide, { width: 180, height: 100 }).crop, rect(50, 0, 900, 500));
  assert.deepEqual(fitPicture('smart', wide, { width: 100, height: 100 }).crop, rect(100, 0, 800, 500));
  assert.deepEqual(fitPicture('smart', wide, { width: 100, height: 10 }).crop, rect(0, 50, 1000, 400));
  assert.deepEqual(fitPicture('smart', wide, { width: 100, height: 10 }).place, rect(0, 0, 100, 10));
});

test('a difference of shape that is only rounding is not cut; odd sources lose a row', () => {
  assert.deepEqual(
    fitPicture('crop', { width: 640, height: 360 }, { width: 426, height: 240 }).crop,
    rect(0, 0, 640, 360),
  );
  assert.deepEqual(
    fitPicture('stretch', { width: 321, height: 181 }, { width: 64, height: 64 }).crop,
    rect(0, 0, 320, 180),
  );
});

test('every fitting stays inside source and cell on even pixels', () => {
  for (const mode of ['crop', 'fit', 'stretch', 'smart'] as const)
    for (const source of [
      [2, 2],
      [2, 1080],
      [1920, 2],
      [641, 359],
      [1080, 1920],
    ] as const)
      for (const cell of [
        [2, 2],
        [1280, 720],
        [128, 90],
        [2, 640],
      ] as const) {
        const { crop, place } = fitPicture(
          mode,
          { width: source[0], height: source[1] },
          { width: cell[0], height: cell[1] },
        );
        for (const [part, [width, height]] of [
          [crop, source],
          [place, cell],
        ] as const) {
          assert.ok(part.left >= 0 && part.top >= 0 && part.width >= 2 && part.height >= 2);
          assert.ok(part.left + part.width <= width && part.top + part.height <= height);
          assert.ok([part.left, part.top, part.width, part.height].every((v) => v % 2 === 0));
        }
      }
});

test('colours of both written forms, in BT.601 limited range', () => {
  assert.deepEqual(parseColour('#000000'), [16, 128, 128]);
  assert.deepEqual(parseColour('0xffffff'), [235, 128, 128]);
  assert.deepEqual(parseColour('#FF0000'), [81, 90, 240]);
  assert.throws(() => parseColour('FFA500'), TypeError);
});

test('sound waits for the pictures around it', () => {
  const written: string[] = [];
  const interleaver = new Interleaver(
    { writeVideo: (p) => written.push(`v${p.dts}`), writeAudio: (p) => written.push(`a${p.pts}`) },
    true,
  );
  const data = new Uint8Array();
  const duration = micros(1);
  for (const pts of [0, 10, 20, 30]) interleaver.audio({ pts: micros(pts), duration, data });
  for (const dts of [0, 15, 40]) interleaver.video({ pts: micros(dts), dts: micros(dts), duration, key: true, data });
  assert.equal(interleaver.waiting, 2);
  interleaver.flush();
  assert.deepEqual(written, ['v0', 'a0', 'a10', 'v15', 'a20', 'a30', 'v40']);
});

test('a picture is written when those that are shown before it are there', () => {
  const written: number[] = [];
  const interleaver = new Interleaver({ writeVideo: (p) => written.push(p.pts), writeAudio: () => {} }, true);
  const [duration, data] = [micros(1), new Uint8Array()];
  const seen = [0, 30, 10, 20, 60, 40].map((pts, k) => {
    interleaver.video({ pts: micros(pts), dts: micros(10 * k), duration, key: k === 0, data });
    return written.at(-1);
  });
  assert.deepEqual(seen, [undefined, 0, 0, 0, 20, 20]);
  assert.deepEqual(written, [0, 30, 10, 20], 'what a close without an end leaves');
  interleaver.flush();
  assert.deepEqual(written, [0, 30, 10, 20, 60, 40]);
});

test('the limiter never lets anything above the ceiling out, and quiet sound through untouched', () => {
  const limiter = new Limiter(1);
  const out: number[] = [];
  const push = (value: (i: number) => number): void => {
    const block = [Float32Array.from({ length: limiterBlock }, (_, i) => value(i))];
    limiter.process(block);
    out.push(...block[0]!);
  };
  for (let n = 0; n < 4; n++) push((i) => 0.5 * Math.sin(i));
  for (let n = 0; n < 9; n++) push((i) => (n % 3 === 0 ? 12 : 0.3) * Math.sin(i));
  for (let n = 0; n < 80; n++) push((i) => 0.5 * Math.sin(i));
  assert.ok(Math.max(...out.map(Math.abs)) <= 0.8911);
  for (let i = 0; i < limiterBlock; i++) assert.equal(out[limiterBlock + i], Math.fround(0.5 * Math.sin(i)));
  for (let i = 0; i < limiterBlock; i++)
    assert.equal(out[out.length - limiterBlock + i], Math.fround(0.5 * Math.sin(i)));
  for (let i = 1; i < out.length; i++) assert.ok(Math.abs(out[i]! - out[i - 1]!) < 1.8);
});

test('the bus sums what overlaps, leaves out what is too late or too far ahead, and wraps', () => {
  const bus = new SoundBus(1, 1000);
  const ones = [new Float32Array(960).fill(1)];
  const block = [new Float32Array(limiterBlock)];
  assert.equal(bus.add(40, ones), 960);
  assert.equal(bus.add(880, ones), 120);
  assert.equal(bus.add(1000, ones), 0);
  assert.equal(bus.add(1000 + 400 * limiterBlock, ones), 960);
  bus.take(block);
  assert.ok(block[0]!.every((v) => v === 2));
  for (let n = 1; n < 1200; n++) {
    assert.equal(bus.add(bus.position + 1200, ones), 0);
    bus.take(block);
  }
  assert.equal(bus.position, 1000 + 1200 * limiterBlock);
  assert.ok(block[0]!.every((v) => v === 4));
});

test('a wild stamp does not hold the queue back, and the queue is bounded', () => {
  const queue = new UnitQueue<{ at: ReturnType<typeof wallUs> }>(200);
  for (const at of [10, 9_999_999, 30, 40]) assert.ok(queue.push({ at: wallUs(at) }));
  assert.deepEqual(
    [1, 2, 3, 4].map(() => queue.take(wallUs(35))?.at),
    [10, 30, 30, undefined],
  );
  for (let i = 0; i < 199; i++) assert.ok(queue.push({ at: wallUs(100 + i) }));
  assert.equal(queue.push({ at: wallUs(999) }), false);
  for (let i = 0; i < 200; i++) assert.ok(queue.take(wallUs(999)));
  assert.equal(queue.take(wallUs(999)), undefined);
  assert.equal(queue.clear(), 0);
});

const roster = (): { roster: Roster<string>; log: string[] } => {
  const log: string[] = [];
  const events = {
    replaced: (a: string, b: string) => log.push(`${a}>${b}`),
    rested: (a: string) => log.push(`~${a}`),
    released: (a: string) => log.push(`-${a}`),
  };
  return { roster: new Roster<string>(events), log };
};
const enter = (userId: string, order: number): RosterChange<string> => ({ kind: 'enter', userId, order });
const show = (userId: string, source: string, mediaId: 'main' | 'aux' = 'main'): RosterChange<string> => ({
  kind: 'show',
  userId,
  mediaId,
  source,
});

test('roster changes take effect at their time; one user’s keep their order whatever their stamps', () => {
  const { roster: r, log } = roster();
  r.plan(wallUs(200), enter('a', 0));
  r.plan(wallUs(150), show('a', 's1'));
  r.plan(wallUs(100), enter('b', 1));
  assert.equal(r.nextChange, 100);
  assert.equal(r.applyUntil(wallUs(99)), false);
  assert.equal(r.applyUntil(wallUs(199)), true);
  assert.deepEqual(
    r.seats().map((s) => s.userId),
    ['b'],
  );
  r.applyUntil(wallUs(200));
  assert.equal(r.seats().find((s) => s.userId === 'a')?.source, 's1');
  assert.deepEqual(log, []);
});

test('replacing, hiding the old one late, leaving', () => {
  const { roster: r, log } = roster();
  for (const change of [enter('a', 0), show('a', 's1'), show('a', 's2')]) r.plan(wallUs(1), change);
  r.plan(wallUs(2), { kind: 'hide', userId: 'a', mediaId: 'main', source: 's1' });
  r.plan(wallUs(3), { kind: 'leave', userId: 'a' });
  r.applyUntil(wallUs(2));
  assert.equal(r.seats()[0]?.source, 's2');
  r.plan(wallUs(4), show('a', 's3'));
  r.applyUntil(wallUs(9));
  assert.deepEqual(log, ['s1>s2', '-s2', '-s3']);
  assert.deepEqual(r.seats(), []);
});

test('seats: a voice has one, a screen alone has one, camera and screen have two', () => {
  const { roster: r } = roster();
  for (const change of [enter('voice', 0), enter('screen', 1), enter('both', 2)]) r.plan(wallUs(1), change);
  for (const change of [show('screen', 's', 'aux'), show('both', 'c'), show('both', 'd', 'aux')])
    r.plan(wallUs(1), change);
  r.applyUntil(wallUs(1));
  assert.deepEqual(
    r.seats().map((s) => `${s.userId}/${s.mediaId}/${s.hasVideo}`),
    ['voice/main/false', 'screen/aux/true', 'both/main/true', 'both/aux/true'],
  );
});

test('a camera that is switched off keeps its seat and rests; a new one takes its place', () => {
  const { roster: r, log } = roster();
  for (const change of [enter('a', 0), show('a', 'camera'), show('a', 'screen', 'aux')]) r.plan(wallUs(1), change);
  for (const mediaId of ['main', 'aux'] as const) r.plan(wallUs(2), { kind: 'hide', userId: 'a', mediaId });
  r.applyUntil(wallUs(2));
  assert.deepEqual(r.seats(), [{ userId: 'a', mediaId: 'main', order: 0, hasVideo: false, source: 'camera' }]);
  r.plan(wallUs(3), show('a', 'next'));
  r.applyUntil(wallUs(3));
  assert.equal(r.seats()[0]?.hasVideo, true);
  r.plan(wallUs(4), { kind: 'leave', userId: 'a' });
  r.applyUntil(wallUs(4));
  assert.deepEqual(log, ['~camera', '-screen', 'camera>next', '-next']);
});

test('pictures that must not be seen any more go at once, resting ones too; the seat stays', () => {
  const { roster: r, log } = roster();
  for (const change of [enter('a', 0), show('a', 'camera'), show('a', 'screen', 'aux')]) r.plan(wallUs(1), change);
  r.plan(wallUs(2), { kind: 'hide', userId: 'a', mediaId: 'main' });
  r.plan(wallUs(2), { kind: 'forget', userId: 'a' });
  r.plan(wallUs(2), { kind: 'forget', userId: 'nobody' });
  r.applyUntil(wallUs(2));
  assert.deepEqual(log, ['~camera', '-camera', '-screen']);
  assert.deepEqual(r.seats(), [{ userId: 'a', mediaId: 'main', order: 0, hasVideo: false, source: undefined }]);
});

test('a schedule gives the newest that is due, in the order in which it was announced', () => {
  const schedule = new Schedule<string>();
  for (const [at, value] of [
    [10, 'a'],
    [30, 'b'],
    [20, 'c'],
  ] as const)
    schedule.plan(wallUs(at), value);
  assert.equal(schedule.takeUntil(wallUs(9)), undefined);
  assert.equal(schedule.takeUntil(wallUs(29)), 'a');
  assert.deepEqual([schedule.next, schedule.values()], [30, ['b', 'c']]);
  assert.equal(schedule.takeUntil(wallUs(30)), 'c');
  assert.equal(schedule.next, undefined);
});

test('an area without a hole: every pixel is once in the rest, or in the hole', () => {
  const area = rect(4, 4, 8, 6);
  const inside = ({ left, top, width, height }: Rect, x: number, y: number): boolean =>
    x >= left && x < left + width && y >= top && y < top + height;
  for (let left = 0; left <= 12; left += 2)
    for (let top = 0; top <= 12; top += 2)
      for (const [width, height] of [
        [2, 2],
        [4, 20],
        [20, 2],
        [20, 20],
      ] as const) {
        const hole = rect(left, top, width, height);
        const rest = without(area, hole);
        assert.equal(contains(hole, area), rest.length === 0);
        for (let x = 0; x < 16; x++)
          for (let y = 0; y < 16; y++) {
            const times = rest.filter((part) => inside(part, x, y)).length;
            assert.equal(times, inside(area, x, y) && !inside(hole, x, y) ? 1 : 0);
          }
        const both = intersection(area, hole);
        assert.ok(!both || (contains(area, both) && contains(hole, both)));
      }
});

test('a stamp has the colours of its bitmap, and laid over a ground those of both', () => {
  const bitmap = { width: 2, height: 2, data: Buffer.from(Array.from({ length: 4 }, () => [255, 0, 0, 255]).flat()) };
  const solid = stampOf(bitmap);
  assert.equal(solid.opacity, undefined);
  assert.deepEqual(
    solid.data.map((plane) => plane[0]),
    [...parseColour('#FF0000')],
  );
  const half = stampOf({ ...bitmap, data: Buffer.from(Array.from({ length: 4 }, () => [128, 0, 0, 128]).flat()) });
  const ground = plainStamp({ width: 4, height: 4 }, parseColour('#0000FF'));
  layOver(ground, half, 2, 2);
  assert.deepEqual(
    ground.data.map((plane) => plane[0]),
    [...parseColour('#0000FF')],
  );
  const mixed = [0, 1, 2].map((i) => (parseColour('#FF0000')[i]! * 128 + parseColour('#0000FF')[i]! * 127) / 255);
  ground.data.forEach((plane, i) => assert.ok(Math.abs(plane.at(-1)! - mixed[i]!) <= 1.5));
});
