import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { RunningRooms } from '../../src/rooms/start.ts';
import { startSyntheticAnchor } from '../../src/synthetic/anchor.ts';
import { annexBUnits } from '../../src/synthetic/annex-b.ts';
import { areaInPixels, FLASH_AREA, PATCH_AREA } from '../../src/synthetic/pattern-areas.ts';
import type { CodedPicture } from '../../src/synthetic/video-encoder.ts';
import { launchChromium, type ChromiumKit } from '../kit/chromium.ts';
import { avOffsets, findBeeps, findFlashes, type AvOffsets } from '../kit/flash-beep.ts';
import { runWithin } from '../kit/nal-units.ts';
import { decodeAudio } from '../kit/sound-track.ts';
import { colourDistance, colourOf, decodeVideo, type VideoFrames } from '../kit/video-frames.ts';
import { RecordedFeed, roomOf, SDK_APP_ID, sigFor, startTestRooms } from '../rooms/rooms-fixture.ts';
import { feedMedia } from './feed-media.ts';
import { receivedPictures, senderTime, writeReceived, type ReceivedMedia } from './received-file.ts';
import { until } from './until.ts';

const COLOUR = '#2060c0';

describe('publishers of the kit in real rooms', () => {
  let rooms: RunningRooms;
  let folder: string;
  let chromium: ChromiumKit;
  let files = 0;

  before(async () => {
    rooms = await startTestRooms();
    folder = await mkdtemp(join(tmpdir(), 'publishers-'));
    chromium = await launchChromium();
  });
  after(async () => {
    await chromium.close();
    await rooms.close();
    await rm(folder, { recursive: true, force: true });
  });

  const url = (roomId: number, userId: string): string =>
    `http://127.0.0.1:${rooms.port}/whip/${SDK_APP_ID}/${roomId}/${userId}`;

  /** Puts what a feed brought into a file and reads flashes and beeps back. */
  async function examine(media: ReceivedMedia): Promise<{ video: VideoFrames; offsets: AvOffsets }> {
    const path = join(folder, `${(files += 1)}.mp4`);
    const zero = Math.min(senderTime(media, media.audio[0]!, 48_000), receivedPictures(media)[0]!.atUs);
    await writeReceived(path, media, zero);
    const video = await decodeVideo(path);
    const flashes = findFlashes(video, areaInPixels(FLASH_AREA, 640, 360));
    return { video, offsets: avOffsets(flashes, findBeeps(await decodeAudio(path), 1_000)) };
  }

  it('a synthetic anchor enters, is heard and seen to the bit, and leaves', async () => {
    const feed = new RecordedFeed(rooms, { room: roomOf('number', '20001') });
    const sent: CodedPicture[] = [];
    const anchor = await startSyntheticAnchor(
      { url: url(20_001, 'native'), token: sigFor('native'), name: 'native', colour: COLOUR },
      { onPicture: (picture) => sent.push(picture) },
    );
    await until('three seconds', () => anchor.stats().sounds > 160);
    assert.ok(anchor.stats().reportsHeard > 0);
    await anchor.close();
    await feed.until(() => feed.kinds().includes('left'));
    feed.client.close();
    assert.deepEqual(
      feed.of('left').map(({ userId, reason }) => [userId, reason]),
      [['native', 'left']],
    );
    const media = feedMedia(feed, 'native');
    assert.equal(media.audio.length, anchor.stats().sounds);
    assert.ok(
      feed.packets.some(({ level }) => level === 127) && feed.packets.some(({ level }) => level < 20),
      'audio level came through',
    );
    const units = (pictures: readonly { data: Uint8Array }[]): Uint8Array[] =>
      pictures.flatMap(({ data }) => annexBUnits(data));
    assert.equal(runWithin(units(sent), units(receivedPictures(media))), 0);
    const { video, offsets } = await examine(media);
    assert.ok(
      Math.abs(offsets.medianUs) < 3_000 && Math.abs(offsets.worstUs) < 5_000,
      `median ${offsets.medianUs}, worst ${offsets.worstUs}`,
    );
    assert.ok(colourDistance(video.frames.at(-1)!.colour(areaInPixels(PATCH_AREA, 640, 360)), colourOf(COLOUR)) < 16);
  });

  it('Chromium publishes H.264 at full size, with flash and beep close together', async (context) => {
    const feed = new RecordedFeed(rooms, { room: roomOf('number', '20002') });
    const publisher = await chromium.publish({
      url: url(20_002, 'browser'),
      token: sigFor('browser'),
      colour: COLOUR,
      codec: 'h264',
    });
    await feed.until(
      () =>
        feed
          .of('sender-report')
          .some(({ track }) =>
            feed.of('started').some((started) => started.track.track === track && started.track.media === 'audio'),
          ) && feed.of('sender-report').length > 8,
    );
    const stats = await publisher.stats();
    await publisher.stop();
    await feed.until(() => feed.kinds().includes('left'));
    feed.client.close();
    assert.deepEqual([stats.video?.frameWidth, stats.video?.frameHeight], [640, 360]);
    const { video, offsets } = await examine(feedMedia(feed, 'browser'));
    context.diagnostic(
      `Chromium's own beep − flash: median ${offsets.medianUs} µs, worst ${offsets.worstUs} µs of ${offsets.offsetsUs.length}`,
    );
    assert.ok(Math.abs(offsets.medianUs) <= 30_000, `median ${offsets.medianUs}`);
    assert.ok(Math.abs(offsets.worstUs) <= 80_000, `worst ${offsets.worstUs}`);
    assert.ok(colourDistance(video.frames.at(-1)!.colour(areaInPixels(PATCH_AREA, 640, 360)), colourOf(COLOUR)) < 16);
  });

  it('a page mutes, stops and resumes its picture, and vanishes', async () => {
    const feed = new RecordedFeed(rooms, { room: roomOf('number', '20003') });
    const publisher = await chromium.publish({
      url: url(20_003, 'browser'),
      token: sigFor('browser'),
      colour: COLOUR,
      audio: false,
    });
    const sent = async (): Promise<number> => (await publisher.stats()).video?.framesEncoded ?? 0;
    await feed.until(() => feed.packets.length > 20);
    await publisher.replaceTrack('video', null);
    const stopped = await sent();
    const { drawn } = await publisher.stats();
    while ((await publisher.stats()).drawn < drawn + 10) await new Promise((resolve) => setTimeout(resolve, 50));
    assert.ok((await sent()) <= stopped + 1, 'nothing is encoded without a track');
    await publisher.replaceTrack('video', 'back');
    const count = feed.packets.length;
    await feed.until(() => feed.packets.length > count + 10);
    await publisher.mute('video', true);
    await publisher.vanish();
    assert.ok(publisher.page.isClosed());
    feed.client.close();
  });

  it('a refusal names its status', async () => {
    await assert.rejects(
      chromium.publish({ url: url(20_004, 'browser'), token: 'no UserSig', colour: COLOUR }),
      /answered 40[13]/,
    );
  });
});
