import assert from 'node:assert/strict';
import { test } from 'node:test';
import { layoutPictures } from '../../src/layout/layout-pictures.ts';
import { gridPlan } from '../../src/layout/layout-plan.ts';
import { fileKey } from '../../src/naming/file-key.ts';
import { everybody, type SubscriptionPlan } from '../../src/worker-api/messages.ts';
import { at } from '../single/recorder-kit.ts';
import { feedTrack } from './recorder-kit.ts';
import { KEY_MS, playRoom, SIZE, type Person, type PlayedFile, type Scene } from './played-room.ts';

/** What is in the files of a room depends on the lists, now and later, and on StreamType and MediaId (contract §2.2, 2.3, 2.8). */

const ALICE: Person = { userId: 'alice', hz: 500, luma: 80 };
const BOB: Person = { userId: 'bob', hz: 1_200, luma: 200 };
const PAIR = [ALICE, BOB];

const blocked = (...users: readonly string[]) => ({ allow: [], block: users });
const without = (...users: readonly string[]): SubscriptionPlan => ({
  audio: blocked(...users),
  video: blocked(...users),
});
const change = (ms: number, subscription: SubscriptionPlan): Scene => ({
  ms,
  act: (room) => room.changeSubscription(subscription, at(ms)),
});

/** The middle of a person's cell in a grid of these. */
function cellOf(person: Person, people: readonly Person[]) {
  const pictures = people.map(({ userId, mediaId = 'main' }, order) => ({ userId, mediaId, order, hasVideo: true }));
  const placed = layoutPictures(gridPlan, SIZE, pictures).find(({ picture }) => picture?.userId === person.userId)!;
  const { left, top, width, height } = placed.rect;
  return { left: left + width / 4, top: top + height / 4, width: width / 2, height: height / 2 };
}

const isHeard = (file: PlayedFile, { hz, userId }: Person, fromMs: number, toMs: number, expected = true): void => {
  const loud = file.heard(hz, fromMs, toMs);
  assert.ok(expected ? loud > 0.15 : loud < 3e-3, `${userId} from ${fromMs} to ${toMs} ms is ${loud}`);
};
const near = (value: number, expected: number, what: string): void =>
  assert.ok(Math.abs(value - expected) < 8, `${what} is ${value}, not ${expected}`);

test('single: who is blocked in one medium has a file without it', async (t) => {
  const subscription = { audio: blocked('bob'), video: blocked('alice') };
  const { of, files } = await playRoom(t, { subscription }, PAIR, 2_000);
  assert.equal(files.size, 2);
  const [alice, bob] = [of('alice'), of('bob')];
  assert.deepEqual([alice.streams, alice.trackType], [['aac'], 'audio']);
  isHeard(alice, ALICE, 100, 1_900);
  assert.deepEqual([bob.streams, bob.trackType], [['h264', 'aac'], 'audio_video']);
  isHeard(bob, BOB, 0, 2_000, false);
  near(bob.luma(1_000), BOB.luma, 'Bob');
});

test('single: who is allowed in neither medium has no file, an allow list is for all others', async (t) => {
  const only = { allow: ['al.*$'], block: [] };
  const { files } = await playRoom(t, { subscription: { audio: only, video: only } }, PAIR, 1_000);
  assert.deepEqual([...files.keys()], [fileKey('alice', 'main')]);
});

