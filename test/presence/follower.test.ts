import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { startCallbackDelivery } from '../../src/callbacks/delivery.ts';
import { systemClock } from '../../src/clock.ts';
import type { AppDirectory } from '../../src/config/apps.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { CallbackReceiver, type CallbackAnswer } from '../kit/callback-receiver.ts';
import { RecordedFeed, roomOf, SDK_APP_ID, testApps } from '../rooms/rooms-fixture.ts';
import { silentLog, tempFolder } from '../tasks/fixture.ts';
import { eventually, follow, H264, OPUS, RoomsUnderTest } from './room-world.ts';

/** A real rooms role, followed into a real store, told to a real receiver. */

const KEY = 'roomkey';

interface Told {
  readonly group: number;
  readonly type: number;
  readonly info: Readonly<Record<string, unknown>>;
  readonly receivedMs: number;
}

async function receiverOf(t: TestContext, answer?: (index: number) => CallbackAnswer) {
  const receiver = await CallbackReceiver.start({ key: KEY, ...(answer ? { answer } : {}) });
  t.after(() => receiver.close());
  const told = (): Told[] =>
    receiver.received.map(({ body, receivedMs }) => {
      const { EventGroupId, EventType, EventInfo } = JSON.parse(body.toString()) as {
        EventGroupId: number;
        EventType: number;
        EventInfo: Record<string, unknown>;
      };
      return { group: EventGroupId, type: EventType, info: EventInfo, receivedMs };
    });
  const types = (): number[] => told().map(({ type }) => type);
  return { receiver, told, types };
}

const appsTelling = (url: string): AppDirectory => ({
  account: () => undefined,
  app: (id) => {
    const app = testApps.app(id);
    const target = { url, key: KEY };
    return app && { ...app, roomCallbacks: { room: target, media: target } };
  },
});

function deliver(t: TestContext, store: Store, apps: AppDirectory): void {
  const delivery = startCallbackDelivery({ store, apps, clock: systemClock(), log: silentLog });
  t.after(() => delivery.close());
}

const openVisits = async (store: Store): Promise<string[]> =>
  (await store.db.selectFrom('room_visit').select('user_id').where('left_ms', 'is', null).orderBy('id').execute()).map(
    ({ user_id }) => user_id,
  );

test('E2: who enters, sends and leaves is told signed, in order, and within a second', async (t) => {
  const { receiver, told, types } = await receiverOf(t);
  const apps = appsTelling(receiver.url);
  const rooms = await RoomsUnderTest.start(t, apps);
  const { store } = await follow(t, rooms.origin, apps);
  deliver(t, store, apps);
  const alice = await rooms.publish('10001', 'alice', '', 'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X)');
  alice.peer.rtp(OPUS, 11, 1, [0xf8]);
  alice.peer.rtp(H264, 22, 1);
  const screen = await rooms.publish('10001', 'alice', 'media=aux');
  screen.peer.rtp(H264, 33, 1);
  await eventually('the entries', () => (types().length === 5 ? true : undefined));
  const begun = Date.now();
  await screen.end();
  await alice.end();
  await eventually('the exits', () => (types().length === 8 ? true : undefined));
  assert.ok(Date.now() - begun < 1000, `${Date.now() - begun} ms`);
  // Leaving is told as leaving: what was still sent has no event of its own.
  assert.deepEqual(types(), [101, 103, 203, 201, 205, 206, 104, 102]);
  assert.deepEqual(
    told().map(({ group }) => group),
    [1, 1, 2, 2, 2, 2, 1, 1],
  );
  for (const { signed, headers } of receiver.received) {
    assert.equal(signed, true);
    assert.equal(headers['sdkappid'], String(SDK_APP_ID));
  }
  const { EventTs, EventMsTs, UniqueId, ...entry } = told()[1]!.info;
  assert.deepEqual(entry, { RoomId: 10001, UserId: 'alice', Role: 20, TerminalType: 3, UserType: 1, Reason: 1 });
  assert.equal(EventTs, Math.floor(Number(EventMsTs) / 1000));
  assert.equal(told()[6]?.info['UniqueId'], UniqueId);
  const times = told().map(({ info }) => Number(info['EventMsTs']));
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  );
});

test('a string room keeps its name, a bot and a viewer are viewers, who publishes becomes an anchor', async (t) => {
  const { receiver, told, types } = await receiverOf(t);
  const apps = appsTelling(receiver.url);
  const rooms = await RoomsUnderTest.start(t, apps);
  const { store } = await follow(t, rooms.origin, apps);
  deliver(t, store, apps);
  const bot = new RecordedFeed(rooms.rooms, { room: roomOf('string', '会议/1'), botUserId: 'robot' });
  await bot.until(() => bot.events.length > 0);
  await rooms.publish('会议/1', 'alice');
  const viewer = await rooms.watch('会议/1', 'alice', 'vera');
  assert.equal(viewer.status, 201);
  const vera = await rooms.publish('会议/1', 'vera');
  await vera.end();
  await viewer.end();
  await eventually('all of it', () => (types().length === 7 ? true : undefined));
  assert.deepEqual(
    told().map(({ type, info }) => [type, info['RoomId'], info['UserId'], info['Role']]),
    [
      [101, '会议/1', 'robot', undefined],
      [103, '会议/1', 'robot', 21],
      [103, '会议/1', 'alice', 20],
      [103, '会议/1', 'vera', 21],
      [105, '会议/1', 'vera', 20],
      [105, '会议/1', 'vera', 21],
      [104, '会议/1', 'vera', 21],
    ],
  );
  bot.client.close();
});

