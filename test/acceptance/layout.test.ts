import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CommittedFile } from '../../src/demo/receiver.ts';
import { startSyntheticAnchor, type SyntheticAnchor } from '../../src/synthetic/anchor.ts';
import { findBeeps } from '../kit/flash-beep.ts';
import { committedFiles, SDK_APP_ID, TestServer } from '../kit/server.ts';
import { decodeAudio, type SoundTrack } from '../kit/sound-track.ts';
import {
  colourDistance,
  colourOf,
  decodeVideo,
  type Colour,
  type Rect,
  type VideoFrames,
} from '../kit/video-frames.ts';
import { contractCase } from '../kit/contract-case.ts';

/**
 * Cases L of contract §9: one room that grows from 1 to 26 anchors while it is recorded in several layouts at once, a
 * second one whose layout and people change, and a third with somebody who is only heard. Every anchor has a colour of
 * its own, so who is in which rectangle is read off the decoded pictures. The numbers are the contract's, not computed.
 */

const VIDEO = { Width: 1280, Height: 720, Fps: 5, BitRate: 2_000_000, Gop: 2 };
const CROWD = { roomId: '8001' };
const SCENE = { roomId: '8002' };
const HEARD = { roomId: '8003' };
const BLACK: Colour = { r: 0, g: 0, b: 0 };

/** Colours that two lossy codings do not confuse. */
const levels = ['32', '82', 'd2'];
const palette = levels
  .flatMap((r) => levels.flatMap((g) => levels.map((b) => `#${r}${g}${b}`)))
  .filter((colour) => colour !== '#323232');
const user = (n: number): string => `u${String(n).padStart(2, '0')}`;
const rect = (left: number, top: number, width: number, height: number): Rect => ({ left, top, width, height });

/** What a task's one file shows and sounds. */
class Recording {
  readonly file: CommittedFile;
  readonly frames: VideoFrames;
  readonly sound: SoundTrack;

  private constructor(file: CommittedFile, frames: VideoFrames, sound: SoundTrack) {
    this.file = file;
    this.frames = frames;
    this.sound = sound;
  }

  static async stop(taskId: string): Promise<Recording> {
    const files = committedFiles(await server.stop(taskId, 120_000));
    assert.equal(files.length, 1, 'the file was not cut');
    const path = await server.download(files[0]!);
    return new Recording(files[0]!, await decodeVideo(path), await decodeAudio(path));
  }

  colourAt(wallMs: number, area: Rect): Colour {
    return this.frames.colourAt(wallMs - this.file.StartTimeStamp, area);
  }

  /** The anchor fills the rectangle up to its corners. */
  assertShows(wallMs: number, area: Rect, n: number): void {
    for (const corner of corners(area)) {
      const seen = this.colourAt(wallMs, corner);
      const nearest = palette.toSorted((a, b) => colourDistance(seen, colourOf(a)) - colourDistance(seen, colourOf(b)));
      const what = `${user(n)} at ${JSON.stringify(corner)} of ${JSON.stringify(area)}: ${JSON.stringify(seen)}`;
      assert.equal(nearest[0], palette[n - 1], what);
      assert.ok(colourDistance(seen, colourOf(palette[n - 1]!)) < 45, what);
    }
  }

  assertBackground(wallMs: number, area: Rect): void {
    const seen = this.colourAt(wallMs, area);
    assert.ok(colourDistance(seen, BLACK) < 16, `${JSON.stringify(area)}: ${JSON.stringify(seen)}`);
  }
}

/** Small boxes inside a rectangle's corners; the pattern has its anchor's plain colour there. */
function corners({ left, top, width, height }: Rect): Rect[] {
  const [right, bottom] = [left + width - 26, top + height - 26];
  return [
    [left + 2, top + 2],
    [right, top + 2],
    [left + 2, bottom],
    [right, bottom],
  ].map(([x, y]) => rect(x!, y!, 24, 24));
}

let server: TestServer;
const anchors: SyntheticAnchor[] = [];

