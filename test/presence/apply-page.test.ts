import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { FakeClock } from '../../src/clock.ts';
import type { App } from '../../src/config/apps.ts';
import { applyPage, readCursor } from '../../src/presence/apply-page.ts';
import type { JournalPage, RoomClient, RoomMoment, RoomSession } from '../../src/presence/messages.ts';
import { createPresenceQueries } from '../../src/presence/queries.ts';
import { pruneRooms } from '../../src/presence/retention.ts';
import type { Store } from '../../src/store/store.ts';
import { oneApp, sdkAppId, tempStore } from '../tasks/fixture.ts';

/** What the server makes of pages of the rooms' journal: visits, sessions and events, from pages as the wire has them. */

const START = 1_700_000_000_000;
const client: RoomClient = { terminal: 3, userType: 1, software: 'WHIP', address: '192.0.2.9' };
const numeric = { sdkAppId, kind: 'number', roomId: '10001' } as const;
const target = { url: 'http://127.0.0.1:1/', key: 'k' };
const everything = { room: target, media: target };

interface Bench {
  readonly clock: FakeClock;
  readonly store: Store;
  /** Applies a page whose entries follow `after`, at one moment each 100 ms from START on. */
  readonly apply: (boot: string, after: number, moments: readonly [number, RoomMoment][]) => Promise<JournalPage>;
  readonly put: (page: JournalPage, lastHeardMs?: number) => Promise<unknown>;
}

async function bench(t: TestContext, roomCallbacks: App['roomCallbacks'] = everything): Promise<Bench> {
  const clock = new FakeClock(START);
  const store = await tempStore(t, clock);
  const app = { ...oneApp().app(sdkAppId)!, roomCallbacks };
  const apps = { app: (id: number) => (id === sdkAppId ? app : undefined) };
  clock.advance(60_000);
  const put = (page: JournalPage, lastHeardMs: number = clock.wallMs()) =>
    applyPage(page, { store, apps, lastHeardMs });
  const apply: Bench['apply'] = async (boot, after, moments) => {
    const entries = moments.map(([session, moment], index) => {
      const seq = after + index + 1;
      return { seq, atMs: START + seq * 100, session, moment };
    });
    const page = { boot, upTo: after + moments.length, entries };
    await put(page);
    return page;
  };
  return { clock, store, apply, put };
}

const created: RoomMoment = { kind: 'created', room: numeric, userId: 'alice' };
const entered = (userId: string, role: 20 | 21 = 20): RoomMoment => ({ kind: 'entered', userId, role, client });
const left = (userId: string, reason: 'left' | 'timeout' | 'removed' = 'left'): RoomMoment => ({
  kind: 'left',
  userId,
  reason,
});
const media = (userId: string, kind: 'video' | 'audio' | 'aux', on: boolean): RoomMoment => ({
  kind: 'media',
  userId,
  media: kind,
  on,
});

const events = async (store: Store) =>
  (await store.db.selectFrom('event').selectAll().orderBy('stream').orderBy('seq').execute()).map((event) => ({
    stream: event.stream,
    type: event.type,
    group: event.event_group,
    ms: event.event_ms,
    info: JSON.parse(event.payload) as Record<string, unknown>,
  }));

const storyOf = async (store: Store): Promise<string[]> =>
  (await events(store)).map(({ type, info }) =>
    [type, info['UserId'], info['Reason']]
      .filter((part) => part !== undefined)
      .map(String)
      .join(' '),
  );

