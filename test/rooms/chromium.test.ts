import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import type { RunningRooms } from '../../src/rooms/start.ts';
import { callPage, launchChromium, openPage, type PageSession, type PageView } from './chromium.ts';
import { RecordedFeed, roomOf, SDK_APP_ID, sigFor, startTestRooms } from './rooms-fixture.ts';

const NAL_SLICE = 1;
/** Chromium sends the parameter sets of a key frame in one. */
const NAL_STAP_A = 24;
const NAL_FU_A = 28;

/** Type of the NAL unit a payload holds or is a fragment of (RFC 6184 §5). */
function nalType(payload: Uint8Array): number {
  const type = (payload[0] ?? 0) & 0x1f;
  return type === NAL_FU_A ? payload[1]! & 0x1f : type;
}

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
    const types = new Set(feed.packets.filter((p) => p.track === video.track).map((p) => nalType(p.payload)));
    assert.ok(types.has(NAL_STAP_A), `parameter sets among NAL types ${[...types].join(' ')}`);
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

  test('that publishes again is spliced, and one that is killed is gone after the timeout', async () => {
    const room = roomOf('number', '10001');
    const feed = new RecordedFeed(rooms, { room });
    const url = `${origin}/whip/${SDK_APP_ID}/10001/carol`;
    const other = await launchChromium();
    const carol = await openPage(other, origin);
    const first = await callPage<PageSession>(carol, 'publish', url, sigFor('carol'));
    await feed.until(() => feed.of('started').length === 2);
    const second = await callPage<PageSession>(carol, 'publish', url, sigFor('carol'));
    assert.notEqual(first.location, second.location);
    await feed.until(() => feed.of('started').length === 4 && feed.of('stopped').length === 2);
    assert.deepEqual(
      feed.kinds().filter((kind) => kind === 'entered' || kind === 'left'),
      ['entered'],
    );
    const [old, fresh] = [feed.of('started').slice(0, 2), feed.of('started').slice(2)];
    assert.deepEqual(
      feed.of('stopped').map((event) => event.track),
      old.map((event) => event.track.track),
    );
    assert.equal(new Set(fresh.map((event) => event.track.sessionId)).size, 1);
    const [video] = fresh.filter((event) => event.track.media === 'video');
    const nals = (): number[] =>
      feed.packets.filter((packet) => packet.track === video!.track.track).map((packet) => nalType(packet.payload));
    // A request during a key frame is satisfied by that one, so it is made after the first picture that is none.
    await feed.until(() => nals().includes(NAL_SLICE));
    const before = nals().filter((type) => type === NAL_STAP_A).length;
    feed.client.requestKeyFrame(video!.track.track);
    await feed.until(() => nals().filter((type) => type === NAL_STAP_A).length > before);

    await other.close();
    await feed.until(() => feed.of('left').length === 1);
    assert.equal(feed.of('left')[0]?.reason, 'timeout');
    const last = feed.packets.at(-1)!.arrivalUs;
    const silence = (feed.of('left')[0]!.atUs - last) / 1e6;
    assert.ok(silence >= 2 && silence < 5, `left after ${silence.toFixed(1)} s of silence`);
    feed.client.close();
  });
});
