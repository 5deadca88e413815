import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { after, afterEach, before, describe, test } from 'node:test';
import { FakeClock } from '../../src/clock.ts';
import { decodeControl, encodeControl, FrameReader, frameType } from '../../src/feed/frames.ts';
import type { FeedTrack } from '../../src/feed/messages.ts';
import { decodePackets } from '../../src/feed/packet-batch.ts';
import { FeedConnection, type FeedHost } from '../../src/rooms/feed-connection.ts';
import { rtpTicks, wallUs } from '../../src/units.ts';

const trackOf = (track: number, media: 'audio' | 'video'): FeedTrack => ({
  track,
  userId: 'alice',
  mediaId: 'main',
  media,
  codec: media === 'audio' ? 'opus' : 'h264',
  clockRate: media === 'audio' ? 48000 : 90000,
  sessionId: 's',
  startedUs: wallUs(0),
});
const VIDEO = trackOf(1, 'video');
const AUDIO = trackOf(2, 'audio');
const JOIN = encodeControl({
  kind: 'join',
  room: { sdkAppId: 1, kind: 'number', roomId: '1' },
  botUserId: 'bot',
  taskId: 'task',
});

const packet = (seq: number, bytes: number) => ({
  seq,
  timestamp: rtpTicks(0),
  marker: false,
  level: 255,
  arrivalUs: wallUs(1),
  payload: Buffer.alloc(bytes, seq),
});

class Host implements FeedHost {
  readonly joins: string[] = [];
  readonly keyFrames: number[] = [];
  closed = 0;
  onJoin(connection: FeedConnection): void {
    this.joins.push(connection.join.taskId);
  }
  onKeyFrame(_connection: FeedConnection, track: number): void {
    this.keyFrames.push(track);
  }
  onClosed(): void {
    this.closed++;
  }
}

describe('a feed connection', () => {
  let server: Server;
  const open: Socket[] = [];

  before(async () => {
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
  });

  afterEach(() => {
    for (const socket of open.splice(0)) socket.destroy();
  });

  after(() => server.close());

  async function pair(): Promise<{ near: Socket; far: Socket }> {
    const far = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const [near] = (await once(server, 'connection')) as [Socket];
    open.push(near, far);
    return { near, far };
  }

  test('to a recorder that does not read drops video first, keeps sound, and asks for a key frame after', async () => {
    const { near, far } = await pair();
    const host = new Host();
    const connection = new FeedConnection(near, new FakeClock(), host);
    let sound = 0;
    let video = 0;
    const reader = new FrameReader((type, body) => {
      if (type === frameType.packets) decodePackets(body, ({ track }) => void (track === 2 ? sound++ : video++));
    });
    for (let round = 0; round < 20_000; round++) {
      connection.sendPacket(VIDEO, packet(round, 1200));
      if (round % 5 === 0) connection.sendPacket(AUDIO, packet(round, 100));
    }
    connection.flush();
    const stats = connection.stats();
    assert.ok(stats.droppedVideo > 1000, `dropped ${stats.droppedVideo}`);
    assert.equal(stats.droppedAudio, 0);
    assert.ok(stats.queuedBytes < 9 << 20, `queued ${stats.queuedBytes}`);
    assert.deepEqual(host.keyFrames, []);
    far.on('data', (chunk: Buffer) => assert.ok(reader.push(chunk)));
    while (near.writableLength > 0) await once(near, 'drain');
    connection.flush();
    assert.deepEqual(host.keyFrames, [1], 'once drained');
    connection.sendPacket(VIDEO, packet(1, 1200));
    connection.close('enough');
    await once(far, 'end');
    assert.equal(sound, 4000);
    assert.equal(video, 20_000 - stats.droppedVideo + 1);
    assert.equal(connection.stats().packets, sound + video);
  });

  test('that nobody reads at all ends rather than keep everything', async () => {
    const { near, far } = await pair();
    far.pause();
    const host = new Host();
    const connection = new FeedConnection(near, new FakeClock(), host);
    const started = { kind: 'started', track: { ...VIDEO, userId: 'x'.repeat(60_000) } } as const;
    for (let round = 0; round < 1000 && !near.destroyed; round++) connection.sendEvent(started);
    assert.ok(near.destroyed);
    await once(near, 'close');
    assert.equal(host.closed, 1);
    assert.ok(connection.closed);
  });

  test('keeps packets behind the event that announced them', async () => {
    const { near, far } = await pair();
    const connection = new FeedConnection(near, new FakeClock(), new Host());
    const seen: string[] = [];
    const reader = new FrameReader((type, body) => {
      if (type === frameType.packets) decodePackets(body, (one) => seen.push(`packet ${one.seq}`));
      else if (type === frameType.control) seen.push(decodeControl(body)!.kind);
      else seen.push(body.toString());
    });
    far.on('data', (chunk: Buffer) => reader.push(chunk));
    connection.sendPacket(VIDEO, packet(1, 10));
    connection.sendEvent({ kind: 'started', track: AUDIO });
    connection.sendPacket(AUDIO, packet(2, 10));
    connection.sendEvent({ kind: 'stopped', track: 2, atUs: wallUs(5) });
    connection.close('done');
    connection.sendPacket(VIDEO, packet(3, 10));
    await once(far, 'end');
    assert.deepEqual(seen, ['packet 1', 'started', 'packet 2', 'stopped', 'done']);
  });

  test('takes a join first and once', async () => {
    for (const [bytes, joins] of [
      [Buffer.concat([JOIN, JOIN]), 1],
      [encodeControl({ kind: 'jump' }), 0],
      [encodeControl({ kind: 'join', room: 'x' }), 0],
      [Buffer.from('GET / HTTP/1.1\r\n\r\n'), 0],
    ] as const) {
      const { near, far } = await pair();
      const host = new Host();
      const connection = new FeedConnection(near, new FakeClock(), host);
      far.resume();
      far.write(bytes);
      await once(far, 'end');
      assert.equal(host.joins.length, joins);
      assert.equal(host.closed, 1);
      assert.ok(connection.closed);
    }
  });

  test('passes key-frame requests on after the join alone', async () => {
    const { near, far } = await pair();
    const host = new Host();
    const connection = new FeedConnection(near, new FakeClock(), host);
    far.end(
      Buffer.concat([
        encodeControl({ kind: 'key-frame', track: 1 }),
        JOIN,
        encodeControl({ kind: 'key-frame', track: 2 }),
      ]),
    );
    await once(near, 'end');
    assert.deepEqual(host.keyFrames, [2]);
    connection.close('done');
  });

  test('is given up when the far end is silent', async () => {
    const { near, far } = await pair();
    const clock = new FakeClock();
    const host = new Host();
    const connection = new FeedConnection(near, clock, host);
    let heard = 0;
    const reader = new FrameReader((type) => void (type === frameType.keepAlive && heard++));
    far.on('data', (chunk: Buffer) => reader.push(chunk));
    clock.advance(12_000);
    assert.equal(near.destroyed, false);
    clock.advance(3000);
    assert.ok(near.destroyed);
    await once(far, 'close');
    assert.equal(heard, 4);
    assert.equal(host.closed, 1);
    assert.ok(connection.closed);
  });
});
