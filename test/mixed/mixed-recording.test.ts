import assert from 'node:assert/strict';
import test from 'node:test';
import { rect } from '../../src/layout/rect.ts';
import { gridPlan } from '../../src/layout/layout-plan.ts';
import type { VideoUnit } from '../../src/timeline/media.ts';
import { wallUs } from '../../src/units.ts';
import { amplitudeOf, decodePictures, decodeSound, type MixFile } from './mix-file.ts';
import {
  assertColour,
  at,
  canvas,
  cells,
  fps,
  play,
  solid,
  startMix,
  tickTime,
  zero,
  type Feeding,
} from './mix-kit.ts';
import { asUnits, black, blue, encodePictures, encodeVoice, green, red, tone, white } from './synthetic-media.ts';

test('every tick has its picture at its exact time, and the order of writing is decodable', async () => {
  const mix = await startMix();
  mix.recording.addAnchor('a', 0, zero);
  const sink = mix.recording.addPicture('a', 'main', zero);
  play(mix, 4, [{ sink, units: asUnits(await solid(red, 4), zero, fps) }]);
  const span = mix.recording.finish(at(4));
  assert.deepEqual(span, { startUs: zero, endUs: at(4) });
  const shown = decodePictures(mix.file.videos);
  assert.deepEqual(
    shown.map((p) => p.pts),
    Array.from({ length: 4 * fps }, (_, k) => tickTime(k)),
  );
  mix.file.videos.forEach((packet, i) => {
    assert.ok(packet.dts <= packet.pts && packet.dts >= 0 && packet.duration > 0);
    assert.ok(i === 0 || packet.dts > mix.file.videos[i - 1]!.dts);
  });
  const times = mix.file.order.map((entry) => entry.time);
  assert.ok(times.every((time, i) => i === 0 || time >= times[i - 1]!));
  const keys = mix.file.videos.filter((p) => p.key).map((p) => p.pts);
  assert.equal(keys[0], 0);
  assert.ok(keys.every((pts, i) => pts - (keys[i - 1] ?? 0) <= 2_000_000));
  assert.equal(mix.file.closed, 1);
});

test('a join and a leave change the layout at their very tick', async () => {
  const mix = await startMix();
  const { recording } = mix;
  recording.addAnchor('a', 0, zero);
  const a = recording.addPicture('a', 'main', zero);
  const [reds, blues] = [await solid(red, 6), await solid(blue, 3)];
  const feedings: Feeding[] = [{ sink: a, units: asUnits(reds, zero, fps) }];
  play(mix, 2, feedings);
  recording.addAnchor('b', 1, at(2));
  const b = recording.addPicture('b', 'main', at(2));
  const rest = asUnits(reds, zero, fps).filter((u) => u.at > at(2));
  play(
    mix,
    4,
    [
      { sink: a, units: rest },
      { sink: b, units: asUnits(blues, at(2), fps) },
    ],
    2.1,
  );
  recording.removeAnchor('b', at(4));
  play(mix, 6, [{ sink: a, units: rest.filter((u) => u.at > at(4)) }], 4.1);
  recording.finish(at(6));
  const shown = decodePictures(mix.file.videos);
  const [full, left, right] = [cells(1)[0], ...cells(2)];
  assertColour(shown[29], full, red, 'alone');
  assertColour(shown[30], left, red, 'left at the join');
  assertColour(shown[30], right, blue, 'right at the join');
  assertColour(shown[59], right, blue, 'right before the leave');
  assertColour(shown[60], full, red, 'alone again');
  assert.equal(recording.stats().pictures?.tiles, 0);
});