test('a removed user leaves with 3, a dissolved room with everybody', async (t) => {
  const { receiver, told, types } = await receiverOf(t);
  const apps = appsTelling(receiver.url);
  const rooms = await RoomsUnderTest.start(t, apps);
  const { store } = await follow(t, rooms.origin, apps);
  deliver(t, store, apps);
  await rooms.publish('7', 'alice');
  await rooms.publish('7', 'bob');
  const headers = { authorization: 'Bearer installation-token' };
  const room = `${rooms.origin}/rooms/v1/rooms/${SDK_APP_ID}/number/7`;
  assert.equal((await fetch(`${room}?by=nobody`, { method: 'DELETE', headers })).status, 400);
  await fetch(`${room}/users/alice?by=customer`, { method: 'DELETE', headers });
  await fetch(room, { method: 'DELETE', headers });
  await eventually('the end', () => (types().at(-1) === 102 ? true : undefined));
  assert.deepEqual(
    told().map(({ type, info }) => [type, info['UserId'], info['Reason']]),
    [
      [101, 'alice', undefined],
      [103, 'alice', 1],
      [103, 'bob', 1],
      [104, 'alice', 3],
      [104, 'bob', 3],
      [102, undefined, undefined],
    ],
  );
});

test('rooms that die end every visit with a time-out, and their successor is followed at once', async (t) => {
  const { receiver, told, types } = await receiverOf(t);
  const apps = appsTelling(receiver.url);
  const first = await RoomsUnderTest.start(t, apps);
  const { store, follower } = await follow(t, first.origin, apps);
  deliver(t, store, apps);
  await first.publish('10001', 'alice');
  await eventually('alice', async () => ((await openVisits(store)).length === 1 ? true : undefined));
  const { port } = first.rooms;
  const diedMs = Date.now();
  await first.rooms.close();
  const second = await RoomsUnderTest.start(t, apps, port);
  await second.publish('10001', 'bob');
  await eventually('bob', () => (types().length === 6 ? true : undefined));
  assert.deepEqual(
    told().map(({ type, info }) => [type, info['UserId'], info['Reason']]),
    [
      [101, 'alice', undefined],
      [103, 'alice', 1],
      [104, 'alice', 2],
      [102, undefined, undefined],
      [101, 'bob', undefined],
      [103, 'bob', 1],
    ],
  );
  assert.ok(Math.abs(Number(told()[2]?.info['EventMsTs']) - diedMs) < 2000);
  assert.deepEqual(await openVisits(store), ['bob']);
  assert.equal(follower.stats().boots, 2);
});

test('a server that was away goes on where it stood: nothing is lost and nothing told twice', async (t) => {
  const { receiver, types } = await receiverOf(t);
  const apps = appsTelling(receiver.url);
  const rooms = await RoomsUnderTest.start(t, apps);
  const path = join(await tempFolder(t), 'store.sqlite');
  const before = await openStore({ path, clock: systemClock() });
  const one = await follow(t, rooms.origin, apps, { store: before });
  const alice = await rooms.publish('10001', 'alice');
  await eventually('alice', async () => ((await openVisits(before)).length === 1 ? true : undefined));
  await one.follower.close();
  await before.close();
  await rooms.publish('10001', 'bob');
  await alice.end();
  const after = await openStore({ path, clock: systemClock() });
  const two = await follow(t, rooms.origin, apps, { store: after });
  deliver(t, after, apps);
  await eventually('what happened meanwhile', () => (types().length === 4 ? true : undefined));
  assert.deepEqual(types(), [101, 103, 103, 104]);
  assert.deepEqual(await openVisits(after), ['bob']);
  assert.deepEqual([two.follower.stats().entries, two.follower.stats().boots], [2, 0]);
});

test('E17, E19: room events are retried with the same bytes, and any 200 settles them', async (t) => {
  const { receiver, types } = await receiverOf(t, (index) =>
    index === 0 ? { status: 500 } : { status: 200, body: '\0garbage' },
  );
  const apps = appsTelling(receiver.url);
  const rooms = await RoomsUnderTest.start(t, apps);
  const { store } = await follow(t, rooms.origin, apps);
  deliver(t, store, apps);
  await rooms.publish('10001', 'alice');
  await eventually('the retry and the next one', () => (types().length === 3 ? true : undefined));
  assert.deepEqual(types(), [101, 101, 103]);
  assert.deepEqual(receiver.received[0]?.body, receiver.received[1]?.body);
});
