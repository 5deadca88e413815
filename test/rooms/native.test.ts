import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningRooms } from '../../src/rooms/start.ts';
import { buildRtp } from '../../src/rtp/rtp-build.ts';
import { publishWithFfmpeg } from './ffmpeg-publisher.ts';
import { publishNatively } from './native-publisher.ts';
import { RecordedFeed, roomOf, SDK_APP_ID, sigFor, startTestRooms } from './rooms-fixture.ts';

describe('a native publisher', { timeout: 30_000 }, () => {
  let rooms: RunningRooms;
  let origin: string;

  before(async () => {
    rooms = await startTestRooms();
    origin = `http://127.0.0.1:${rooms.port}`;
  });

  after(() => rooms.close());

  test("gets its packets' bytes to a recorder as they were, over real ICE, DTLS and SRTP", async () => {
    const feed = new RecordedFeed(rooms, { room: roomOf('number', '1') });
    await feed.until(() => feed.events.length === 1);
    const publisher = await publishNatively(`${origin}/whip/${SDK_APP_ID}/1/alice`, sigFor('alice'));
    const payloads = Array.from({ length: 200 }, (_, index) =>
      Buffer.from([0x65, index, ...Array.from({ length: 1100 }, (_unused, at) => (at * index) & 0xff)]),
    );
    for (const [index, payload] of payloads.entries()) {
      const sequenceNumber = (65_500 + index) & 0xffff;
      const fields = { payloadType: 96, marker: index % 10 === 9, sequenceNumber, timestamp: index * 300, ssrc: 2222 };
      publisher.video.sendMessageBinary(Buffer.from(buildRtp({ ...fields, payload })));
      if (index % 20 === 19) await sleep(2);
    }
    await feed.until(() => feed.packets.length === payloads.length);
    assert.deepEqual(
      feed.packets.map((packet) => Buffer.from(packet.payload)),
      payloads,
    );
    assert.deepEqual(
      feed.packets.map((packet) => packet.seq),
      payloads.map((_, index) => 65_536 + 65_500 + index),
      'numbers go on over the 16-bit wrap',
    );
    assert.deepEqual(
      feed.packets.map((packet) => packet.timestamp as number),
      payloads.map((_, index) => index * 300),
    );
    assert.equal(feed.packets.filter((packet) => packet.marker).length, 20);
    const arrivals = feed.packets.map((packet) => packet.arrivalUs);
    assert.deepEqual(
      arrivals,
      arrivals.toSorted((a, b) => a - b),
    );
    assert.deepEqual(feed.kinds(), ['joined', 'entered', 'started']);
    await fetch(origin + publisher.location, { method: 'DELETE' });
    await feed.until(() => feed.of('left').length === 1);
    publisher.close();
    feed.client.close();
  });

  test('that is FFmpeg with its own WHIP muxer is recorded and leaves', async () => {
    const feed = new RecordedFeed(rooms, { room: roomOf('string', 'studio') });
    await feed.until(() => feed.events.length === 1);
    await publishWithFfmpeg(`${origin}/whip/${SDK_APP_ID}/studio/ffmpeg`, sigFor('ffmpeg'), 2);
    await feed.until(() => feed.of('left').length === 1);
    assert.deepEqual(
      feed
        .kinds()
        .filter((kind) => kind !== 'sender-report')
        .toSorted(),
      ['entered', 'joined', 'left', 'started', 'started', 'stopped', 'stopped'],
    );
    for (const { track } of feed.of('started')) {
      const count = feed.packets.filter((packet) => packet.track === track.track).length;
      assert.ok(count >= (track.media === 'video' ? 40 : 90), `${count} ${track.media} packets`);
    }
    feed.client.close();
  });

  test('that comes and goes leaves no descriptor and no thread behind', async (t) => {
    const times: number[] = [];
    const round = async (): Promise<void> => {
      const publisher = await publishNatively(`${origin}/whip/${SDK_APP_ID}/2/bob`, sigFor('bob'));
      times.push(publisher.connectedMs);
      await fetch(origin + publisher.location, { method: 'DELETE' });
      publisher.close();
    };
    const count = (): { descriptors: number; threads: number } => ({
      descriptors: readdirSync('/proc/self/fd').length,
      threads: readdirSync('/proc/self/task').length,
    });
    for (let index = 0; index < 5; index++) await round();
    await sleep(100);
    const before = count();
    for (let index = 0; index < 60; index++) await round();
    await sleep(100);
    const after = count();
    t.diagnostic(`POST to connected: median ${times.toSorted((a, b) => a - b)[32]!.toFixed(1)} ms`);
    assert.ok(after.descriptors <= before.descriptors + 3, `${before.descriptors} → ${after.descriptors} descriptors`);
    assert.ok(after.threads <= before.threads, `${before.threads} → ${after.threads} threads`);
  });
});