async function publish(
  room: { roomId: string },
  n: number,
  more: { audio?: boolean; video?: boolean; beepHz?: number; width?: number; height?: number } = {},
): Promise<SyntheticAnchor> {
  const anchor = await startSyntheticAnchor({
    ...server.whip(room, user(n)),
    name: user(n),
    colour: palette[n - 1]!,
    width: 320,
    height: 180,
    fps: 5,
    bitrate: 150_000,
    audio: false,
    ...more,
  });
  anchors.push(anchor);
  return anchor;
}

const record = (room: { roomId: string }, bot: string, layout: object): Promise<string> => {
  const MixTranscodeParams = { VideoParams: VIDEO };
  return server.record(room, 2, { MixTranscodeParams, MixLayoutParams: layout }, bot);
};

/** A moment at which everything has been in its place for a while. */
async function settled(): Promise<number> {
  await sleep(1_900);
  return Date.now() - 300;
}

const recordings = new Map<string, Recording>();
/** Wall time at which so many were in the crowd. */
const crowd = new Map<number, number>();
const moments = { first: 0, changed: 0, left: 0, heard: 0 };

const of = (name: string): Recording => recordings.get(name)!;
const whenCrowd = (n: number): number => crowd.get(n)!;

async function stopAll(tasks: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, taskId] of Object.entries(tasks)) recordings.set(name, await Recording.stop(taskId));
  await Promise.all(anchors.splice(0).map((anchor) => anchor.close()));
}

async function growCrowd(): Promise<void> {
  const big = { MaxResolutionUserId: user(1) };
  const tasks = {
    grid: await record(CROWD, 'bot_grid', { MixLayoutMode: 3 }),
    floating: await record(CROWD, 'bot_floating', { MixLayoutMode: 1 }),
    share: await record(CROWD, 'bot_share', { MixLayoutMode: 2, ...big }),
  };
  const small = {
    free: await record(CROWD, 'bot_free', { MixLayoutMode: 2 }),
    right: await record(CROWD, 'bot_right', { MixLayoutMode: 2, MaxResolutionUserAlign: 1, ...big }),
  };
  for (let n = 1; n <= 26; n += 1) {
    await publish(CROWD, n, n >= 25 ? { audio: true, beepHz: n === 25 ? 2500 : 3100 } : {});
    if ([1, 2, 3, 5, 6, 10, 17, 18, 25, 26].includes(n)) crowd.set(n, await settled());
    if (n === 6) for (const [name, taskId] of Object.entries(small)) recordings.set(name, await Recording.stop(taskId));
  }
  await sleep(1_500);
  await stopAll(tasks);
}

async function changeScene(): Promise<void> {
  const cell = { Top: 360, Width: 426, Height: 240, UserId: user(3) };
  const custom = [
    { ...cell, Left: 0, RenderMode: 1 },
    { Top: 0, Left: 640, Width: 320, Height: 180, UserId: user(2) },
    { Top: 0, Left: 100, Width: 320, Height: 180 },
  ];
  const shapes = [1, 2, 0].map((RenderMode, i) => ({ ...cell, Left: 426 * i, RenderMode }));
  const tasks = {
    plain: await record(SCENE, 'bot_plain', { MixLayoutMode: 1 }),
    changing: await record(SCENE, 'bot_changing', { MixLayoutMode: 1 }),
    chosen: await record(SCENE, 'bot_chosen', { MixLayoutMode: 1, MaxResolutionUserId: user(2) }),
    custom: await record(SCENE, 'bot_custom', { MixLayoutMode: 4, MixLayoutList: custom }),
    // A picture is in one cell only, so each shape has a task of its own.
    crop: await record(SCENE, 'bot_crop', { MixLayoutMode: 4, BackGroundColor: '#0000FF', MixLayoutList: [shapes[0]] }),
    fit: await record(SCENE, 'bot_fit', { MixLayoutMode: 4, BackGroundColor: '#0000FF', MixLayoutList: [shapes[1]] }),
    stretch: await record(SCENE, 'bot_str', {
      MixLayoutMode: 4,
      BackGroundColor: '#0000FF',
      MixLayoutList: [shapes[2]],
    }),
  };
  const first = await publish(SCENE, 1);
  const second = await publish(SCENE, 2);
  await publish(SCENE, 3, { width: 320, height: 240 });
  moments.first = await settled();
  await server.client.ModifyCloudRecording({
    SdkAppId: SDK_APP_ID,
    TaskId: tasks.changing,
    MixLayoutParams: { MixLayoutMode: 3 },
  });
  moments.changed = Date.now();
  await settled();
  await first.close();
  await second.close();
  moments.left = await settled();
  await stopAll(tasks);
}