test('a layout that changes while recording is seen from its very tick on, in the same file (L18)', async () => {
  const mix = await startMix({ layout: { ...gridPlan, mode: 'floating' } });
  mix.recording.addAnchor('a', 0, zero);
  mix.recording.addAnchor('b', 1, zero);
  const a = mix.recording.addPicture('a', 'main', zero);
  const b = mix.recording.addPicture('b', 'main', zero);
  const feedings = [
    { sink: a, units: asUnits(await solid(red, 4), zero, fps) },
    { sink: b, units: asUnits(await solid(blue, 4), zero, fps) },
  ];
  play(mix, 2, feedings);
  mix.recording.changeLayout({ ...gridPlan, background: '#FFFFFF' }, at(2));
  mix.recording.removeAnchor('b', at(3));
  play(
    mix,
    4,
    feedings.map(({ sink, units }) => ({ sink, units: units.filter((u) => u.at > at(2)) })),
    2.1,
  );
  mix.recording.finish(at(4));
  const shown = decodePictures(mix.file.videos);
  const small = rect(12, 188, 60, 44);
  assertColour(shown[29], small, blue, 'small one before');
  assertColour(shown[29], rect(160, 8, 150, 150), red, 'big one before');
  assertColour(shown[30], cells(2)[0], red, 'left half from the change on');
  assertColour(shown[30], cells(2)[1], blue, 'right half');
  assertColour(shown[45], cells(1)[0], red, 'the grid stays');
  assert.equal(shown.length, 60);
  assert.equal(mix.file.closed, 1);
});

test('a tick shows the picture nearest to it; a quiet source keeps its picture', async () => {
  const mix = await startMix();
  mix.recording.addAnchor('a', 0, zero);
  const sink = mix.recording.addPicture('a', 'main', zero);
  const colours = [red, green, blue];
  const coded = await encodePictures({ width: 160, height: 120, count: 3, colour: (i) => colours[i]! });
  const half = 33_333;
  const times = [at(0), wallUs(zero + tickTime(10) + half), wallUs(zero + tickTime(20) + half + 1)];
  const units = coded.map((picture, i): VideoUnit => ({ ...picture, codec: 'h264', at: times[i]! }));
  play(mix, 3, [{ sink, units }]);
  mix.recording.finish(at(3));
  const shown = decodePictures(mix.file.videos);
  const [full] = cells(1);
  assertColour(shown[0], full, red, 'first');
  assertColour(shown[9], full, red, 'held');
  assertColour(shown[10], full, green, 'half a tick behind its tick');
  assertColour(shown[20], full, green, 'a microsecond more, and tick 21 is nearer');
  assertColour(shown[21], full, blue, 'next tick');
  assertColour(shown[44], full, blue, 'held to the end');
});

test('background until the first key frame; a camera that is switched off leaves its last picture', async () => {
  const mix = await startMix({ layout: { ...gridPlan, background: '#FFFFFF' } });
  mix.recording.addAnchor('a', 0, zero);
  const sink = mix.recording.addPicture('a', 'main', zero);
  const coded = await encodePictures({ width: 160, height: 120, count: 45, gop: 15, colour: () => red });
  const units = asUnits(coded, zero, fps).slice(5);
  play(mix, 3, [{ sink, units }]);
  mix.recording.removePicture('a', 'main', at(2.5));
  mix.recording.finish(at(4));
  const shown = decodePictures(mix.file.videos);
  const [full] = cells(1);
  assertColour(shown[14], full, white, 'before the key frame');
  assertColour(shown[15], full, red, 'from the key frame on');
  assertColour(shown[59], full, red, 'after removal');
  assert.ok(mix.keyFrames.includes('a/main'), 'a key frame was asked for');
  assert.equal(mix.recording.stats().pictures?.skipped, 10);
});

test('a size and orientation change in the stream; a wide source is cropped around its centre', async () => {
  const mix = await startMix();
  mix.recording.addAnchor('a', 0, zero);
  const sink = mix.recording.addPicture('a', 'main', zero);
  const wide = await encodePictures({ width: 320, height: 120, count: 15, colour: () => [red, blue] });
  const tall = await solid(green, 1, { width: 90, height: 160 });
  const same = await solid(red, 1, canvas);
  const units = [...asUnits(wide, zero, fps), ...asUnits(tall, at(1), fps), ...asUnits(same, at(2), fps)];
  play(mix, 3, [{ sink, units }]);
  mix.recording.finish(at(3));
  const shown = decodePictures(mix.file.videos);
  assertColour(shown[14], rect(8, 8, 136, 224), red, 'left half of the centre');
  assertColour(shown[14], rect(176, 8, 136, 224), blue, 'right half of the centre');
  assertColour(shown[15], cells(1)[0], green, 'tall');
  assertColour(shown[30], cells(1)[0], red, 'same size');
});