test('one life of a room becomes a session, visits, and events of groups 1 and 2 in order', async (t) => {
  const { store, apply } = await bench(t);
  await apply('a', 0, [
    [1, created],
    [1, entered('alice')],
    [1, media('alice', 'audio', true)],
    [1, media('alice', 'video', true)],
    [1, media('alice', 'aux', true)],
    [1, entered('bob', 21)],
    [1, media('alice', 'aux', false)],
    [1, { kind: 'role', userId: 'bob', role: 20 }],
    [1, left('bob', 'removed')],
    [1, left('alice', 'timeout')],
    [1, { kind: 'destroyed' }],
  ]);
  const told = await events(store);
  assert.deepEqual(
    told.map(({ type, group }) => [type, group]),
    [
      [101, 1],
      [103, 1],
      [203, 2],
      [201, 2],
      [205, 2],
      [103, 1],
      [206, 2],
      [105, 1],
      [104, 1],
      [104, 1],
      [102, 1],
    ],
  );
  assert.equal(new Set(told.map(({ stream }) => stream)).size, 1);
  assert.deepEqual(told[1]?.info, {
    RoomId: 10001,
    UserId: 'alice',
    UniqueId: START + 200,
    Role: 20,
    TerminalType: 3,
    UserType: 1,
    Reason: 1,
  });
  assert.deepEqual(told[3]?.info, { RoomId: 10001, UserId: 'alice' });
  assert.deepEqual(told[6]?.info, { RoomId: 10001, UserId: 'alice', Reason: 0 });
  assert.deepEqual(told[7]?.info, { RoomId: 10001, UserId: 'bob', UniqueId: START + 600, Role: 20 });
  assert.deepEqual(told[8]?.info, { RoomId: 10001, UserId: 'bob', UniqueId: START + 600, Role: 20, Reason: 3 });
  assert.equal(told[9]?.info['Reason'], 2);
  assert.deepEqual(told[10]?.info, { RoomId: 10001 });
  assert.ok(told.every(({ ms }, index) => index === 0 || ms > told[index - 1]!.ms));

  const page = { number: 0, size: 10 };
  const times = { sdkAppId, fromMs: START, toMs: START + 60_000, page };
  const { sessions } = await createPresenceQueries(store).sessions(times);
  assert.deepEqual(sessions, [
    {
      commId: `${sdkAppId}_10001_${START / 1000}`,
      kind: 'number',
      roomId: '10001',
      creator: 'alice',
      createdMs: START + 100,
      destroyedMs: START + 1100,
    },
  ]);
  const { visits } = await createPresenceQueries(store).visits({ ...times, commId: sessions[0]!.commId });
  assert.deepEqual(
    visits.map(({ userId, joinedMs, leftMs }) => [userId, joinedMs, leftMs]),
    [
      ['alice', START + 200, START + 1000],
      ['bob', START + 600, START + 900],
    ],
  );
});

test('a page that is read twice counts once, and one that leaves out entries is refused whole', async (t) => {
  const { store, apply, put } = await bench(t);
  const page = await apply('a', 0, [
    [1, created],
    [1, entered('alice')],
  ]);
  await put(page);
  assert.deepEqual(await storyOf(store), ['101 alice', '103 alice 1']);
  await assert.rejects(apply('a', 3, [[1, left('alice')]]), /does not follow/);
  assert.equal((await readCursor(store)).after, 2);
  await apply('a', 2, [[1, left('alice')]]);
  assert.equal((await storyOf(store)).at(-1), '104 alice 1');
});

test('another boot ends what the one before left open: everybody timed out when it was last heard', async (t) => {
  const { store, apply, put, clock } = await bench(t);
  await apply('a', 0, [
    [1, created],
    [1, entered('alice')],
    [1, media('alice', 'video', true)],
    [2, { ...created, room: { ...numeric, kind: 'string' } }],
    [2, entered('bob')],
  ]);
  clock.advance(10_000);
  await put({ boot: 'b', upTo: 0, entries: [] }, START + 65_000);
  const told = await events(store);
  assert.deepEqual(
    told.slice(3, 5).map(({ type, ms, info }) => [type, ms, info['Reason']]),
    [
      [104, START + 65_000, 2],
      [102, START + 65_001, undefined],
    ],
  );
  assert.deepEqual(
    told.slice(7).map(({ type, info }) => [type, info['RoomId']]),
    [
      [104, '10001'],
      [102, '10001'],
    ],
  );
  assert.deepEqual(await readCursor(store), { boot: 'b', after: 0, seenMs: clock.wallMs() });
  await apply('b', 0, [
    [1, created],
    [1, entered('alice')],
  ]);
  const open = await store.db.selectFrom('room_visit').select('user_id').where('left_ms', 'is', null).execute();
  assert.deepEqual(
    open.map(({ user_id }) => user_id),
    ['alice'],
  );
});