async function hearOnly(): Promise<void> {
  const tasks = {
    heard: await record(HEARD, 'bot_heard', { MixLayoutMode: 3 }),
    unplaced: await record(HEARD, 'bot_unplaced', { MixLayoutMode: 3, PureAudioDisableLayout: true }),
  };
  await publish(HEARD, 1, { audio: true, video: false });
  await publish(HEARD, 2);
  moments.heard = await settled();
  await stopAll(tasks);
}

before(async () => {
  server = await TestServer.start();
  await growCrowd();
  await changeScene();
  await hearOnly();
});

after(async () => {
  await Promise.all(anchors.map((anchor) => anchor.close()));
  await server.close();
});

contractCase('L1', 'grid of 1, 2 and 3', async () => {
  of('grid').assertShows(whenCrowd(1), rect(0, 0, 1280, 720), 1);
  of('grid').assertShows(whenCrowd(3), rect(0, 0, 640, 360), 1);
  of('grid').assertShows(whenCrowd(3), rect(640, 0, 640, 360), 2);
  of('grid').assertShows(whenCrowd(3), rect(0, 360, 640, 360), 3);
  of('grid').assertBackground(whenCrowd(3), rect(644, 364, 632, 352));
  // A half is narrow: the picture's sides are cut, and with them nothing but its own colour is left at the corners.
  of('grid').assertShows(whenCrowd(2), rect(0, 0, 640, 720), 1);
  of('grid').assertShows(whenCrowd(2), rect(640, 0, 640, 720), 2);
});

contractCase('L2', 'grid of 5: cells of 426, 428 and 426, the rest is background', async () => {
  for (const [i, cell] of [
    rect(0, 0, 426, 240),
    rect(426, 0, 428, 240),
    rect(854, 0, 426, 240),
    rect(0, 240, 426, 240),
    rect(426, 240, 428, 240),
  ].entries()) {
    of('grid').assertShows(whenCrowd(5), cell, i + 1);
  }
  of('grid').assertBackground(whenCrowd(5), rect(862, 248, 412, 464));
  of('grid').assertBackground(whenCrowd(5), rect(8, 488, 1264, 224));
});

contractCase('L3', 'grid of 17', async () => {
  of('grid').assertShows(whenCrowd(17), rect(0, 0, 256, 144), 1);
  of('grid').assertShows(whenCrowd(17), rect(256, 432, 256, 144), 17);
});

contractCase('L4', 'floating with 2', async () => {
  of('floating').assertShows(whenCrowd(2), rect(16, 542, 300, 170), 2);
  assert.ok(colourDistance(of('floating').colourAt(whenCrowd(2), rect(0, 0, 200, 100)), colourOf(palette[0]!)) < 45);
});

contractCase('L5', 'floating with 6: the 5th small one begins the second row', async () => {
  of('floating').assertShows(whenCrowd(6), rect(16, 364, 300, 170), 6);
});

contractCase('L6', 'floating with 17', async () => {
  of('floating').assertShows(whenCrowd(17), rect(964, 8, 300, 170), 17);
});

contractCase('L7', 'floating with 18', async () => {
  of('floating').assertShows(whenCrowd(18), rect(12, 578, 242, 134), 2);
  of('floating').assertShows(whenCrowd(18), rect(12, 434, 242, 136), 7);
});

contractCase('L8', 'screen share without the big user, 5 small ones', async () => {
  of('free').assertBackground(whenCrowd(5), rect(8, 8, 1080, 704));
  for (let i = 0; i < 5; i += 1) of('free').assertShows(whenCrowd(5), rect(1098, 120 * i, 182, 120), i + 1);
});

contractCase('L9', 'screen share with 10', async () => {
  of('share').assertShows(whenCrowd(10), rect(0, 0, 1024, 720), 1);
  of('share').assertShows(whenCrowd(10), rect(1152, 0, 128, 90), 10);
});

