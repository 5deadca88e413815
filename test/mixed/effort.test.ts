import assert from 'node:assert/strict';
import { test } from 'node:test';
import { effortSteps, fullEffort, type Effort } from '../../src/mixed/effort.ts';
import type { VideoUnit } from '../../src/timeline/media.ts';
import { wallUs } from '../../src/units.ts';
import { decodePictures } from './mix-file.ts';
import { assertColour, at, canvas, cells, fps, solid, startMix, tickTime, zero, type Mix } from './mix-kit.ts';
import { asUnits, blue, encodePictures, green, red, type CodedPicture, type Colour } from './synthetic-media.ts';

const [, noFilter, half, quarter, keysOnly] = effortSteps as [Effort, Effort, Effort, Effort, Effort];

interface Camera {
  readonly mix: Mix;
  /** Time goes on to that second, with what the camera sends meanwhile. */
  readonly show: (units: readonly VideoUnit[], to: number) => void;
}

/** One camera over the whole canvas. */
async function oneCamera(): Promise<Camera> {
  const mix = await startMix({ streams: 'video' });
  mix.recording.addAnchor('a', 0, zero);
  const sink = mix.recording.addPicture('a', 'main', zero);
  let now = zero;
  const show = (units: readonly VideoUnit[], to: number): void => {
    while (now < at(to)) {
      const next = wallUs(now + 100_000);
      for (const unit of units) if (unit.at >= now && unit.at < next) sink.onVideo(unit);
      now = next;
      mix.recording.advance(now);
    }
  };
  return { mix, show };
}

const ticksOf = (mix: Mix): number[] =>
  mix.file.videos.map(({ pts }) => Math.round((pts * fps) / 1_000_000)).sort((a, b) => a - b);

test('with fewer pictures each stands for its time, none is out of place, and it all comes back', async () => {
  const { mix, show } = await oneCamera();
  const colours = [red, green, blue] as const;
  const units = asUnits(
    await encodePictures({ ...canvas, count: 12 * fps, colour: (i) => colours[Math.floor(i / 30) % 3]! }),
    zero,
    fps,
  );
  show(units, 4);
  mix.recording.setEffort(quarter);
  show(units, 8);
  mix.recording.setEffort(fullEffort);
  show(units, 12);
  mix.recording.finish(at(12));
  const ticks = ticksOf(mix);
  const steps = ticks.map((tick, i) => (ticks[i + 1] ?? 12 * fps) - tick);
  assert.deepEqual([...new Set(steps.slice(0, 40))], [1]);
  assert.ok(steps.filter((step) => step === 4).length >= 12, steps.join());
  assert.deepEqual([...new Set(steps.slice(-50))], [1]);
  const packets = mix.file.videos.toSorted((a, b) => a.pts - b.pts);
  packets
    .slice(0, -1)
    .forEach(({ pts, duration }, i) => assert.ok(pts + duration >= packets[i + 1]!.pts, `hole at ${pts}`));
  const shown = decodePictures(mix.file.videos);
  assert.equal(shown.length, ticks.length);
  shown.forEach((picture, i) => {
    assert.equal(picture.pts, tickTime(ticks[i]!));
    assertColour(picture, cells(1)[0], colours[Math.floor(ticks[i]! / 30) % 3]!, `tick ${ticks[i]}`);
  });
});

test('a person who joins is seen from the next picture on', async () => {
  const { mix, show } = await oneCamera();
  mix.recording.setEffort(quarter);
  const units = asUnits(await solid(red, 4), zero, fps);
  show(units, 2);
  mix.recording.addAnchor('b', 1, at(2));
  show(units, 4);
  mix.recording.finish(at(4));
  const shown = decodePictures(mix.file.videos);
  const after = shown.find(({ pts }) => pts >= 2_000_000);
  assert.ok(after && after.pts < 2_000_000 + 4 * tickTime(1));
  assertColour(after, cells(2)[0], red, 'the left half');
  assert.ok(after.mean(cells(2)[1]!)[0] < 40, 'an empty place');
});