test('single: who is taken out and let in again goes on in the same file, with a key frame; the other is not touched', async (t) => {
  const scenes = [change(2_000, without('alice')), change(4_000, everybody)];
  const { of, files, asked } = await playRoom(t, {}, PAIR, 6_000, scenes);
  assert.equal(files.size, 2);
  const [alice, bob] = [of('alice'), of('bob')];
  assert.ok(Math.abs(alice.durationMs - 6_000) <= 30, `lasts ${alice.durationMs} ms`);
  isHeard(alice, ALICE, 100, 1_900);
  isHeard(alice, ALICE, 2_100, 3_950, false);
  isHeard(alice, ALICE, 4_050, 5_900);
  assert.equal(alice.gaps, 0);
  const times = alice.frames.map(({ ptsUs }) => Math.round(ptsUs / 1000));
  const back = times.findIndex((ms) => ms > 3_000);
  assert.ok(times[back - 1]! >= 1_880 && times[back - 1]! < 2_000, `the last before is at ${times[back - 1]} ms`);
  assert.equal(times[back], 3 * KEY_MS, 'the first key frame after the change');
  assert.ok(asked.includes(1), 'is asked for');
  for (const { ptsUs } of alice.frames) near(alice.luma(ptsUs / 1000), ALICE.luma, `Alice at ${ptsUs} µs`);
  assert.equal(bob.frames.length, 150);
  isHeard(bob, BOB, 100, 5_900);
});

for (const [streams, trackType, types] of [
  ['audio-video', 'audio_video', ['h264', 'aac']],
  ['audio', 'audio', ['aac']],
  ['video', 'video', ['h264']],
] as const) {
  for (const mode of ['single', 'mixed'] as const) {
    test(`StreamType ${streams} in ${mode} mode`, async (t) => {
      const { of } = await playRoom(t, { streams, mode }, [ALICE], 2_000);
      const file = mode === 'single' ? of('alice') : of('', 'mix');
      assert.deepEqual([...file.streams], types);
      assert.equal(file.trackType, trackType);
      assert.ok(Math.abs(file.durationMs - 2_000) <= 120, `lasts ${file.durationMs} ms`);
      if (streams !== 'video') isHeard(file, ALICE, 200, 1_800);
      if (streams !== 'audio') near(file.luma(1_500), ALICE.luma, 'Alice');
    });
  }
}

const SCREEN: Person = { userId: 'alice', hz: 2_000, luma: 140, mediaId: 'aux' };

for (const media of [['main'], ['aux'], ['main', 'aux']] as const) {
  test(`MediaId ${media.join(' and ')}`, async (t) => {
    const { files } = await playRoom(t, { media }, [ALICE, SCREEN], 1_000);
    assert.deepEqual(
      [...files.keys()],
      media.map((one) => fileKey('alice', one)),
    );
    const mix = (await playRoom(t, { media, mode: 'mixed' }, [ALICE, SCREEN], 2_000)).of('', 'mix');
    for (const person of [ALICE, SCREEN])
      isHeard(mix, person, 300, 1_700, (media as readonly string[]).includes(person.mediaId ?? 'main'));
    const one = media.length === 1 ? { main: ALICE, aux: SCREEN }[media[0]] : undefined;
    if (one) near(mix.luma(1_500), one.luma, 'the whole picture');
  });
}

test('mixed: who is blocked in one medium is silent but seen, or heard in an empty cell', async (t) => {
  const subscription = { audio: blocked('bob'), video: blocked('alice') };
  const mix = (await playRoom(t, { mode: 'mixed', subscription }, PAIR, 3_000)).of('', 'mix');
  isHeard(mix, ALICE, 300, 2_700);
  isHeard(mix, BOB, 300, 2_700, false);
  near(mix.luma(2_000, cellOf(ALICE, PAIR)), 16, "Alice's cell");
  near(mix.luma(2_000, cellOf(BOB, PAIR)), BOB.luma, "Bob's cell");
});

test('mixed: who is taken out of sight leaves an empty cell, not the last picture, and comes back with a new one', async (t) => {
  const hidden: SubscriptionPlan = { ...everybody, video: blocked('alice') };
  const scenes = [change(2_000, hidden), change(4_000, everybody)];
  const mix = (await playRoom(t, { mode: 'mixed' }, PAIR, 6_000, scenes)).of('', 'mix');
  isHeard(mix, ALICE, 300, 5_700);
  const sees = (ms: number, luma: number): void => {
    near(mix.luma(ms, cellOf(ALICE, PAIR)), luma, `Alice's cell at ${ms} ms`);
    near(mix.luma(ms, cellOf(BOB, PAIR)), BOB.luma, `Bob at ${ms} ms`);
  };
  sees(1_800, ALICE.luma);
  sees(2_200, 16);
  sees(3_900, 16);
  sees(3 * KEY_MS + 150, ALICE.luma);
});

