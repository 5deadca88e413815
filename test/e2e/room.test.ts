import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CommittedFile } from '../../src/demo/receiver.ts';
import { gridPlan } from '../../src/layout/layout-plan.ts';
import { layoutPictures } from '../../src/layout/layout-pictures.ts';
import { escapeName } from '../../src/naming/escape.ts';
import { forkSyntheticAnchor } from '../../src/synthetic/forked-anchor.ts';
import { FLASH_AREA, PATCH_AREA } from '../../src/synthetic/pattern-areas.ts';
import type { CallbackEvent } from '../kit/callback-receiver.ts';
import { launchChromium, type ChromiumKit } from '../kit/chromium.ts';
import { contractCase } from '../kit/contract-case.ts';
import { avOffsets, findBeeps, findFlashes } from '../kit/flash-beep.ts';
import { probeFile, topLevelBoxes } from '../kit/media-file.ts';
import { nalUnits, runWithin, slicesOf } from '../kit/nal-units.ts';
import { committedFiles, SDK_APP_ID, TestServer } from '../kit/server.ts';
import { decodeAudio } from '../kit/sound-track.ts';
import { areaInCell, colourDistance, colourOf, decodeVideo, type Rect } from '../kit/video-frames.ts';
import { readFile } from 'node:fs/promises';
import { annexBUnits } from '../../src/synthetic/annex-b.ts';

/**
 * One lesson in the string room 会议/1, recorded single and mixed at once through the official SDK. Alice and Carol are
 * real Chromium, Bob is native. Alice is there from the start, Bob joins and leaves again, Carol joins in between.
 */

const ROOM = { roomId: '会议/1' };
const CANVAS = { width: 1280, height: 720 };
const SOURCE = { width: 640, height: 360 };
const ALICE = { userId: 'alice', colour: '#c03030', beepHz: 1000 };
const BOB = { userId: 'bob', colour: '#3040c0', beepHz: 1500 };
const CAROL = { userId: 'carol', colour: '#20a040', beepHz: 2200 };

interface Lesson {
  readonly single: readonly CallbackEvent[];
  readonly mixed: readonly CallbackEvent[];
  readonly singleTask: string;
  readonly bobDump: string;
  /** Wall milliseconds of what happened. */
  readonly bobIn: number;
  readonly carolIn: number;
  readonly bobOut: number;
  readonly stopped: number;
}

let server: TestServer;
let chromium: ChromiumKit;
let lesson: Lesson;

before(async () => {
  server = await TestServer.start();
  chromium = await launchChromium();
  lesson = await giveLesson();
});

after(async () => {
  await chromium?.close();
  await server?.close();
});

async function giveLesson(): Promise<Lesson> {
  // A tick of a 15 fps mix may stand 33 ms from the flash it shows, for all flashes alike: 30 fps leave room for the browser.
  const video = { Width: CANVAS.width, Height: CANVAS.height, Fps: 30, BitRate: 1_500_000, Gop: 5 };
  const transcode = { MixTranscodeParams: { VideoParams: video } };
  const singleTask = await server.record(ROOM, 1);
  const mixedTask = await server.record(ROOM, 2, transcode);
  await chromium.publish({ ...server.whip(ROOM, ALICE.userId), ...ALICE });
  await server.untilStatus(mixedTask, 'InProgress');
  await sleep(5_000);
  const bobDump = join(server.dataDir, 'bob.h264');
  const bobOptions = { ...server.whip(ROOM, BOB.userId), name: BOB.userId, colour: BOB.colour, beepHz: BOB.beepHz };
  const bob = await forkSyntheticAnchor(bobOptions, { dumpFile: bobDump });
  const bobIn = Date.now();
  await sleep(5_000);
  await chromium.publish({ ...server.whip(ROOM, CAROL.userId), ...CAROL });
  const carolIn = Date.now();
  await sleep(5_000);
  const bobOut = Date.now();
  await bob.close();
  await sleep(4_000);
  const stopped = Date.now();
  const [single, mixed] = await Promise.all([server.stop(singleTask), server.stop(mixedTask)]);
  return { single, mixed, singleTask, bobDump, bobIn, carolIn, bobOut, stopped };
}

const fileOf = (events: readonly CallbackEvent[], userId: string): CommittedFile => {
  const file = committedFiles(events).find((one) => one.UserId === userId);
  assert.ok(file, `no 311 for ${userId || 'the mix'}`);
  return file;
};

