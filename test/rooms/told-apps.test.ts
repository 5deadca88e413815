import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { pino } from 'pino';
import { RoomsNews } from '../../src/apps/rooms-news.ts';
import { FakeClock, systemClock } from '../../src/clock.ts';
import { toldAppsOf, type RoomApp } from '../../src/rooms/room-apps.ts';
import { signUserSig } from '../../src/usersig/verify.ts';
import { privilege, signPrivateMapKey } from '../../src/usersig/private-map-key.ts';
import { RoomsUnderTest } from '../presence/room-world.ts';
import { roomOf, SDK_APP_ID, SECRET, startTestRooms, testApps, TOKEN } from './rooms-fixture.ts';

/** The rooms role learns from the server which apps there are and by which keys their users sign. */

const NEW = 'the key that replaced it';
const HOUR = 3_600_000;
const silent = pino({ level: 'silent' });

const app = (change: Partial<RoomApp> = {}): RoomApp => ({
  sdkAppId: SDK_APP_ID,
  secretKey: NEW,
  limits: {},
  ...change,
});

const tell = async (origin: string, apps: readonly RoomApp[], token = TOKEN): Promise<number> => {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const body = JSON.stringify(toldAppsOf(apps));
  return (await fetch(`${origin}/rooms/v1/apps`, { method: 'PUT', headers, body })).status;
};

/** Status at the WHIP door for a user who signs by that key: 422 once let in, since the offer is none. */
async function knock(origin: string, clock: FakeClock, secretKey: string, query = ''): Promise<number> {
  const sig = signUserSig({ userId: 'u', sdkAppId: SDK_APP_ID, secretKey, nowMs: clock.wallMs(), expireS: 86_400 });
  const answer = await fetch(`${origin}/whip/${SDK_APP_ID}/r/u${query}`, {
    method: 'POST',
    headers: { 'content-type': 'application/sdp', authorization: `Bearer ${sig}` },
    body: 'no offer',
  });
  return answer.status;
}

const start = async (t: TestContext): Promise<{ origin: string; clock: FakeClock }> => {
  const clock = new FakeClock();
  const { origin } = await RoomsUnderTest.start(t, testApps, 0, clock);
  return { origin, clock };
};

test('an earlier key lets in until its time is over, the new one from the moment it was told', async (t) => {
  const { origin, clock } = await start(t);
  const inside = await knock(origin, clock, SECRET);
  assert.notEqual(inside, 401);
  assert.equal(await knock(origin, clock, NEW), 401);
  const retiringKeys = [{ key: SECRET, untilMs: clock.wallMs() + HOUR }];
  assert.equal(await tell(origin, [app({ retiringKeys })]), 204);
  assert.deepEqual([await knock(origin, clock, SECRET), await knock(origin, clock, NEW)], [inside, inside]);
  clock.advance(HOUR);
  assert.deepEqual([await knock(origin, clock, SECRET), await knock(origin, clock, NEW)], [401, inside]);
  assert.equal(await tell(origin, []), 204);
  assert.equal(await knock(origin, clock, NEW), 404, 'an app that is gone');
});

test('what an app asks of entering and how many sessions it may have changes as well', async (t) => {
  const rooms = await RoomsUnderTest.start(t, testApps);
  const earlier = 'the key before it';
  const keyOf = (secretKey: string): string => {
    const privileges = privilege.enterRoom | privilege.sendAudio | privilege.sendVideo;
    const room = roomOf('string', 'r');
    return encodeURIComponent(
      signPrivateMapKey({ userId: 'u', room, secretKey, nowMs: Date.now(), expireS: 60, privileges }),
    );
  };
  const enter = async (query = '') => (await rooms.publish('r', 'u', query)).status;
  const strict = app({ secretKey: SECRET, advancedPermission: true });
  await tell(rooms.origin, [strict]);
  assert.deepEqual([await enter(), await enter(`private_map_key=${keyOf(earlier)}`)], [403, 403]);
  await tell(rooms.origin, [{ ...strict, retiringKeys: [{ key: earlier, untilMs: Date.now() + HOUR }] }]);
  assert.equal(await enter(`private_map_key=${keyOf(earlier)}`), 201);
  await tell(rooms.origin, [app({ secretKey: SECRET, limits: { sessions: 1 } })]);
  assert.equal(await enter(), 503);
});

test('only the installation may tell, and what cannot be read changes nothing', async (t) => {
  const { origin, clock } = await start(t);
  assert.equal(await tell(origin, [], 'another token'), 401);
  const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
  for (const body of ['{', '{"apps":[{"sdkAppId":"x"}]}'])
    assert.equal((await fetch(`${origin}/rooms/v1/apps`, { method: 'PUT', headers, body })).status, 400);
  assert.notEqual(await knock(origin, clock, SECRET), 401);
});

test('rooms that are not there are told as soon as they are, and what changed meanwhile with it', async (t) => {
  const first = await startTestRooms();
  const { port } = first;
  await first.close();
  const clock = new FakeClock();
  const rooms = { origin: `http://127.0.0.1:${port}`, token: TOKEN };
  let apps: readonly RoomApp[] = [];
  const news = new RoomsNews({ rooms, apps: () => apps, clock: systemClock(), log: silent });
  t.after(() => news.close());
  news.tell();
  apps = [app()];
  news.tell();
  assert.equal(news.isBehind, true);
  const later = await startTestRooms({ port, clock });
  t.after(() => later.close());
  while (news.isBehind) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.notEqual(await knock(rooms.origin, clock, NEW), 401);
  assert.equal(await knock(rooms.origin, clock, SECRET), 401);
});
