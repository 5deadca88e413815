import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FakePeer } from './fake-peer.ts';
import { H264, OPUS, roomSetting, TestBot } from './room-setting.ts';

/** Media SSRCs of the PLIs (RFC 4585 §6.3.1) among the compound RTCP a peer got. */
function pliTargets(peer: FakePeer): number[] {
  const targets: number[] = [];
  for (const bytes of peer.sent) {
    const view = new DataView(bytes.buffer);
    for (let at = 0; at < bytes.length; at += 4 * (view.getUint16(at + 2) + 1)) {
      if (bytes[at] === 0x81 && bytes[at + 1] === 206) targets.push(view.getUint32(at + 8));
    }
  }
  return targets;
}

describe('a room', () => {
  test('tells of entering at the connection, of tracks at their first packet, of leaving at the end', async () => {
    const { room, publish } = roomSetting();
    const bot = new TestBot(room);
    assert.deepEqual(bot.events, [{ kind: 'joined', anchors: [], tracks: [] }]);
    const { publisher, peer } = await publish('alice');
    assert.deepEqual(bot.story(), []);
    peer.become('connected');
    assert.deepEqual(bot.story(), ['entered alice #1']);
    peer.rtp(OPUS, 11, 1, [0xf8]);
    peer.rtp(OPUS, 11, 2, [0xf8]);
    peer.rtp(H264, 22, 1);
    room.end(publisher, 'left');
    peer.rtp(OPUS, 11, 3, [0xf8]);
    assert.deepEqual(bot.story(), [
      'entered alice #1',
      'started 1 alice main opus',
      'started 2 alice main h264',
      'stopped 1',
      'stopped 2',
      'left alice left',
    ]);
    assert.deepEqual(
      bot.packets.map((packet) => packet.track),
      [1, 1, 2],
    );
    assert.ok(peer.closed);
    room.end(publisher, 'left');
    assert.equal(bot.story().length, 6, 'ending twice is ending once');
  });

  test('keeps a user until the last session ends', async () => {
    const { room, publish } = roomSetting();
    const bot = new TestBot(room);
    const main = await publish('alice', 'main');
    const aux = await publish('alice', 'aux');
    main.peer.become('connected');
    aux.peer.become('connected');
    room.end(main.publisher, 'left');
    assert.deepEqual(bot.story(), ['entered alice #1']);
    room.end(aux.publisher, 'left');
    assert.deepEqual(bot.story(), ['entered alice #1', 'left alice left']);
  });

  test('splices a re-publish: new tracks, same anchor', async () => {
    const { room, publish } = roomSetting();
    const bot = new TestBot(room);
    const first = await publish('alice');
    first.peer.become('connected');
    first.peer.rtp(H264, 22, 1);
    const second = await publish('alice');
    first.peer.rtp(H264, 22, 2);
    assert.equal(bot.packets.length, 2, 'the first goes on until the second is connected');
    second.peer.become('connected');
    assert.ok(first.peer.closed);
    second.peer.rtp(H264, 33, 1);
    room.end(first.publisher, 'left');
    assert.deepEqual(bot.story(), [
      'entered alice #1',
      'started 1 alice main h264',
      'stopped 1',
      'started 2 alice main h264',
    ]);
  });

  test('keeps an anchor whose transport died until the silence is over the limit', async () => {
    const { clock, room, publish } = roomSetting();
    const bot = new TestBot(room);
    const first = await publish('alice');
    first.peer.become('connected');
    first.peer.rtp(H264, 22, 1);
    first.peer.become('closed');
    assert.deepEqual(bot.story().slice(-1), ['stopped 1']);
    clock.advance(9000);
    const second = await publish('alice');
    second.peer.become('connected');
    second.peer.rtp(H264, 33, 1);
    clock.advance(8000);
    assert.deepEqual(bot.story().slice(-1), ['started 2 alice main h264'], 'came back in time');
    clock.advance(3000);
    assert.deepEqual(bot.story().slice(-2), ['stopped 2', 'left alice timeout']);
  });

  test('times an anchor out by silence, not by mute', async () => {
    const { clock, room, publish } = roomSetting();
    const bot = new TestBot(room);
    const { peer } = await publish('alice');
    peer.become('connected');
    for (let second = 0; second < 60; second += 5) {
      clock.advance(5000);
      peer.rtcp();
    }
    assert.deepEqual(bot.story(), ['entered alice #1']);
    clock.advance(10_000);
    assert.deepEqual(bot.story(), ['entered alice #1'], 'not before the limit');
    clock.advance(500);
    assert.deepEqual(bot.story(), ['entered alice #1', 'left alice timeout']);
  });

  test('forgets sessions that never connect, and itself when nobody is left', async () => {
    const { clock, registry, room, publish } = roomSetting();
    const { peer, publisher } = await publish('alice');
    clock.advance(20_000);
    assert.equal(publisher.closed, false);
    clock.advance(1000);
    assert.ok(publisher.closed && peer.closed);
    assert.equal(registry.find(room.key), undefined);
  });

  test('gives up an earlier session of the same picture that has not connected', async () => {
    const { room, publish } = roomSetting();
    const bot = new TestBot(room);
    const first = await publish('alice');
    const second = await publish('alice');
    assert.ok(first.publisher.closed && first.peer.closed);
    first.peer.become('connected');
    assert.deepEqual(bot.story(), []);
    second.peer.become('connected');
    assert.deepEqual(bot.story(), ['entered alice #1']);
  });

  test('starts a new track when an m-line changes its SSRC', async () => {
    const { room, publish } = roomSetting();
    const bot = new TestBot(room);
    const { peer } = await publish('alice');
    peer.become('connected');
    for (let seq = 1; seq < 5; seq++) peer.rtp(H264, 22, seq);
    for (let seq = 900; seq < 910; seq++) peer.rtp(H264, 44, seq);
    assert.deepEqual(bot.story().slice(1), ['started 1 alice main h264', 'stopped 1', 'started 2 alice main h264']);
    const second = bot.packets.filter((packet) => packet.track === 2);
    assert.equal(second[0]!.seq % 65536, 900);
  });

  test('numbers anchors by entry and never twice', async () => {
    const { room, publish } = roomSetting();
    const bot = new TestBot(room);
    const alice = await publish('alice');
    const bob = await publish('bob');
    bob.peer.become('connected');
    alice.peer.become('connected');
    room.end(bob.publisher, 'left');
    (await publish('bob')).peer.become('connected');
    assert.deepEqual(bot.story(), ['entered bob #1', 'entered alice #2', 'left bob left', 'entered bob #3']);
    const late = new TestBot(room, 'late');
    const joined = late.events[0];
    assert.ok(joined?.kind === 'joined');
    assert.deepEqual(
      joined.anchors.map((anchor) => anchor.userId),
      ['alice', 'bob'],
    );
  });

  test('tells a late bot what runs already', async () => {
    const { room, publish } = roomSetting();
    const { peer } = await publish('alice');
    peer.become('connected');
    peer.rtp(H264, 22, 1);
    const bot = new TestBot(room);
    const joined = bot.events[0];
    assert.ok(joined?.kind === 'joined');
    assert.deepEqual(
      joined.tracks.map((track) => [track.track, track.codec, track.sessionId]),
      [[1, 'h264', 's1']],
    );
    peer.rtp(H264, 22, 2);
    assert.deepEqual(
      bot.packets.map((packet) => packet.track),
      [1],
    );
  });

  test("puts a bot out for another task's, and lets a task's own successor take over silently", () => {
    const { room } = roomSetting();
    const first = new TestBot(room, 'bot', 'task-1');
    const takeover = new TestBot(room, 'bot', 'task-1');
    assert.deepEqual([first.story(), first.closedBy], [[], 'superseded']);
    const other = new TestBot(room, 'bot', 'task-2');
    assert.deepEqual(takeover.story(), ['ejected replaced']);
    room.leave(takeover);
    assert.deepEqual(room.list().bots, ['bot'], 'the late end of a superseded bot does not touch its successor');
    assert.equal(other.closedBy, undefined);
  });

  test('passes key-frame requests on to the sender', async () => {
    const { clock, room, publish } = roomSetting();
    const bot = new TestBot(room);
    const { peer } = await publish('alice', 'main', 'chromium-publish');
    peer.become('connected');
    peer.rtp(108, 22, 1);
    clock.advance(1000);
    peer.sent.length = 0;
    room.requestKeyFrame(999);
    clock.advance(20);
    assert.deepEqual(pliTargets(peer), []);
    room.requestKeyFrame(bot.packets[0]!.track);
    clock.advance(20);
    assert.deepEqual(pliTargets(peer), [22]);
  });

  test('removes a user and dissolves', async () => {
    const { room, publish } = roomSetting();
    const bot = new TestBot(room);
    const alice = await publish('alice');
    const bob = await publish('bob');
    alice.peer.become('connected');
    bob.peer.become('connected');
    assert.equal(room.removeUser('nobody'), false);
    assert.ok(room.removeUser('alice'));
    assert.ok(alice.peer.closed);
    room.dissolve();
    assert.deepEqual(bot.story().slice(2), ['left alice removed', 'left bob removed', 'ejected dissolved-by-server']);
    assert.equal(bot.closedBy, 'dissolved-by-server');
    assert.ok(room.empty);
  });

  test('goes down without a word of people leaving', async () => {
    const { registry, room, publish } = roomSetting();
    const bot = new TestBot(room);
    const { peer } = await publish('alice');
    peer.become('connected');
    registry.close();
    assert.deepEqual(bot.story(), ['entered alice #1']);
    assert.equal(bot.closedBy, 'shutting down');
    assert.ok(peer.closed);
  });
});
