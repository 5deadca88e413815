import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { trtc } from 'tencentcloud-sdk-nodejs/tencentcloud/services/trtc/index.js';
import { systemClock } from '../../src/clock.ts';
import { createPresenceQueries } from '../../src/presence/queries.ts';
import { RemoteRooms } from '../../src/presence/room-control.ts';
import { eventually, follow, RoomsUnderTest } from '../presence/room-world.ts';
import { RecordedFeed, roomOf, SDK_APP_ID, testApps, TOKEN } from '../rooms/rooms-fixture.ts';
import { foreignAppId, secretId, secretKey, startApi } from './recording-api.ts';

/** The room actions by the official SDK, over a real rooms role, its journal and a real store. */

type Client = InstanceType<typeof trtc.v20190722.Client>;

interface World {
  readonly client: Client;
  /** The same as a GET with signature v3, and as a form with v1: numbers and lists come as text. */
  readonly flat: readonly Client[];
  readonly rooms: RoomsUnderTest;
}

async function world(t: TestContext): Promise<World> {
  const rooms = await RoomsUnderTest.start(t, testApps);
  const { store } = await follow(t, rooms.origin, testApps);
  const control = new RemoteRooms({ origin: rooms.origin, token: TOKEN });
  t.after(() => control.close());
  const api = await startApi({
    clock: systemClock({ unref: true }),
    rooms: { control, presence: createPresenceQueries(store) },
  });
  const clientOf = (reqMethod: 'GET' | 'POST', signMethod: 'TC3-HMAC-SHA256' | 'HmacSHA256'): Client =>
    new trtc.v20190722.Client({
      credential: { secretId, secretKey },
      region: 'ap-guangzhou',
      profile: { signMethod, httpProfile: { endpoint: api.host, protocol: 'http://', reqMethod, reqTimeout: 10 } },
    });
  const flat = [clientOf('GET', 'TC3-HMAC-SHA256'), clientOf('POST', 'HmacSHA256')];
  return { client: clientOf('POST', 'TC3-HMAC-SHA256'), flat, rooms };
}

const bot = async (rooms: RoomsUnderTest, room: ReturnType<typeof roomOf>): Promise<RecordedFeed> => {
  const feed = new RecordedFeed(rooms.rooms, { room, botUserId: 'robot' });
  await feed.until(() => feed.events.length > 0);
  return feed;
};

const ejection = async (feed: RecordedFeed): Promise<string | undefined> => {
  await feed.until(() => feed.closedBy !== undefined);
  return feed.of('ejected')[0]?.reason;
};

async function assertThrows(work: Promise<unknown>, code: string): Promise<void> {
  await assert.rejects(work, (error: Error & { code?: string }) => {
    assert.equal(error.code, code, error.message);
    return true;
  });
}

const now = (): number => Math.floor(Date.now() / 1000);

test('E7, E8: DismissRoom and its twin put everybody out on the customer’s behalf; an absent room does not exist', async (t) => {
  const { client, rooms } = await world(t);
  const numeric = await bot(rooms, roomOf('number', '10001'));
  const text = await bot(rooms, roomOf('string', '10001'));
  const anchor = await rooms.publish('10001', 'alice');
  const answer = await client.DismissRoom({ SdkAppId: SDK_APP_ID, RoomId: 10001 });
  assert.deepEqual(Object.keys(answer), ['RequestId']);
  assert.equal(await ejection(numeric), 'dissolved');
  assert.ok(anchor.peer.closed);
  assert.equal(text.closedBy, undefined, 'the string room of that name is another room');
  await assertThrows(client.DismissRoom({ SdkAppId: SDK_APP_ID, RoomId: 10001 }), 'FailedOperation.RoomNotExist');
  await client.DismissRoomByStrRoomId({ SdkAppId: SDK_APP_ID, RoomId: '10001' });
  assert.equal(await ejection(text), 'dissolved');
  await assertThrows(
    client.DismissRoomByStrRoomId({ SdkAppId: SDK_APP_ID, RoomId: '会议/1' }),
    'FailedOperation.RoomNotExist',
  );
});

test('E6, E9: RemoveUser and its twin put out anchors, viewers and the robot, ten at a time', async (t) => {
  const { client, rooms } = await world(t);
  const robot = await bot(rooms, roomOf('number', '10002'));
  const alice = await rooms.publish('10002', 'alice');
  const bob = await rooms.publish('10002', 'bob');
  const viewer = await rooms.watch('10002', 'bob', 'vera');
  assert.equal(viewer.status, 201);
  const remove = (UserIds: string[]) => client.RemoveUser({ SdkAppId: SDK_APP_ID, RoomId: 10002, UserIds });
  await remove(['alice', 'vera', 'nobody']);
  assert.deepEqual([alice.peer.closed, bob.peer.closed, viewer.peer.closed], [true, false, true]);
  await remove(['robot', ...Array.from({ length: 9 }, (_, n) => `x${n}`)]);
  assert.equal(await ejection(robot), 'removed');
  await assertThrows(remove(Array.from({ length: 11 }, (_, n) => `x${n}`)), 'InvalidParameter.UserIds');
  await assertThrows(remove(['']), 'InvalidParameter.UserIds');
  await assertThrows(remove([]), 'MissingParameter.UserIds');
  await remove(['bob']);
  await assertThrows(remove(['bob']), 'FailedOperation.RoomNotExist');
  const text = await bot(rooms, roomOf('string', '会议/1'));
  await client.RemoveUserByStrRoomId({ SdkAppId: SDK_APP_ID, RoomId: '会议/1', UserIds: ['robot'] });
  assert.equal(await ejection(text), 'removed');
});

