import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CallbackQueue } from '../../src/callbacks/queue.ts';
import { liveRoom, replayRoom, Sending, type SendingRoom } from '../../src/callbacks/sending.ts';

/** Attempts of one lane that fill it. */
function full(room: SendingRoom): Sending {
  const sending = new Sending({} as CallbackQueue, room);
  for (let n = 0; n < room.perLane; n += 1) {
    sending.underWay.set(`s${n}`, { app: 1, group: 3, own: false, done: Promise.resolve() });
  }
  return sending;
}

test('replays that wait for a full lane are not looked for again before an attempt has ended', () => {
  const sending = full(replayRoom);
  assert.equal(sending.room, replayRoom.inAll - replayRoom.perLane);
  sending.found(3);
  assert.notEqual(sending.room, 0, 'another lane had some');
  sending.found(0);
  assert.equal(sending.room, 0);
  sending.ended('s0');
  assert.equal(sending.room, replayRoom.inAll - replayRoom.perLane + 1);
  sending.found(0);
  assert.notEqual(sending.room, 0, 'no lane is full');
});

test('new events are looked for every time', () => {
  const sending = full(liveRoom);
  sending.found(0);
  assert.equal(sending.room, liveRoom.inAll - liveRoom.perLane);
});
