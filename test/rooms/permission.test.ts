import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import type { AppDirectory } from '../../src/config/apps.ts';
import type { RoomKey } from '../../src/room-key.ts';
import { privilege, signPrivateMapKey } from '../../src/usersig/private-map-key.ts';
import { RoomsUnderTest } from '../presence/room-world.ts';
import { roomOf, SDK_APP_ID, SECRET, sigFor, testApps } from './rooms-fixture.ts';

/** Advanced permission control: rooms ask for a PrivateMapKey besides the UserSig (contract §3). */

const strict: AppDirectory = {
  account: () => undefined,
  app: (id) => {
    const app = testApps.app(id);
    return app && { ...app, advancedPermission: true };
  },
};

const ROOM = roomOf('number', '10001');
const { enterRoom, sendAudio, receiveAudio, sendVideo, receiveVideo, sendAux, receiveAux } = privilege;

const keyFor = (userId: string, privileges: number, room: RoomKey = ROOM, expireS = 300): string => {
  const nowMs = expireS > 0 ? Date.now() : Date.now() - 600_000;
  const key = signPrivateMapKey({ userId, room, secretKey: SECRET, nowMs, expireS: Math.abs(expireS), privileges });
  return encodeURIComponent(key);
};

const strictRooms = (t: TestContext): Promise<RoomsUnderTest> => RoomsUnderTest.start(t, strict);

test('publishing needs the right to enter and to send what is offered', async (t) => {
  const rooms = await strictRooms(t);
  const publish = async (privileges: number, media = 'main'): Promise<number> =>
    (await rooms.publish('10001', 'alice', `media=${media}&private_map_key=${keyFor('alice', privileges)}`)).status;
  assert.equal(await publish(enterRoom | sendAudio | sendVideo), 201);
  assert.equal(await publish(255), 201);
  assert.equal(await publish(sendAudio | sendVideo), 403);
  assert.equal(await publish(enterRoom | sendVideo), 403);
  assert.equal(await publish(enterRoom | sendAudio), 403);
  assert.equal(await publish(enterRoom | sendAudio | sendVideo, 'aux'), 403);
  assert.equal(await publish(enterRoom | sendAux, 'aux'), 201);
});

test('a key that is missing, broken, old, or for somebody or somewhere else lets nobody in', async (t) => {
  const rooms = await strictRooms(t);
  const status = async (query: string): Promise<number> => (await rooms.publish('10001', 'alice', query)).status;
  assert.equal(await status(''), 403);
  assert.equal(await status('private_map_key='), 403);
  assert.equal(await status('private_map_key=eJyrVgrxCdY'), 403);
  assert.equal(await status(`private_map_key=${keyFor('bob', 255)}`), 403);
  assert.equal(await status(`private_map_key=${keyFor('alice', 255, ROOM, -300)}`), 403);
  assert.equal(await status(`private_map_key=${keyFor('alice', 255, roomOf('number', '10002'))}`), 403);
  // S4: the string room of that name is another room.
  assert.equal(await status(`private_map_key=${keyFor('alice', 255, roomOf('string', '10001'))}`), 403);
  const text = `room_type=string&private_map_key=${keyFor('alice', 255, roomOf('string', '10001'))}`;
  assert.equal(await status(text), 201);
});

test('watching needs the right to enter and to receive what is sent', async (t) => {
  const rooms = await strictRooms(t);
  await rooms.publish('10001', 'alice', `private_map_key=${keyFor('alice', 255)}`);
  await rooms.publish('10001', 'alice', `media=aux&private_map_key=${keyFor('alice', 255)}`);
  const watch = async (privileges: number, media = 'main'): Promise<number> =>
    (await rooms.watch('10001', 'alice', 'vera', `&media=${media}&private_map_key=${keyFor('vera', privileges)}`))
      .status;
  assert.equal(await watch(enterRoom | receiveAudio | receiveVideo), 201);
  assert.equal(await watch(receiveAudio | receiveVideo), 403);
  assert.equal(await watch(enterRoom | receiveAudio), 403);
  assert.equal(await watch(enterRoom | receiveVideo), 403);
  assert.equal(await watch(enterRoom | receiveAudio | receiveVideo, 'aux'), 403);
  assert.equal(await watch(enterRoom | receiveAux, 'aux'), 201);
});

test('the refusal is a problem document, and without advanced control nobody is asked', async (t) => {
  const rooms = await strictRooms(t);
  const open = await RoomsUnderTest.start(t, testApps);
  assert.equal((await open.publish('10001', 'alice', 'private_map_key=nonsense')).status, 201);
  const refused = await fetch(`${rooms.origin}/whip/${SDK_APP_ID}/10001/alice`, {
    method: 'POST',
    headers: { 'content-type': 'application/sdp', authorization: `Bearer ${sigFor('alice')}` },
    body: readFileSync(new URL('offers/ffmpeg.sdp', import.meta.url)),
  });
  assert.equal(refused.headers.get('content-type'), 'application/problem+json');
  assert.match(((await refused.json()) as { detail: string }).detail, /PrivateMapKey/);
});
