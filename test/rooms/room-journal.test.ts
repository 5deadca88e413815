import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RoomRegistry } from '../../src/rooms/room-registry.ts';
import { H264, OPUS, roomSetting, TestBot } from './room-setting.ts';

/** What a room writes into the journal as sessions come, go, break and are taken over. */

async function storyOf(registry: RoomRegistry): Promise<string[]> {
  const { entries } = await registry.journal.read({ boot: '', after: 0 }, new AbortController().signal);
  return entries.map(({ moment }) => {
    switch (moment.kind) {
      case 'entered':
        return `${moment.userId} enters as ${moment.role}`;
      case 'left':
        return `${moment.userId} leaves: ${moment.reason}`;
      case 'media':
        return `${moment.userId} ${moment.on ? 'starts' : 'stops'} ${moment.media}`;
      case 'role':
        return `${moment.userId} becomes ${moment.role}`;
      default:
        return moment.kind;
    }
  });
}

/** RTCP: an empty receiver report and a BYE of that SSRC (RFC 3550 §6.6). */
const bye = (ssrc: number): Uint8Array =>
  Uint8Array.from([0x80, 201, 0, 1, 0, 0, 0, 9, 0x81, 203, 0, 1, 0, 0, 0, ssrc]);

describe('the journal of a room', () => {
  test('an anchor who leaves is told as leaving, not as stopping', async () => {
    const { registry, room, publish } = roomSetting();
    const { publisher, peer } = await publish('alice');
    assert.equal(room.occupied, false, 'who is on the way in is not in the room');
    peer.become('connected');
    assert.equal(room.occupied, true);
    peer.rtp(OPUS, 11, 1, [0xf8]);
    peer.rtp(H264, 22, 1);
    room.end(publisher, 'left');
    assert.deepEqual(await storyOf(registry), [
      'created',
      'alice enters as 20',
      'alice starts audio',
      'alice starts video',
      'alice leaves: left',
      'destroyed',
    ]);
  });

  test('a BYE stops one kind of media, the end of the screen all of the screen', async () => {
    const { registry, room, publish } = roomSetting();
    const { peer } = await publish('alice');
    peer.become('connected');
    peer.rtp(OPUS, 11, 1, [0xf8]);
    const screen = await publish('alice', 'aux');
    screen.peer.become('connected');
    screen.peer.rtp(H264, 33, 1);
    screen.peer.rtp(OPUS, 34, 1, [0xf8]);
    peer.raw(bye(11));
    room.end(screen.publisher, 'left');
    assert.deepEqual((await storyOf(registry)).slice(2), [
      'alice starts audio',
      'alice starts aux',
      'alice stops audio',
      'alice stops aux',
    ]);
  });

  test('a lost transport that comes back is no event; what does not come back stops', async () => {
    const { registry, publish } = roomSetting();
    const first = await publish('alice');
    first.peer.become('connected');
    first.peer.rtp(OPUS, 11, 1, [0xf8]);
    first.peer.rtp(H264, 22, 1);
    first.peer.become('failed');
    const second = await publish('alice');
    second.peer.become('connected');
    second.peer.rtp(OPUS, 44, 1, [0xf8]);
    second.peer.rtp(H264, 55, 1);
    assert.equal((await storyOf(registry)).length, 4);
    const third = await publish('alice', 'main', 'audio-only');
    third.peer.become('connected');
    assert.deepEqual((await storyOf(registry)).slice(4), ['alice stops video']);
  });

  test('silence ends in a time-out', async () => {
    const { clock, registry, publish } = roomSetting();
    const { peer } = await publish('alice');
    peer.become('connected');
    clock.advance(11_000);
    assert.deepEqual((await storyOf(registry)).slice(2), ['alice leaves: timeout', 'destroyed']);
  });

  test('a bot alone makes a room; a takeover of its task, or by another task, is no coming and going', async () => {
    const { registry, room } = roomSetting();
    const first = new TestBot(room, 'robot', 'task-1');
    const second = new TestBot(room, 'robot', 'task-1');
    const third = new TestBot(room, 'robot', 'task-2');
    room.leave(first);
    room.leave(second);
    assert.equal(room.occupied, true);
    room.leave(third);
    assert.deepEqual(await storyOf(registry), ['created', 'robot enters as 21', 'robot leaves: left', 'destroyed']);
  });

  test('who asked for a removal is told to the bot, and to the journal that there was one', async () => {
    const asked = async (by: 'customer' | 'server' | undefined) => {
      const { registry, room, publish } = roomSetting();
      const removed = new TestBot(room, 'robot');
      const dissolved = new TestBot(room, 'other');
      (await publish('alice')).peer.become('connected');
      if (by === undefined) {
        room.removeUser('robot');
        room.dissolve();
      } else {
        room.removeUser('robot', by);
        room.dissolve(by);
      }
      const left = (await storyOf(registry)).filter((line) => line.includes('leaves'));
      assert.deepEqual(left, ['robot leaves: removed', 'alice leaves: removed', 'other leaves: removed']);
      return [removed, dissolved].map((bot) => bot.story().at(-1));
    };
    assert.deepEqual(await asked('customer'), ['ejected removed', 'ejected dissolved']);
    assert.deepEqual(await asked('server'), ['ejected removed-by-server', 'ejected dissolved-by-server']);
    assert.deepEqual(await asked(undefined), ['ejected removed-by-server', 'ejected dissolved-by-server']);
  });

  test('the end of the process is not the end of anybody’s visit', async () => {
    const { registry, publish } = roomSetting();
    (await publish('alice')).peer.become('connected');
    registry.close();
    assert.deepEqual(await storyOf(registry), ['created', 'alice enters as 20']);
  });
});
