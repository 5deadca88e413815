import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import type { RunningRooms } from '../../src/rooms/start.ts';
import { callPage, launchChromium, openPage, type PageSession, type PageView } from './chromium.ts';
import { RecordedFeed, roomOf, SDK_APP_ID, sigFor, startTestRooms } from './rooms-fixture.ts';

describe('a browser in a room', { timeout: 60_000 }, () => {
  let rooms: RunningRooms;
  let browser: Browser;
  let page: Page;
  let origin: string;

  before(async () => {
    rooms = await startTestRooms({ anchorTimeoutMs: 2000 });
    origin = `http://127.0.0.1:${rooms.port}`;
    browser = await launchChromium();
    page = await openPage(browser, origin);
  });

  after(async () => {
    await browser?.close();
    await rooms?.close();
  });

  test('publishes H.264 and Opus to a recorder, is watched, and leaves', async (t) => {
    const room = roomOf('string', '会议/1');
    const feed = new RecordedFeed(rooms, { room });
    await feed.until(() => feed.events.length > 0);
    assert.deepEqual(feed.events[0], { kind: 'joined', anchors: [], tracks: [] });

    const path = `/${SDK_APP_ID}/${encodeURIComponent(room.roomId)}`;
    const session = await callPage<PageSession>(page, 'publish', `${origin}/whip${path}/alice`, sigFor('alice'));
    t.diagnostic(`POST to connected: ${session.connectedMs.toFixed(0)} ms`);
    await feed.until(() => feed.of('started').length === 2 && feed.of('sender-report').length >= 2);

    assert.deepEqual(feed.kinds().slice(0, 2), ['joined', 'entered']);
    const [entered] = feed.of('entered');
    assert.equal(entered?.anchor.userId, 'alice');
    assert.equal(entered.anchor.order, 1);
    const tracks = feed.of('started').map((event) => event.track);
    assert.deepEqual(
      tracks.map((track) => `${track.media} ${track.codec} ${track.clockRate} ${track.mediaId}`).sort(),
      ['audio opus 48000 main', 'video h264 90000 main'],
    );
    for (const track of tracks) {
      const packets = feed.packets.filter((packet) => packet.track === track.track);
      assert.ok(packets.length > 10, `${track.media}: ${packets.length} packets`);
      assert.ok(packets.every((packet) => Math.abs(packet.arrivalUs / 1000 - Date.now()) < 60_000));
    }
    const video = tracks.find((track) => track.media === 'video')!;
    const types = new Set(feed.packets.filter((p) => p.track === video.track).map((p) => p.payload[0]! & 0x1f));
    assert.ok(types.has(24) || types.has(7), `an SPS among NAL types ${[...types].join(' ')}`);
    const audioLevels = feed.packets.filter((p) => p.track !== video.track).map((p) => p.level);
    assert.ok(
      audioLevels.some((level) => level < 127),
      'audio levels are passed on',
    );

    const watcher = await openPage(browser, origin);
    const view = await callPage<PageView>(watcher, 'watch', `${origin}/whep${path}/alice?viewer=bob`, sigFor('bob'));
    t.diagnostic(
      `WHEP POST to connected: ${view.connectedMs.toFixed(0)} ms, to first frame: ${view.firstFrameMs.toFixed(0)} ms`,
    );
    assert.ok(view.width > 0 && view.height > 0);
    assert.equal(Math.round((view.width / view.height) * 9), 16);
    await watcher.waitForFunction('viewerVideo.getVideoPlaybackQuality().totalVideoFrames > 20');
    assert.equal(rooms.stats().viewers, 1);

    const gone = await fetch(`${origin}${session.location}`, { method: 'DELETE' });
    assert.equal(gone.status, 200);
    await feed.until(() => feed.of('left').length > 0);
    assert.deepEqual(
      feed
        .kinds()
        .filter((kind) => kind !== 'sender-report')
        .slice(-3),
      ['stopped', 'stopped', 'left'],
    );
    assert.equal(feed.of('left')[0]?.reason, 'left');
    await watcher.waitForFunction('viewerPc.connectionState !== "connected"');
    assert.equal(rooms.stats().viewers, 0);
    feed.client.close();
  });
});