test('mixed: a camera that is off when its user is taken out of sight is gone too', async (t) => {
  const hidden: SubscriptionPlan = { ...everybody, video: blocked('alice') };
  const off: Scene = { ms: 1_000, act: (room) => room.closeTrack(feedTrack({ track: 1, userId: 'alice' }), at(1_000)) };
  const mix = (await playRoom(t, { mode: 'mixed' }, PAIR, 4_000, [off, change(2_500, hidden)])).of('', 'mix');
  near(mix.luma(2_200, cellOf(ALICE, PAIR)), ALICE.luma, 'the last picture');
  near(mix.luma(3_000, cellOf(ALICE, PAIR)), 16, 'an empty cell');
});

test('mixed: where screens alone are recorded, who shares none has no place (MediaId 2)', async (t) => {
  const mix = (await playRoom(t, { media: ['aux'], mode: 'mixed' }, [BOB, ALICE, SCREEN], 2_000)).of('', 'mix');
  near(mix.luma(1_500, { left: 0, top: 0, width: 80, height: 90 }), SCREEN.luma, 'the left half');
  near(mix.luma(1_500), SCREEN.luma, 'the whole picture');
});

test('mixed: lists that change are followed at once, and the places close up and open again', async (t) => {
  const scenes = [change(2_000, without('alice')), change(4_000, everybody)];
  const mix = (await playRoom(t, { mode: 'mixed' }, PAIR, 7_000, scenes)).of('', 'mix');
  isHeard(mix, BOB, 100, 6_900);
  isHeard(mix, ALICE, 100, 1_900);
  isHeard(mix, ALICE, 2_100, 3_950, false);
  isHeard(mix, ALICE, 4_100, 6_900);
  const both = (ms: number): void => {
    near(mix.luma(ms, cellOf(ALICE, PAIR)), ALICE.luma, `Alice at ${ms} ms`);
    near(mix.luma(ms, cellOf(BOB, PAIR)), BOB.luma, `Bob at ${ms} ms`);
  };
  both(1_800);
  near(mix.luma(2_200), BOB.luma, 'Bob alone');
  near(mix.luma(3_800), BOB.luma, 'Bob alone');
  near(mix.luma(4_150, cellOf(ALICE, PAIR)), 16, 'before a key frame');
  both(3 * KEY_MS + 150);
  both(6_500);
});

test('mixed: the one beyond the limit is neither seen nor heard until there is room (L20, Q10)', async (t) => {
  const most = 1;
  const late = await playRoom(t, { mode: 'mixed' }, PAIR, 5_000, [change(2_000, without('alice'))], most);
  const mix = late.of('', 'mix');
  isHeard(mix, ALICE, 100, 1_900);
  isHeard(mix, BOB, 100, 1_950, false);
  near(mix.luma(1_800), ALICE.luma, 'Alice alone');
  isHeard(mix, ALICE, 2_100, 4_900, false);
  isHeard(mix, BOB, 2_100, 4_900);
  near(mix.luma(4_500), BOB.luma, 'Bob alone');
});

test('mixed: a relay robot is neither seen nor heard unless the task says so (SubscribeAbility)', async (t) => {
  const relay: Person = { ...BOB, robot: 'relay' };
  for (const relayRobots of [false, true]) {
    const { of } = await playRoom(t, { mode: 'mixed', relayRobots }, [ALICE, relay], 2_000);
    isHeard(of('', 'mix'), BOB, 300, 1_700, relayRobots);
    if (!relayRobots) near(of('', 'mix').luma(1_500), ALICE.luma, 'Alice alone');
  }
});