/** A moving edge, so that the loop filter has something to do; a key picture every `gop` pictures. */
const moving = (seconds: number, gop: number): Promise<CodedPicture[]> =>
  encodePictures({
    ...canvas,
    count: seconds * fps,
    gop,
    bitrate: 60_000,
    preset: 'superfast',
    colour: (i) => (planes, linesize) =>
      planes.forEach((plane, p) => {
        const shift = p === 0 ? 0 : 1;
        for (let y = 0; y < canvas.height >> shift; y++)
          for (let x = 0; x < canvas.width >> shift; x++)
            plane[y * linesize[p]! + x] = p === 0 ? 60 + ((x * 3 + y * 2 + i * 7) % 150) : 128;
      }),
  });

test('without the loop filter the picture stays the one that was sent, and a key frame is asked for before it drifts', async () => {
  const { mix, show } = await oneCamera();
  const units = asUnits(await moving(14, 10_000), zero, fps);
  show(units, 1);
  mix.recording.setEffort(noFilter);
  show(units, 9);
  assert.deepEqual(mix.keyFrames, []);
  show(units, 12);
  assert.ok(mix.keyFrames.length > 0, 'ten seconds after the last key picture');
  mix.recording.finish(at(12));
  const whole = await oneCamera();
  whole.show(units, 12);
  whole.mix.recording.finish(at(12));
  const [plain, filtered] = [decodePictures(mix.file.videos), decodePictures(whole.mix.file.videos)];
  assert.equal(plain.length, filtered.length);
  const area = cells(1)[0]!;
  const off = plain.map((picture, i) => Math.abs(picture.mean(area)[0] - filtered[i]!.mean(area)[0]));
  assert.ok(
    off.slice(2 * fps).some((one) => one > 0),
    'something is left out',
  );
  assert.ok(Math.max(...off) < 6, `off by ${off.map((one) => one.toFixed(1)).join()}`);
});

test('when the loop filter comes back, a key frame is asked for', async () => {
  const { mix, show } = await oneCamera();
  const units = asUnits(await solid(red, 4), zero, fps);
  mix.recording.setEffort(noFilter);
  show(units, 2);
  assert.deepEqual(mix.keyFrames, []);
  mix.recording.setEffort(fullEffort);
  assert.deepEqual(mix.keyFrames, ['a/main']);
  mix.recording.close();
});

test('of key pictures alone: those that come are seen, more are asked for, and the rest comes back with one', async () => {
  const { mix, show } = await oneCamera();
  const colours: readonly Colour[] = [red, green, blue];
  // A key picture with every colour, every two seconds; the colour changes a second after it once more.
  const pictures = await encodePictures({
    ...canvas,
    count: 12 * fps,
    gop: 2 * fps,
    colour: (i) => colours[(Math.floor(i / (2 * fps)) + (i % (2 * fps) >= fps ? 1 : 0)) % 3]!,
  });
  const units = asUnits(pictures, zero, fps);
  mix.recording.setEffort(keysOnly);
  show(units, 8);
  assert.ok(mix.keyFrames.length <= 8, 'no more than one in two seconds or so');
  mix.recording.setEffort(half);
  show(units, 12);
  mix.recording.finish(at(12));
  const shown = decodePictures(mix.file.videos);
  const near = (second: number) => shown.findLast(({ pts }) => pts <= second * 1_000_000);
  assertColour(near(0.9), cells(1)[0], red, 'a key picture');
  assertColour(near(1.8), cells(1)[0], red, 'what leans on it is left out');
  assertColour(near(3.8), cells(1)[0], green, 'the next key picture');
  assertColour(near(11.8), cells(1)[0], red, 'all pictures again');
  assert.ok((mix.recording.stats().pictures?.skipped ?? 0) > 80);
});

test('how far it is behind is known, and nothing while it keeps up', async () => {
  const { mix, show } = await oneCamera();
  show(asUnits(await solid(red, 4), zero, fps), 4);
  assert.equal(mix.recording.lag(at(4)), 0);
  assert.ok(
    mix.recording.lag(at(9)) > 4_500_000 && mix.recording.lag(at(9)) <= 5_000_000,
    `${mix.recording.lag(at(9))}`,
  );
  mix.recording.close();
  assert.equal(mix.recording.lag(at(20)), 0);
});