test('fit leaves background beside the picture, stretch does not', async () => {
  for (const [renderMode, margin] of [
    ['fit', black],
    ['stretch', green],
    ['crop', green],
  ] as const) {
    const mix = await startMix({ layout: { ...gridPlan, renderMode }, streams: 'video' });
    mix.recording.addAnchor('a', 0, zero);
    const sink = mix.recording.addPicture('a', 'main', zero);
    play(mix, 1, [{ sink, units: asUnits(await solid(green, 1, { width: 90, height: 160 }), zero, fps) }]);
    mix.recording.finish(at(1));
    const shown = decodePictures(mix.file.videos);
    assertColour(shown[10], rect(0, 0, 64, 240), margin, `${renderMode} margin`);
    assertColour(shown[10], rect(128, 8, 64, 224), green, `${renderMode} centre`);
    assert.equal(mix.file.audios.length, 0);
  }
});

test('VP8 beside H.264, a 5 fps screen, and an aux after its main', async () => {
  const mix = await startMix();
  const { recording } = mix;
  recording.addAnchor('b', 1, zero);
  recording.addAnchor('a', 0, zero);
  const main = recording.addPicture('a', 'main', zero);
  const aux = recording.addPicture('a', 'aux', zero);
  const other = recording.addPicture('b', 'main', zero);
  const vp8 = await encodePictures({ codec: 'vp8', width: 160, height: 120, count: 30, colour: () => red });
  play(mix, 2, [
    { sink: main, units: asUnits(vp8, zero, fps, 'vp8') },
    { sink: aux, units: asUnits(await solid(green, 2, { width: 320, height: 180 }, 5), zero, 5) },
    { sink: other, units: asUnits(await solid(blue, 2), zero, fps) },
  ]);
  recording.finish(at(2));
  const last = decodePictures(mix.file.videos).at(-1);
  [red, green, blue].forEach((colour, i) => assertColour(last, cells(3)[i], colour, `cell ${i}`));
});

test('broken units: the last good picture stays until the next key frame, which is asked for', async () => {
  const mix = await startMix();
  mix.recording.addAnchor('a', 0, zero);
  const sink = mix.recording.addPicture('a', 'main', zero);
  const coded = await encodePictures({
    width: 160,
    height: 120,
    count: 45,
    gop: 30,
    colour: (i) => (i < 10 ? red : green),
  });
  const units = asUnits(coded, zero, fps).map((unit, i) => {
    if (i === 10) return { ...unit, data: Buffer.alloc(200, 7) };
    if (i === 11) return { ...unit, data: Buffer.alloc(0) };
    return i === 12 ? { ...unit, data: unit.data.subarray(0, 9) } : unit;
  });
  play(mix, 3, [{ sink, units }]);
  mix.recording.finish(at(3));
  const shown = decodePictures(mix.file.videos);
  assertColour(shown[29], cells(1)[0], red, 'held');
  assertColour(shown[30], cells(1)[0], green, 'after the key frame');
  assert.equal(mix.recording.stats().pictures?.broken, 1);
  assert.equal(mix.recording.stats().pictures?.skipped, 19);
  assert.ok(mix.keyFrames.length > 0);
});