test('missing, foreign and impossible parameters', async (t) => {
  const { client } = await world(t);
  const dismiss = (request: object) => client.DismissRoom(request as Parameters<Client['DismissRoom']>[0]);
  await assertThrows(dismiss({ SdkAppId: SDK_APP_ID }), 'MissingParameter.RoomId');
  await assertThrows(dismiss({ RoomId: 1 }), 'MissingParameter.SdkAppId');
  await assertThrows(dismiss({ SdkAppId: SDK_APP_ID, RoomId: '1' }), 'InvalidParameter');
  await assertThrows(dismiss({ SdkAppId: SDK_APP_ID, RoomId: 0 }), 'InvalidParameter.RoomId');
  await assertThrows(dismiss({ SdkAppId: SDK_APP_ID, RoomId: 4_294_967_295 }), 'InvalidParameter.RoomId');
  await assertThrows(dismiss({ SdkAppId: foreignAppId, RoomId: 1 }), 'InvalidParameter.SdkAppId');
  await assertThrows(dismiss({ SdkAppId: SDK_APP_ID, RoomId: 1, Foo: 1 }), 'UnknownParameter');
  const longRoom = { SdkAppId: SDK_APP_ID, RoomId: 'x'.repeat(65) };
  await assertThrows(client.DismissRoomByStrRoomId(longRoom), 'InvalidParameter.RoomId');
  const noUsers = { SdkAppId: SDK_APP_ID, RoomId: 1 } as Parameters<Client['RemoveUser']>[0];
  await assertThrows(client.RemoveUser(noUsers), 'MissingParameter.UserIds');
  const foreign = { SdkAppId: foreignAppId, StartTime: now() - 60, EndTime: now() };
  await assertThrows(client.DescribeRoomInfo(foreign), 'InvalidParameter.SdkAppId');
  await assertThrows(client.DescribeUserInfo({ ...foreign, CommId: 'x' }), 'InvalidParameter.SdkAppId');
});

test('the flat form of GET and of signature v1 reaches every action', async (t) => {
  const { flat, rooms } = await world(t);
  for (const client of flat) {
    await rooms.publish('10004', 'alice');
    const bob = await rooms.publish('10004', 'bob');
    await client.RemoveUser({ SdkAppId: SDK_APP_ID, RoomId: 10004, UserIds: ['bob', 'carol'] });
    assert.ok(bob.peer.closed);
    await client.DismissRoom({ SdkAppId: SDK_APP_ID, RoomId: 10004 });
    const window = { SdkAppId: SDK_APP_ID, StartTime: now() - 60, EndTime: now() + 1, PageNumber: 0, PageSize: 50 };
    await eventually('the room', async () => (await client.DescribeRoomInfo(window)).RoomList?.[0]);
    await client.DescribeUserInfo({ ...window, CommId: 'x', UserIds: ['alice', 'bob'] });
    await assertThrows(
      client.RemoveUserByStrRoomId({ SdkAppId: SDK_APP_ID, RoomId: '10004', UserIds: ['alice'] }),
      'FailedOperation.RoomNotExist',
    );
  }
});

test('a rooms role that is away is an internal error worth a retry, not an absent room', async (t) => {
  const { client, rooms } = await world(t);
  await rooms.rooms.close();
  await assertThrows(client.DismissRoom({ SdkAppId: SDK_APP_ID, RoomId: 1 }), 'InternalError.GetRoomFromCacheError');
});