test('a snapshot brings the store to what is, by as few events as tell the outcome', async (t) => {
  const { store, apply, put } = await bench(t);
  await apply('a', 0, [
    [1, created],
    [1, entered('alice')],
    [1, entered('bob')],
    [1, media('bob', 'video', true)],
    [2, { ...created, userId: 'gina' }],
    [2, entered('gina')],
  ]);
  const before = (await events(store)).length;
  const presence = (userId: string, enteredMs: number, kinds: ('video' | 'audio')[] = []) => ({
    userId,
    enteredMs,
    client,
    role: 20 as const,
    media: kinds,
  });
  const room = { room: numeric, creator: 'alice' };
  const snapshot: RoomSession[] = [
    {
      ...room,
      session: 1,
      createdMs: START + 100,
      // Bob stayed and changed his media, Alice went and came again, Carol is new.
      present: [
        presence('bob', START + 300, ['audio']),
        presence('alice', START + 5000),
        presence('carol', START + 6000),
      ],
    },
    { ...room, session: 3, createdMs: START + 7000, creator: 'dora', present: [presence('dora', START + 7000)] },
  ];
  await put({ boot: 'a', upTo: 90, entries: [], snapshot });
  const fresh = (await events(store))
    .filter(({ ms }) => ms > START + 1000)
    .map(({ type, info }) => [type, info['UserId'] ?? ''].map(String).join(' '));
  assert.equal(fresh.length, (await events(store)).length - before);
  assert.deepEqual(fresh.toSorted(), [
    '101 dora',
    '102 ',
    '103 alice',
    '103 carol',
    '103 dora',
    '104 alice',
    '104 gina',
    '202 bob',
    '203 bob',
  ]);
  assert.equal((await readCursor(store)).after, 90);
  await put({ boot: 'a', upTo: 90, entries: [], snapshot });
  assert.equal((await events(store)).length, before + fresh.length, 'the same snapshot again changes nothing');
  await apply('a', 90, [[3, left('dora')]]);
  assert.equal((await events(store)).length, before + fresh.length + 1, 'entries go on behind the snapshot');
});

test('groups that the app does not want are not written, and receivers apart do not share a line', async (t) => {
  const moments: [number, RoomMoment][] = [
    [1, created],
    [1, entered('alice')],
    [1, media('alice', 'video', true)],
  ];
  const none = await bench(t, {});
  await none.apply('a', 0, moments);
  assert.deepEqual(await events(none.store), []);
  const only = await bench(t, { media: target });
  await only.apply('a', 0, moments);
  assert.deepEqual(await storyOf(only.store), ['201 alice']);
  const apart = await bench(t, { room: target, media: { ...target, url: 'http://127.0.0.1:2/' } });
  await apart.apply('a', 0, moments);
  assert.deepEqual(
    (await events(apart.store)).map(({ stream, type }) => `${stream} ${type}`),
    [`media/${sdkAppId}/number/10001 201`, `room/${sdkAppId}/number/10001 101`, `room/${sdkAppId}/number/10001 103`],
  );
});

test('after 14 days rooms, visits and their events are gone; what still goes on stays', async (t) => {
  const { store, apply, clock } = await bench(t);
  await apply('a', 0, [
    [1, created],
    [1, entered('alice')],
    [1, left('alice')],
    [1, { kind: 'destroyed' }],
    [2, created],
    [2, entered('bob')],
    [2, entered('carol')],
    [2, left('carol')],
  ]);
  await pruneRooms(store);
  assert.equal((await events(store)).length, 8);
  clock.advance(2 * 3_600_000);
  await pruneRooms(store);
  const waiting = await store.db.selectFrom('event').select('state').execute();
  assert.deepEqual(new Set(waiting.map(({ state }) => state)), new Set(['dropped']), 'given up after an hour in line');
  clock.advance(25 * 3_600_000);
  await pruneRooms(store);
  assert.deepEqual(await events(store), []);
  assert.equal((await store.db.selectFrom('room_visit').select('id').execute()).length, 3);
  clock.advance(14 * 24 * 3_600_000);
  await pruneRooms(store);
  const visits = await store.db.selectFrom('room_visit').select('user_id').execute();
  const sessions = await store.db.selectFrom('room_session').select('number').execute();
  assert.deepEqual(
    visits.map(({ user_id }) => user_id),
    ['bob'],
  );
  assert.deepEqual(
    sessions.map(({ number }) => number),
    [2],
  );
});