test('hostile bytes never throw', async () => {
  const mix = await startMix();
  mix.recording.addAnchor('a', 0, zero);
  const pictures = mix.recording.addPicture('a', 'main', zero);
  const sounds = mix.recording.addSound('a', 'main', zero);
  const coded = await solid(red, 4);
  const voice = await encodeVoice(tone(440, 0.5), 4, zero);
  let seed = 1;
  const random = (): number => (seed = (seed * 48_271) % 2_147_483_647);
  const spoil = (data: Uint8Array): Buffer => {
    const bytes = Buffer.from(data);
    for (let i = 0; i < 4 && bytes.length > 0; i++) bytes[random() % bytes.length] = random() & 255;
    return bytes.subarray(0, random() % (bytes.length + 1));
  };
  const units = asUnits(coded, zero, fps).map((u) => ({ ...u, key: true, data: spoil(u.data) }));
  const packets = voice.map((u) => ({ ...u, data: spoil(u.data) }));
  play(mix, 4, [
    { sink: pictures, units },
    { sink: sounds, units: packets },
  ]);
  mix.recording.finish(at(4));
  assert.equal(mix.file.videos.length, 60);
  assert.ok((mix.recording.stats().pictures?.broken ?? 0) > 0);
});

test('late video is shown from then on; late sound is left out and counted', async () => {
  const mix = await startMix();
  mix.recording.addAnchor('a', 0, zero);
  const pictures = mix.recording.addPicture('a', 'main', zero);
  const sounds = mix.recording.addSound('a', 'main', zero);
  const coded = await encodePictures({ width: 160, height: 120, count: 30, colour: (i) => (i < 15 ? red : blue) });
  const units = asUnits(coded, zero, fps);
  const voice = await encodeVoice(tone(440, 0.5), 1, zero);
  play(mix, 2, [{ sink: pictures, units: units.slice(0, 15) }]);
  for (const unit of units.slice(15)) pictures.onVideo({ ...unit, at: wallUs(unit.at - 500_000) });
  for (const unit of voice) sounds.onAudio(unit);
  const drawn = mix.recording.stats().ticks;
  mix.recording.finish(at(3));
  const shown = decodePictures(mix.file.videos);
  assertColour(shown[drawn - 1], cells(1)[0], red, 'before the late units');
  assertColour(shown[drawn], cells(1)[0], blue, 'after them');
  assert.ok((mix.recording.stats().sounds?.late ?? 0) >= 45);
});

test('a user who publishes anew keeps the last picture until the new one begins', async () => {
  const mix = await startMix();
  mix.recording.addAnchor('a', 0, zero);
  const first = mix.recording.addPicture('a', 'main', zero);
  play(mix, 1, [{ sink: first, units: asUnits(await solid(red, 1), zero, fps) }]);
  const second = mix.recording.addPicture('a', 'main', at(1.2));
  first.remove(at(1.4));
  play(mix, 3, [{ sink: second, units: asUnits(await solid(blue, 1), at(2), fps) }], 1.1);
  mix.recording.finish(at(3));
  const shown = decodePictures(mix.file.videos);
  assertColour(shown[29], cells(1)[0], red, 'held over the change');
  assertColour(shown[30], cells(1)[0], blue, 'the new one');
  assert.equal(mix.recording.stats().pictures?.sources, 0);
});

test('every voice is in the mix exactly while it sounds', async () => {
  const mix = await startMix({ streams: 'audio' });
  const { recording } = mix;
  const voices = [500, 900, 1700].map((hertz, i) => ({ hertz, userId: `u${i}`, start: i }));
  const feedings: Feeding[] = [];
  for (const [i, voice] of voices.entries()) {
    recording.addAnchor(voice.userId, i, zero);
    const sink = recording.addSound(voice.userId, 'main', at(voice.start));
    feedings.push({ sink, units: await encodeVoice(tone(voice.hertz, 0.2), 4 - voice.start, at(voice.start)) });
  }
  recording.removeAnchor('u0', at(3));
  play(mix, 4, feedings);
  recording.finish(at(4));
  const samples = decodeSound(mix.file.audios, mix.file.formats);
  const heard = (hertz: number, second: number): boolean =>
    amplitudeOf(samples, hertz, Math.round((second + 0.3) * 48_000), 24_000) > 0.1;
  const table = [0, 1, 2, 3].map((second) => voices.map(({ hertz }) => heard(hertz, second)));
  assert.deepEqual(table, [
    [true, false, false],
    [true, true, false],
    [true, true, true],
    [false, true, true],
  ]);
  assert.equal(mix.file.videos.length, 0);
  assert.ok(Math.abs(mix.file.audios.length * 1024 - 4 * 48_000) <= 1024);
  assert.equal(mix.file.audios[0]?.pts, 0);
});

