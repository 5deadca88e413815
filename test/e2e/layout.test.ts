import assert from 'node:assert/strict';
import { after, before, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { forkSyntheticAnchor } from '../../src/synthetic/forked-anchor.ts';
import { plainPng } from '../images/image-files.ts';
import { serveImages } from '../images/image-server.ts';
import type { CallbackEvent } from '../kit/callback-receiver.ts';
import { contractCase } from '../kit/contract-case.ts';
import { committedFiles, SDK_APP_ID, TestServer } from '../kit/server.ts';
import { colourDistance, colourOf, decodeVideo, type Rect, type VideoFrame } from '../kit/video-frames.ts';

let server: TestServer;

before(async () => {
  server = await TestServer.start({ ROOMTAPE_IMAGES__ALLOW_PRIVATE: 'true' });
});

after(async () => {
  await server?.close();
});

const ROOM = { roomId: '601' };
const ANNA = { userId: 'anna', colour: '#c03030' };
const BEN = { userId: 'ben', colour: '#3040c0' };
const LOGO = '#ff00ff';
const BACKGROUND = '#208040';
const place = (Left: number, Top: number, Width: number, Height: number) => ({ Left, Top, Width, Height });
const area = (left: number, top: number, width: number, height: number): Rect => ({ left, top, width, height });

function assertShows(frame: VideoFrame | undefined, where: Rect, colour: string, what: string): void {
  assert.ok(frame, what);
  const shown = frame.colour(where);
  assert.ok(colourDistance(shown, colourOf(colour)) < 40, `${what}: ${JSON.stringify(shown)} is not ${colour}`);
}

const firstLayout = (logo: string, missing: string) => ({
  MixLayoutMode: 1,
  MaxResolutionUserId: BEN.userId,
  WaterMarkList: [
    { WaterMarkType: 0, WaterMarkImage: { WaterMarkUrl: logo, ...place(560, 20, 64, 48) } },
    { WaterMarkType: 0, WaterMarkImage: { WaterMarkUrl: missing, ...place(0, 0, 64, 64) } },
    {
      WaterMarkType: 1,
      WaterMarkChar: { Chars: '录制中', ...place(480, 280, 144, 48), FontSize: 40, BackGroundColor: '0x000000' },
    },
    { WaterMarkType: 2, WaterMarkTimestamp: { Pos: 0, TimeZone: 8 } },
  ],
});

/** Records Anna and Ben, the second layout from the middle on. */
async function recordTwo(t: TestContext): Promise<{ events: CallbackEvent[]; modifiedMs: number; missing: string }> {
  const images = await serveImages(t, { '/logo.png': plainPng(32, 24, [255, 0, 255, 255]) });
  const missing = images.url('/missing.png');
  const VideoParams = { Width: 640, Height: 360, Fps: 15, BitRate: 1_000_000, Gop: 2 };
  const taskId = await server.record(ROOM, 2, {
    MixTranscodeParams: { VideoParams },
    MixLayoutParams: firstLayout(images.url('/logo.png'), missing),
  });
  for (const anchor of [ANNA, BEN]) {
    const running = await forkSyntheticAnchor({ ...server.whip(ROOM, anchor.userId), ...anchor, name: anchor.userId });
    t.after(() => running.close());
  }
  await server.untilStatus(taskId, 'InProgress');
  await sleep(5_000);
  const MixLayoutParams = {
    MixLayoutMode: 4,
    BackGroundColor: BACKGROUND,
    MixLayoutList: [{ ...place(0, 0, 320, 180), UserId: BEN.userId }, place(321, 181, 319, 179)],
  };
  await server.client.ModifyCloudRecording({ SdkAppId: SDK_APP_ID, TaskId: taskId, MixLayoutParams });
  const modifiedMs = Date.now();
  await sleep(4_000);
  return { events: await server.stop(taskId), modifiedMs, missing };
}

contractCase(
  'L18 E14',
  'a layout with marks, one of them missing, and another layout in the middle: one file that shows both',
  async (t) => {
    const { events, modifiedMs, missing } = await recordTwo(t);
    assert.deepEqual(
      events.map(({ EventType }) => EventType).filter((type) => type !== 309),
      [301, 302, 311, 312],
    );
    const failures = events.filter(({ EventType }) => EventType === 309);
    assert.deepEqual(
      failures.map(({ EventInfo }) => EventInfo.Payload['Url']),
      [missing],
    );
    const files = committedFiles(events);
    assert.equal(files.length, 1);
    const frames = await decodeVideo(await server.download(files[0]!));
    const modified = modifiedMs - files[0]!.StartTimeStamp;
    const before = frames.at(modified - 1_500);
    assertShows(before, area(568, 28, 48, 32), LOGO, 'logo');
    assertShows(before, area(16, 280, 130, 16), ANNA.colour, 'Anna small at the bottom left');
    assertShows(before, area(200, 80, 240, 24), BEN.colour, 'Ben behind everything');
    assert.ok((before?.luma(area(488, 288, 104, 32)) ?? 0) > 40, 'ink of the text');
    const after = frames.at(modified + 1_200);
    assertShows(after, area(100, 40, 120, 12), BEN.colour, 'Ben in his own cell');
    assertShows(after, area(422, 220, 120, 12), ANNA.colour, 'Anna in the free cell');
    assertShows(after, area(336, 16, 288, 150), BACKGROUND, 'background where nobody is, and no mark');
    assertShows(after, area(16, 196, 288, 150), BACKGROUND, 'background at the bottom left');
  },
);
