import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FeedAnchor, FeedTrack } from '../../src/feed/messages.ts';
import { AdmittedAnchors } from '../../src/recorder/admission.ts';
import type { RoomRecording } from '../../src/recorder/room-recording.ts';
import { micros, type WallUs } from '../../src/units.ts';
import type { RecordingPlan, SubscriptionPlan } from '../../src/worker-api/messages.ts';
import { feedTrack, plan } from './recorder-kit.ts';
import { at } from '../single/recorder-kit.ts';

const now = at(0);
const anchor = (userId: string, order: number): FeedAnchor => ({ userId, order, enteredUs: now });
const voice = (track: number, userId: string): FeedTrack => feedTrack({ track, userId, media: 'audio' });
const camera = (track: number, userId: string): FeedTrack => feedTrack({ track, userId });
const unit = { at: now, samples: 960, data: new Uint8Array(3), level: 20 };
const picture = { at: now, key: true, codec: 'h264', data: new Uint8Array(3) } as const;

/** Lists of a task: users of whom a medium is blocked, or the only ones of whom it is allowed. */
const lists = (
  change: Partial<Record<'audioBlock' | 'videoBlock' | 'audioAllow' | 'videoAllow', readonly string[]>>,
): SubscriptionPlan => ({
  audio: { allow: change.audioAllow ?? [], block: change.audioBlock ?? [] },
  video: { allow: change.videoAllow ?? [], block: change.videoBlock ?? [] },
});
const without = (...users: readonly string[]): SubscriptionPlan => lists({ audioBlock: users, videoBlock: users });

const ms = (time: WallUs): number => (time - now) / 1000;

/** A recording that remembers what reaches it; times are given where they are not zero. */
function start(most: number, change: Partial<RecordingPlan> = {}) {
  const told: string[] = [];
  const when = (time: WallUs): string => (time === now ? '' : ` @${ms(time)}`);
  const inner: RoomRecording = {
    anchorEntered: ({ userId, enteredUs }) => void told.push(`+${userId}${when(enteredUs)}`),
    anchorLeft: (userId, time) => void told.push(`-${userId}${when(time)}`),
    openTrack: ({ track, userId, startedUs }) => {
      told.push(`open ${track}${when(startedUs)}`);
      return {
        onVideo: () => void told.push(`picture of ${userId}`),
        onAudio: () => void told.push(`sound of ${userId}`),
      };
    },
    closeTrack: ({ track }, time) => void told.push(`close ${track}${when(time)}`),
    forgetPictures: (userId, time) => void told.push(`forget ${userId}${when(time)}`),
    changeLayout: () => {},
    advance: () => false,
    lag: () => micros(0),
    setEffort: () => {},
    finish: async () => [],
    close: () => {},
  };
  const requestKeyFrame = (track: number): void => void told.push(`key of ${track}`);
  const room = new AdmittedAnchors(inner, { plan: plan(change), most, requestKeyFrame });
  /** Users who enter in this order, each with a voice (10, 20, …) and a camera (11, 21, …). */
  const enter = (...users: readonly string[]) =>
    users.map((userId, i) => {
      room.anchorEntered(anchor(userId, i));
      return {
        voice: room.openTrack(voice(i * 10 + 10, userId)),
        camera: room.openTrack(camera(i * 10 + 11, userId)),
      };
    });
  /** What was told since it was asked last. */
  const news = (): string[] => told.splice(0);
  return { news, room, enter };
}

test('the earliest anchors win, and the others are not recorded (contract §2.3, L20)', () => {
  const { news, room } = start(2);
  for (const [i, user] of ['a', 'b', 'c'].entries()) {
    room.anchorEntered(anchor(user, i));
    room.openTrack(voice(i, user))!.onAudio(unit);
  }
  assert.deepEqual(news(), ['+a', 'open 0', 'sound of a', '+b', 'open 1', 'sound of b']);
});

test('when one leaves, the next by entry takes the place with the tracks that are open', () => {
  const { news, room } = start(1);
  room.anchorEntered(anchor('a', 0));
  room.anchorEntered(anchor('c', 2));
  room.anchorEntered(anchor('b', 1));
  const sink = room.openTrack(voice(7, 'b'))!;
  const closed = voice(8, 'b');
  room.openTrack(closed);
  room.closeTrack(closed, now);
  sink.onAudio(unit);
  news();
  room.anchorLeft('a', at(500));
  sink.onAudio(unit);
  sink.onAudio({ ...unit, at: at(500) });
  room.closeTrack(voice(7, 'b'), at(900));
  assert.deepEqual(news(), ['-a @500', '+b @500', 'open 7 @500', 'sound of b', 'close 7 @900']);
});

test('an anchor who was never admitted leaves without a word', () => {
  const { news, room } = start(1);
  room.anchorEntered(anchor('a', 0));
  room.anchorEntered(anchor('b', 1));
  news();
  room.anchorLeft('b', now);
  assert.deepEqual(news(), []);
});