test('25 loud voices do not clip, and one alone passes unchanged', async () => {
  for (const [count, least, most] of [
    [25, 0.5, 0.999],
    [1, 0.45, 0.56],
  ] as const) {
    const mix = await startMix({ streams: 'audio' });
    const voice = await encodeVoice(tone(440, 0.5), 2, zero);
    const feedings = Array.from({ length: count }, (_, i) => {
      mix.recording.addAnchor(`u${i}`, i, zero);
      return { sink: mix.recording.addSound(`u${i}`, 'main', zero), units: voice };
    });
    play(mix, 2, feedings);
    mix.recording.finish(at(2));
    const samples = decodeSound(mix.file.audios, mix.file.formats);
    const peak = samples.slice(9600).reduce((max, s) => Math.max(max, Math.abs(s)), 0);
    assert.ok(peak > least && peak < most, `${count} voices peak at ${peak}`);
  }
});

test('marked silence is not decoded, and the way back to sound is', async () => {
  const mix = await startMix({ streams: 'audio' });
  mix.recording.addAnchor('a', 0, zero);
  const sink = mix.recording.addSound('a', 'main', zero);
  const units = await encodeVoice(tone(440, 0.5), 3, zero);
  const muted = units.map((u, i) => (i >= 50 && i < 100 ? { ...u, level: 127 } : u));
  play(mix, 3, [{ sink, units: muted }]);
  mix.recording.finish(at(3));
  const samples = decodeSound(mix.file.audios, mix.file.formats);
  assert.equal(mix.recording.stats().sounds?.silent, 50);
  assert.ok(amplitudeOf(samples, 440, 52_800, 38_400) < 0.01);
  assert.ok(amplitudeOf(samples, 440, 100_800, 38_400) > 0.4);
});

test('flash and beep meet within half a tick', async () => {
  const mix = await startMix();
  mix.recording.addAnchor('a', 0, zero);
  const pictures = mix.recording.addPicture('a', 'main', zero);
  const sounds = mix.recording.addSound('a', 'main', zero);
  const start = wallUs(zero + 234_567);
  const flash = (i: number): boolean => i % 30 === 15;
  const coded = await encodePictures({
    width: 160,
    height: 120,
    count: 180,
    fps: 30,
    colour: (i) => (flash(i) || flash(i - 1) || flash(i - 2) ? white : black),
  });
  const beep = (i: number): number => (i % 48_000 >= 24_000 && i % 48_000 < 28_800 ? tone(1000, 0.5)(i) : 0);
  play(mix, 6, [
    { sink: pictures, units: asUnits(coded, start, 30) },
    { sink: sounds, units: await encodeVoice(beep, 6, start) },
  ]);
  mix.recording.finish(at(6));
  const shown = decodePictures(mix.file.videos);
  const samples = decodeSound(mix.file.audios, mix.file.formats);
  const lit = shown.map((p) => p.mean(rect(8, 8, 304, 224))[0] > 125);
  const flashes = shown.filter((_, i) => lit[i] && !lit[i - 1]).map((p) => p.pts);
  const loud = (i: number): boolean => amplitudeOf(samples, 1000, i, 240) > 0.2;
  const beeps: number[] = [];
  for (let i = 240; i < samples.length - 240; i += 240) if (loud(i) && !loud(i - 240)) beeps.push((i * 1000) / 48);
  assert.equal(flashes.length, 6);
  assert.equal(beeps.length, flashes.length);
  flashes.forEach((pts, i) => {
    const expected = 234_567 + 500_000 + i * 1_000_000;
    assert.ok(Math.abs(pts - expected) <= 33_334, `flash ${i} at ${pts}`);
    assert.ok(Math.abs(beeps[i]! - expected) <= 12_000, `beep ${i} at ${beeps[i]}`);
  });
});