contractCase('E1 E2 E10 E12 E22', 'callbacks come signed and in order, with raw room and escaped names', async () => {
  assert.ok(server.receiver.received.every((one) => one.signed));
  assert.deepEqual(
    lesson.single.map((event) => event.EventType),
    [301, 302, 311, 311, 311, 312],
  );
  assert.deepEqual(
    lesson.mixed.map((event) => event.EventType),
    [301, 302, 311, 312],
  );
  for (const event of lesson.single) {
    assert.equal(event.EventInfo.RoomId, '会议/1');
    assert.equal(event.EventInfo.UserId, 'recorder_1');
    assert.equal(typeof event.EventInfo.EventTs, [301, 302, 307].includes(event.EventType) ? 'string' : 'number');
  }
  const room = escapeName('会议/1');
  const expected = [ALICE, BOB, CAROL].map(
    ({ userId }) => `${SDK_APP_ID}_${room}_UserId_s_${escapeName(userId)}_UserId_e_main.mp4`,
  );
  assert.deepEqual(
    committedFiles(lesson.single)
      .map((file) => file.CacheFile)
      .sort(),
    expected.sort(),
  );
  assert.equal(fileOf(lesson.mixed, '').CacheFile, `${SDK_APP_ID}_${room}.mp4`);
  for (const file of committedFiles(lesson.single)) assert.match(file.FileId, /^\d{19}$/);
});

contractCase('Q5 Q16', 'a finished task is unknown to the API', async () => {
  const ids = { SdkAppId: SDK_APP_ID, TaskId: lesson.singleTask };
  await assert.rejects(server.client.DescribeCloudRecording(ids), { code: 'ResourceNotFound' });
  await assert.rejects(server.client.DeleteCloudRecording(ids), { code: 'ResourceNotFound' });
});

contractCase(
  'E20',
  'every file is a faststart MP4 with H.264 and AAC that lasts as long as its stamps say',
  async () => {
    for (const file of [...committedFiles(lesson.single), ...committedFiles(lesson.mixed)]) {
      const path = await server.download(file);
      const probed = await probeFile(path);
      assert.deepEqual(probed.streams.map((stream) => stream.codec).sort(), ['aac', 'h264'], file.CacheFile);
      const boxes = (await topLevelBoxes(path)).map((box) => box.type);
      assert.ok(boxes.indexOf('moov') < boxes.indexOf('mdat'), `${file.CacheFile}: ${boxes.join(' ')}`);
      const span = file.EndTimeStamp - file.StartTimeStamp;
      assert.ok(
        Math.abs(probed.durationUs / 1000 - span) <= 200,
        `${file.CacheFile}: ${probed.durationUs} µs of ${span} ms`,
      );
    }
  },
);

test('stamps follow the timeline: who came when, who left when, and the stop', () => {
  const close = (a: number, b: number, what: string): void =>
    assert.ok(Math.abs(a - b) <= 300, `${what}: ${a - b} ms off`);
  close(fileOf(lesson.mixed, '').EndTimeStamp, lesson.stopped, 'end of the mix');
  close(fileOf(lesson.single, ALICE.userId).EndTimeStamp, lesson.stopped, 'end of Alice');
  close(fileOf(lesson.single, BOB.userId).EndTimeStamp, lesson.bobOut, 'end of Bob');
  close(fileOf(lesson.single, BOB.userId).StartTimeStamp, lesson.bobIn, 'start of Bob');
  close(fileOf(lesson.single, CAROL.userId).StartTimeStamp, lesson.carolIn, 'start of Carol');
});

/** Rectangles of the grid for so many anchors. */
function cells(anchors: readonly (typeof ALICE)[]): Rect[] {
  const pictures = anchors.map(({ userId }, order) => ({ userId, mediaId: 'main' as const, order, hasVideo: true }));
  return layoutPictures(gridPlan, CANVAS, pictures).map(({ rect }) => rect);
}

test('the mix shows the right people in the right rectangles, before and after each join and leave', async () => {
  const file = fileOf(lesson.mixed, '');
  const frames = await decodeVideo(await server.download(file));
  const scenes = [
    { from: file.StartTimeStamp + 2_500, to: lesson.bobIn - 500, anchors: [ALICE] },
    { from: lesson.bobIn + 1_500, to: lesson.carolIn - 1_500, anchors: [ALICE, BOB] },
    { from: lesson.carolIn + 1_500, to: lesson.bobOut - 300, anchors: [ALICE, BOB, CAROL] },
    { from: lesson.bobOut + 800, to: lesson.stopped - 300, anchors: [ALICE, CAROL] },
  ];
  for (const { from, to, anchors } of scenes) {
    for (let wall = from; wall <= to; wall += 400) {
      for (const [i, cell] of cells(anchors).entries()) {
        const seen = frames.colourAt(wall - file.StartTimeStamp, areaInCell(PATCH_AREA, cell, SOURCE));
        const off = colourDistance(seen, colourOf(anchors[i]!.colour));
        assert.ok(
          off < 40,
          `${anchors[i]!.userId} of ${anchors.length} at ${wall - file.StartTimeStamp} ms: ${JSON.stringify(seen)}`,
        );
      }
    }
  }
});

