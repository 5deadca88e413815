import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FeedAnchor, FeedTrack } from '../../src/feed/messages.ts';
import { AdmittedAnchors } from '../../src/recorder/admission.ts';
import type { RoomRecording } from '../../src/recorder/room-recording.ts';
import { wallUs } from '../../src/units.ts';

const now = wallUs(1_700_000_000_000_000);
const anchor = (userId: string, order: number): FeedAnchor => ({ userId, order, enteredUs: now });
const voice = (track: number, userId: string): FeedTrack => ({
  track,
  userId,
  mediaId: 'main',
  media: 'audio',
  codec: 'opus',
  clockRate: 48_000,
  sessionId: userId,
  startedUs: now,
});
const unit = { at: now, samples: 960, data: new Uint8Array(3), level: 20 };

/** A recording that remembers what reaches it. */
function start(most: number) {
  const told: string[] = [];
  const inner: RoomRecording = {
    anchorEntered: ({ userId }) => void told.push(`+${userId}`),
    anchorLeft: (userId) => void told.push(`-${userId}`),
    openTrack: ({ track, userId }) => {
      told.push(`open ${track}`);
      return { onVideo: () => {}, onAudio: () => void told.push(`sound of ${userId}`) };
    },
    closeTrack: ({ track }) => void told.push(`close ${track}`),
    changeLayout: ({ mode }) => void told.push(`layout ${mode}`),
    advance: () => false,
    finish: async () => [],
    close: () => {},
  };
  return { told, room: new AdmittedAnchors(inner, most) };
}

test('the earliest anchors win, and the others are not recorded (contract §2.3, L20)', () => {
  const { told, room } = start(2);
  for (const [i, user] of ['a', 'b', 'c'].entries()) {
    room.anchorEntered(anchor(user, i));
    room.openTrack(voice(i, user)).onAudio(unit);
  }
  assert.deepEqual(told, ['+a', 'open 0', 'sound of a', '+b', 'open 1', 'sound of b']);
});

test('when one leaves, the next by entry takes the place with the tracks that are open', () => {
  const { told, room } = start(1);
  room.anchorEntered(anchor('a', 0));
  room.anchorEntered(anchor('c', 2));
  room.anchorEntered(anchor('b', 1));
  const sink = room.openTrack(voice(7, 'b'));
  const closed = voice(8, 'b');
  room.openTrack(closed);
  room.closeTrack(closed, now);
  sink.onAudio(unit);
  told.length = 0;
  room.anchorLeft('a', now);
  sink.onAudio(unit);
  room.closeTrack(voice(7, 'b'), now);
  assert.deepEqual(told, ['-a', '+b', 'open 7', 'sound of b', 'close 7']);
});

test('an anchor who was never admitted leaves without a word', () => {
  const { told, room } = start(1);
  room.anchorEntered(anchor('a', 0));
  room.anchorEntered(anchor('b', 1));
  told.length = 0;
  room.anchorLeft('b', now);
  assert.deepEqual(told, []);
});