test('a user allowed in neither medium takes no place, one allowed for sound alone does', () => {
  const subscription = lists({ audioBlock: ['a'], videoBlock: ['a', 'b'] });
  const { news, enter } = start(2, { subscription });
  enter('a', 'b', 'c', 'd');
  assert.deepEqual(news(), ['+b', 'open 20', '+c', 'open 30', 'open 31']);
});

test('a user allowed only in a medium that the task does not record takes no place', () => {
  const { news, enter } = start(1, { streams: 'video', subscription: lists({ videoBlock: ['a'] }) });
  enter('a', 'b');
  assert.deepEqual(news(), ['+b', 'open 21']);
});

test('tracks that the plan does not want are not even read (StreamType, MediaId)', () => {
  const { room } = start(2, { streams: 'audio', media: ['main'] });
  room.anchorEntered(anchor('a', 0));
  assert.equal(room.openTrack(camera(1, 'a')), undefined);
  assert.equal(room.openTrack({ ...voice(2, 'a'), mediaId: 'aux' }), undefined);
  assert.notEqual(room.openTrack(voice(3, 'a')), undefined);
});

test('a relay robot is recorded only where the task says so (SubscribeAbility)', () => {
  for (const relayRobots of [false, true]) {
    const { news, room } = start(2, { relayRobots });
    room.anchorEntered({ ...anchor('relay', 0), robot: 'relay' });
    room.openTrack(voice(1, 'relay'));
    assert.deepEqual(news(), relayRobots ? ['+relay', 'open 1'] : []);
  }
});

test('who becomes unwanted leaves at that time, whose place goes to the next, nobody else is touched', () => {
  const { news, room, enter } = start(2);
  const [a, b, c] = enter('a', 'b', 'c');
  news();
  room.changeSubscription(without('a'), at(1_000));
  assert.equal(
    news().join(', '),
    'close 10 @1000, close 11 @1000, -a @1000, +c @1000, open 30 @1000, open 31 @1000, key of 31',
  );
  for (const { voice: sound, camera: pictures } of [a!, b!, c!]) {
    sound!.onAudio({ ...unit, at: at(999) });
    sound!.onAudio({ ...unit, at: at(1_000) });
    pictures!.onVideo({ ...picture, at: at(999) });
  }
  assert.deepEqual(news(), ['sound of b', 'sound of b', 'picture of b', 'sound of c']);
});

test('who is wanted again enters behind those who are in, even with an earlier entry', () => {
  const { news, room, enter } = start(2, { subscription: without('a') });
  enter('a', 'b', 'c');
  news();
  room.changeSubscription(lists({}), at(1_000));
  assert.deepEqual(news(), []);
  room.anchorLeft('c', at(2_000));
  assert.deepEqual(news(), ['-c @2000', '+a @2000', 'open 10 @2000', 'open 11 @2000', 'key of 11']);
});

test('one medium comes and goes while the user stays', () => {
  const { news, room, enter } = start(2);
  const [a] = enter('a');
  news();
  room.changeSubscription(lists({ videoBlock: ['a'] }), at(1_000));
  a!.camera!.onVideo({ ...picture, at: at(1_100) });
  a!.voice!.onAudio({ ...unit, at: at(1_100) });
  assert.deepEqual(news(), ['close 11 @1000', 'forget a @1000', 'sound of a']);
  room.changeSubscription(lists({ audioBlock: ['a'] }), at(2_000));
  assert.deepEqual(news(), ['close 10 @2000', 'open 11 @2000', 'key of 11']);
  room.openTrack(voice(12, 'a'))!.onAudio({ ...unit, at: at(2_100) });
  assert.deepEqual(news(), []);
});

test('the same change again changes nothing', () => {
  const { news, room, enter } = start(2);
  enter('a', 'b', 'c');
  room.changeSubscription(without('a'), at(1_000));
  news();
  room.changeSubscription(without('a'), at(1_500));
  assert.deepEqual(news(), []);
});

test('a user who is named like a prefix makes it void for as long as that user is there', () => {
  const { news, room, enter } = start(3, { subscription: without('1.*$') });
  enter('11', '2');
  assert.deepEqual(news(), ['+2', 'open 20', 'open 21']);
  room.anchorEntered({ ...anchor('1.*$', 2), enteredUs: at(1_000) });
  assert.deepEqual(news(), ['+11 @1000', 'open 10 @1000', 'open 11 @1000', 'key of 11']);
  room.anchorLeft('1.*$', at(2_000));
  assert.deepEqual(news(), ['close 10 @2000', 'close 11 @2000', '-11 @2000']);
});

test('an anchor who is in and entered anew stays in with the new entry', () => {
  const { news, room, enter } = start(1);
  enter('a', 'b');
  news();
  room.anchorEntered({ ...anchor('a', 7), enteredUs: at(1_000) });
  assert.deepEqual(news(), ['+a @1000']);
});

test('a closed track is not opened by a later change', () => {
  const { news, room, enter } = start(1, { subscription: without('a') });
  enter('a');
  room.closeTrack(camera(11, 'a'), at(500));
  room.changeSubscription(lists({}), at(1_000));
  assert.deepEqual(news(), ['+a @1000', 'open 10 @1000']);
});