test('unused cells of the grid are background', async () => {
  const file = fileOf(lesson.mixed, '');
  const frames = await decodeVideo(await server.download(file));
  const fourth = { left: 700, top: 400, width: 500, height: 280 };
  assert.ok(
    colourDistance(frames.colourAt(lesson.carolIn + 2_500 - file.StartTimeStamp, fourth), { r: 0, g: 0, b: 0 }) < 12,
  );
});

function assertSync(
  offsets: { medianUs: number; worstUs: number; offsetsUs: readonly number[] },
  what: string,
  atLeast: number,
): void {
  assert.ok(offsets.offsetsUs.length >= atLeast, `${what}: only ${offsets.offsetsUs.length} marks`);
  assert.ok(Math.abs(offsets.medianUs) <= 40_000, `${what}: median ${offsets.medianUs} µs`);
  assert.ok(
    Math.abs(offsets.worstUs) <= 100_000,
    `${what}: worst ${offsets.worstUs} µs of ${offsets.offsetsUs.join(' ')}`,
  );
}

const flashRect = (cell: Rect): Rect => areaInCell(FLASH_AREA, cell, SOURCE);
const WHOLE: Rect = { left: 0, top: 0, ...SOURCE };

test('beeps meet flashes in every single file', async () => {
  for (const anchor of [ALICE, BOB, CAROL]) {
    const path = await server.download(fileOf(lesson.single, anchor.userId));
    const flashes = findFlashes(await decodeVideo(path), flashRect(WHOLE));
    const beeps = findBeeps(await decodeAudio(path), anchor.beepHz);
    assertSync(avOffsets(flashes, beeps), anchor.userId, 5);
  }
});

test('beeps meet flashes in the mix while three are there, each by its own tone', async () => {
  const file = fileOf(lesson.mixed, '');
  const path = await server.download(file);
  const frames = await decodeVideo(path);
  const sound = await decodeAudio(path);
  const from = (lesson.carolIn + 1_300 - file.StartTimeStamp) * 1000;
  const to = (lesson.bobOut - 200 - file.StartTimeStamp) * 1000;
  const during = <T extends { onsetUs: number }>(marks: T[]): T[] =>
    marks.filter((mark) => mark.onsetUs > from && mark.onsetUs < to);
  for (const [i, cell] of cells([ALICE, BOB, CAROL]).entries()) {
    const anchor = [ALICE, BOB, CAROL][i]!;
    const offsets = avOffsets(during(findFlashes(frames, flashRect(cell))), during(findBeeps(sound, anchor.beepHz)));
    assertSync(offsets, `${anchor.userId} in the mix`, 2);
  }
});

test('flashes stand at whole wall seconds: the start stamp is right to 100 ms', async () => {
  for (const file of [fileOf(lesson.single, BOB.userId), fileOf(lesson.single, ALICE.userId)]) {
    const flashes = findFlashes(await decodeVideo(await server.download(file)), flashRect(WHOLE));
    const walls = flashes.slice(1).map(({ onsetUs }) => file.StartTimeStamp + onsetUs / 1000);
    const off = walls.map((wall) => Math.abs(wall - Math.round(wall / 1000) * 1000)).sort((a, b) => a - b);
    assert.ok(off.length >= 3);
    assert.ok(off[Math.floor(off.length / 2)]! <= 100, `${file.UserId}: ${off.join(' ')} ms`);
  }
});

test('nobody is heard before joining or after leaving', async () => {
  const file = fileOf(lesson.mixed, '');
  const beeps = findBeeps(await decodeAudio(await server.download(file)), BOB.beepHz);
  const walls = beeps.map(({ onsetUs }) => file.StartTimeStamp + onsetUs / 1000);
  assert.ok(walls.length >= 7, `${walls.length} beeps of Bob`);
  assert.ok(
    walls.every((wall) => wall > lesson.bobIn - 300 && wall < lesson.bobOut + 300),
    walls.join(' '),
  );
});

test('single mode passes H.264 through byte for byte', async () => {
  const recorded = slicesOf(await nalUnits(await server.download(fileOf(lesson.single, BOB.userId))));
  const sent = annexBUnits(await readFile(lesson.bobDump)).filter((nal) => [1, 5].includes(nal[0]! & 0x1f));
  assert.ok(recorded.length > 100, `${recorded.length} slices recorded`);
  assert.ok(runWithin(sent, recorded) >= 0, 'the recorded slices are not a run of those sent');
});

test('the library serves ranges (design §4)', async () => {
  const { VideoUrl } = fileOf(lesson.mixed, '');
  const whole = Buffer.from(await (await fetch(VideoUrl)).arrayBuffer());
  const part = await fetch(VideoUrl, { headers: { range: 'bytes=100-199' } });
  assert.equal(part.status, 206);
  assert.equal(part.headers.get('content-type'), 'video/mp4');
  assert.ok(Buffer.from(await part.arrayBuffer()).equals(whole.subarray(100, 200)));
});