test('26 users: the 26th is neither seen nor heard, until somebody leaves', async () => {
  const mix = await startMix();
  const voice = await encodeVoice(tone(700, 0.3), 4, zero);
  const reds = await solid(red, 4, { width: 64, height: 48 });
  for (let i = 0; i < 26; i++) mix.recording.addAnchor(`u${i}`, i, zero);
  const picture = mix.recording.addPicture('u25', 'main', zero);
  const sound = mix.recording.addSound('u25', 'main', zero);
  const units = asUnits(reds, zero, fps).map((u, i) => ({ ...u, key: i === 0 }));
  play(mix, 2, [
    { sink: picture, units },
    { sink: sound, units: voice },
  ]);
  mix.recording.removeAnchor('u3', at(2.5));
  const again = asUnits(await solid(red, 1, { width: 64, height: 48 }), at(3), fps);
  play(
    mix,
    4,
    [
      { sink: picture, units: again },
      { sink: sound, units: voice.slice(150) },
    ],
    2.1,
  );
  mix.recording.finish(at(4));
  const shown = decodePictures(mix.file.videos);
  const samples = decodeSound(mix.file.audios, mix.file.formats);
  const last = rect(260, 196, 56, 40);
  assertColour(shown[29], last, black, 'not seen');
  assertColour(shown[44], last, black, 'has a place, but no key frame yet');
  assertColour(shown[45], last, red, 'seen from its key frame on');
  assert.ok(amplitudeOf(samples, 700, 0, 96_000) < 0.01);
  assert.ok(amplitudeOf(samples, 700, 156_000, 24_000) > 0.1);
  assert.ok(mix.keyFrames.includes('u25/main'));
});

test('a later epoch starts at its own time on the same zero', async () => {
  const mix = await startMix({ fromUs: at(100_000.01) });
  mix.recording.addAnchor('a', 0, zero);
  const sink = mix.recording.addPicture('a', 'main', zero);
  const sound = mix.recording.addSound('a', 'main', zero);
  const units = asUnits(await solid(red, 2), at(100_000), fps);
  const voice = await encodeVoice(tone(440, 0.5), 2, at(100_000));
  play(
    mix,
    100_002,
    [
      { sink, units },
      { sink: sound, units: voice },
    ],
    100_000,
  );
  const span = mix.recording.finish(at(100_002));
  assert.equal(mix.file.videos[0]?.pts, tickTime(1_500_001));
  assert.equal(mix.file.videos[0].dts, tickTime(1_500_001));
  assert.equal(mix.file.audios[0]?.pts, tickTime(1_500_001));
  assert.deepEqual(span, { startUs: wallUs(zero + tickTime(1_500_001)), endUs: at(100_002) });
});

test('advance in small steps gives the same file as in one', async () => {
  const files: MixFile[] = [];
  for (const steps of [1, Number.POSITIVE_INFINITY]) {
    const mix = await startMix();
    mix.recording.addAnchor('a', 0, zero);
    const sink = mix.recording.addPicture('a', 'main', zero);
    for (const unit of asUnits(await solid(red, 2), zero, fps)) sink.onVideo(unit);
    let turns = 1;
    while (mix.recording.advance(at(3), steps)) turns += 1;
    assert.ok(steps === 1 ? turns > 30 : turns === 1);
    mix.recording.finish(at(3));
    files.push(mix.file);
  }
  assert.deepEqual(files[0]?.videos, files[1]?.videos);
  assert.deepEqual(files[0]?.order, files[1]?.order);
});

test('close is idempotent, ends the file and takes nothing more', async () => {
  const mix = await startMix();
  mix.recording.addAnchor('a', 0, zero);
  const sink = mix.recording.addPicture('a', 'main', zero);
  const [unit] = asUnits(await solid(red, 1), zero, fps);
  mix.recording.advance(at(2));
  mix.recording.close();
  mix.recording.close();
  sink.onVideo(unit!);
  assert.equal(mix.recording.advance(at(9)), false);
  assert.equal(mix.recording.closed, true);
  assert.equal(mix.file.closed, 1);
  assert.ok(mix.file.flushed >= 1);
});