contractCase('L10', 'screen share with 18', async () => {
  of('share').assertShows(whenCrowd(18), rect(0, 0, 1024, 630), 1);
  of('share').assertShows(whenCrowd(18), rect(0, 630, 128, 90), 18);
});

contractCase('L11', 'screen share with 25', async () => {
  of('share').assertShows(whenCrowd(25), rect(896, 630, 128, 90), 25);
});

contractCase('L12', 'screen share with the big one at the right', async () => {
  of('right').assertShows(whenCrowd(5), rect(256, 0, 1024, 720), 1);
  for (let i = 0; i < 4; i += 1) of('right').assertShows(whenCrowd(5), rect(0, 180 * i, 256, 180), i + 2);
});

contractCase('L13', 'floating: when the first leave, the next is big', async () => {
  // The first two left: the third is alone, big, and 4:3.
  const seen = of('plain').colourAt(moments.left, rect(100, 100, 200, 200));
  assert.ok(colourDistance(seen, colourOf(palette[2]!)) < 45, JSON.stringify(seen));
  of('plain').assertShows(moments.first, rect(16, 542, 300, 170), 2);
});

contractCase('L14', 'floating: the chosen one is big, the others follow by entry', async () => {
  const seen = of('chosen').colourAt(moments.first, rect(0, 0, 200, 100));
  assert.ok(colourDistance(seen, colourOf(palette[1]!)) < 45, JSON.stringify(seen));
  of('chosen').assertShows(moments.first, rect(16, 542, 300, 170), 1);
  of('chosen').assertShows(moments.first, rect(332, 542, 300, 170), 3);
});

contractCase('L15', 'floating: the place of the chosen one is kept', async () => {
  of('chosen').assertBackground(moments.left, rect(8, 8, 1264, 520));
  of('chosen').assertShows(moments.left, rect(16, 542, 300, 170), 3);
});

contractCase('L16', 'somebody who is only heard has a place, unless it is not wanted', async () => {
  of('heard').assertBackground(moments.heard, rect(8, 8, 624, 704));
  of('heard').assertShows(moments.heard, rect(640, 0, 640, 720), 2);
  of('unplaced').assertShows(moments.heard, rect(0, 0, 1280, 720), 2);
});

contractCase('L17', 'custom: named cells by user, the others by entry', async () => {
  of('custom').assertShows(moments.first, rect(640, 0, 320, 180), 2);
  of('custom').assertShows(moments.first, rect(100, 0, 320, 180), 1);
});

contractCase('L18', 'a Modify shows within a second, and the file goes on', async () => {
  const before = moments.changed - 700;
  of('changing').assertShows(before, rect(16, 542, 300, 170), 2);
  of('changing').assertShows(moments.changed + 1_200, rect(640, 0, 640, 360), 2);
  of('changing').assertShows(moments.changed + 1_200, rect(0, 0, 640, 360), 1);
});

contractCase('L19', '4:3 in 16:9: cut, with bars, or stretched', async () => {
  const blue: Colour = { r: 0, g: 0, b: 255 };
  const colour = colourOf(palette[2]!);
  of('crop').assertShows(moments.first, rect(0, 360, 426, 240), 3);
  // The fitted picture is 320 wide in a cell of 426: bars of 53 at both sides.
  const bars = [rect(426 + 8, 368, 36, 220), rect(426 + 382, 368, 36, 220)];
  for (const bar of bars) assert.ok(colourDistance(of('fit').colourAt(moments.first, bar), blue) < 45);
  const inner = of('fit').colourAt(moments.first, rect(426 + 64, 368, 24, 200));
  assert.ok(colourDistance(inner, colour) < 45, JSON.stringify(inner));
  of('stretch').assertShows(moments.first, rect(852, 360, 426, 240), 3);
});

contractCase('L20', 'of 26 the last is neither seen nor heard', async () => {
  for (const [i, cell] of [0, 1, 2, 3, 4].map((c) => rect(256 * c, 576, 256, 144)).entries()) {
    of('grid').assertShows(whenCrowd(26), cell, 21 + i);
  }
  assert.ok(findBeeps(of('grid').sound, 2500).length >= 2, 'the 25th is heard');
  assert.equal(findBeeps(of('grid').sound, 3100).length, 0, 'the 26th is not');
});