test('DescribeRoomInfo and DescribeUserInfo tell who was there', async (t) => {
  const { client, rooms } = await world(t);
  const alice = await rooms.publish('10003', 'alice', '', 'Mozilla/5.0 (Windows NT 10.0; Win64; x64)');
  const bob = await rooms.publish('10003', 'bob', '', 'Mozilla/5.0 (Linux; Android 15)');
  await rooms.publish('10003', 'carol');
  await bob.end();
  const other = await rooms.publish('会议/1', 'dora');
  await other.end();
  const window = { SdkAppId: SDK_APP_ID, StartTime: now() - 3600, EndTime: now() + 1 };
  const listed = await eventually('both rooms', async () => {
    const { RoomList } = await client.DescribeRoomInfo(window);
    return RoomList?.[1]?.IsFinished ? RoomList : undefined;
  });
  const [first, second] = listed;
  assert.deepEqual([first?.RoomString, first?.UserId, first?.IsFinished], ['10003', 'alice', false]);
  assert.equal(first?.CommId, `${SDK_APP_ID}_10003_${first?.CreateTime}`);
  assert.deepEqual([second?.RoomString, second?.UserId], ['会议/1', 'dora']);
  assert.ok(second!.DestroyTime! >= second!.CreateTime! && second!.DestroyTime! - now() < 5);
  const { Total, RoomList } = await client.DescribeRoomInfo({ ...window, RoomId: '会议/1' });
  assert.deepEqual([Total, RoomList?.map(({ RoomString }) => RoomString)], [1, ['会议/1']]);
  const paged = await client.DescribeRoomInfo({ ...window, PageNumber: 1, PageSize: 1 });
  assert.deepEqual(
    paged.RoomList?.map(({ CommId }) => CommId),
    [second?.CommId],
  );

  const visits = { ...window, StartTime: now() - 600, CommId: first?.CommId ?? '' };
  const users = await eventually('all of them', async () => {
    const answer = await client.DescribeUserInfo(visits);
    return answer.Total === 3 && answer.UserList?.[1]?.Finished ? answer.UserList : undefined;
  });
  assert.deepEqual(
    users.map(({ UserId, DeviceType, Finished, RoomStr, SdkVersion, ClientIp }) => [
      UserId,
      DeviceType,
      Finished,
      RoomStr,
      SdkVersion,
      ClientIp,
    ]),
    [
      ['alice', 'Windows', false, '10003', 'WHIP', '127.0.0.1'],
      ['bob', 'Android', true, '10003', 'WHIP', '127.0.0.1'],
      ['carol', 'Other', false, '10003', 'WHIP', '127.0.0.1'],
    ],
  );
  for (const { JoinTs, LeaveTs } of users) assert.ok(JoinTs! <= LeaveTs! && Math.abs(now() - LeaveTs!) <= 5);
  const some = await client.DescribeUserInfo({ ...visits, UserIds: ['carol', 'nobody'] });
  assert.deepEqual([some.Total, some.UserList?.map(({ UserId }) => UserId)], [1, ['carol']]);
  const page = await client.DescribeUserInfo({ ...visits, PageNumber: 1, PageSize: 2 });
  assert.deepEqual([page.Total, page.UserList?.map(({ UserId }) => UserId)], [3, ['carol']]);
  const unknown = await client.DescribeUserInfo({ ...visits, CommId: `${SDK_APP_ID}_1_1` });
  assert.deepEqual([unknown.Total, unknown.UserList], [0, []]);
  await alice.end();
});

test('the ranges of both queries', async (t) => {
  const { client } = await world(t);
  const day = 86_400;
  const room = (change: object) =>
    client.DescribeRoomInfo({ SdkAppId: SDK_APP_ID, StartTime: now() - 60, EndTime: now(), ...change });
  const user = (change: object) =>
    client.DescribeUserInfo({ SdkAppId: SDK_APP_ID, CommId: 'x', StartTime: now() - 60, EndTime: now(), ...change });
  await room({ StartTime: now() - day });
  await user({ StartTime: now() - 4 * 3600 });
  await room({ StartTime: now() - 14 * day, EndTime: now() - 13 * day });
  await assertThrows(room({ StartTime: now() - day - 1 }), 'InvalidParameter.QueryScaleOversize');
  await assertThrows(user({ StartTime: now() - 4 * 3600 - 1 }), 'InvalidParameter.QueryScaleOversize');
  await assertThrows(
    room({ StartTime: now() - 15 * day, EndTime: now() - 14 * day }),
    'InvalidParameter.StartTsOversize',
  );
  await assertThrows(room({ StartTime: now() + 1, EndTime: now() - 1 }), 'InvalidParameter.StartTs');
  await room({ PageNumber: 0, PageSize: 100 });
  await room({ PageNumber: Number.MAX_SAFE_INTEGER, PageSize: 100 });
  await assertThrows(room({ PageSize: 101 }), 'InvalidParameter.PageSizeOversize');
  await assertThrows(user({ PageSize: 0 }), 'InvalidParameter.PageSize');
  await user({ UserIds: Array.from({ length: 100 }, (_, n) => `u${n}`) });
  await assertThrows(user({ UserIds: Array.from({ length: 101 }, (_, n) => `u${n}`) }), 'InvalidParameter.UserIds');
  for (const id of ['', 'a\u0000', 'u'.repeat(65)]) {
    await assertThrows(user({ UserIds: [id] }), 'InvalidParameter.UserIds');
  }
  await assertThrows(user({ CommId: undefined }), 'MissingParameter.CommId');
  await assertThrows(room({ StartTime: undefined }), 'MissingParameter');
});
