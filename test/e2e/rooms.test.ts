import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SyntheticAnchor } from '../../src/synthetic/anchor.ts';
import { forkSyntheticAnchor } from '../../src/synthetic/forked-anchor.ts';
import { privilege, RECORDER_PRIVILEGES, signPrivateMapKey } from '../../src/usersig/private-map-key.ts';
import { signUserSig } from '../../src/usersig/verify.ts';
import { CallbackReceiver } from '../kit/callback-receiver.ts';
import { contractCase } from '../kit/contract-case.ts';
import { probeFile } from '../kit/media-file.ts';
import { committedFiles, SDK_APP_ID, TestServer, type TestRoom } from '../kit/server.ts';

/** Rooms as the customer steers and observes them: a whole server, real anchors, the official SDK, real callbacks. */

const KEY = 'recordkey';
/** An app of the same account with advanced permission control. */
const STRICT_APP = SDK_APP_ID + 1;
const STRICT_SECRET = 'secret of the strict app';

interface RoomEntry {
  readonly CommId: string;
  readonly RoomString: string;
  readonly CreateTime: number;
  readonly UserId: string;
  readonly IsFinished: boolean;
}

interface UserEntry {
  readonly UserId: string;
  readonly RoomStr: string;
  readonly ClientIp: string;
  readonly SdkVersion: string;
  readonly Finished: boolean;
}

interface RoomsClient {
  DismissRoom(request: object): Promise<object>;
  DismissRoomByStrRoomId(request: object): Promise<object>;
  RemoveUser(request: object): Promise<object>;
  RemoveUserByStrRoomId(request: object): Promise<object>;
  DescribeRoomInfo(request: object): Promise<{ Total: number; RoomList: RoomEntry[] }>;
  DescribeUserInfo(request: object): Promise<{ Total: number; UserList: UserEntry[] }>;
}

let server: TestServer;
let client: RoomsClient;
/** Hears of rooms and media of the first app, and of recordings of the strict one. */
let observer: CallbackReceiver;

before(async () => {
  observer = await CallbackReceiver.start({ key: KEY });
  const strict = {
    sdk_app_id: STRICT_APP,
    secret_key: STRICT_SECRET,
    advanced_permission: true,
    callback: { url: observer.url, key: KEY },
  };
  server = await TestServer.start({
    ROOMTAPE_ACCOUNTS__0__APPS: JSON.stringify([SDK_APP_ID, STRICT_APP]),
    ROOMTAPE_APPS__0__CALLBACK__GROUPS: JSON.stringify(['recording', 'room', 'media']),
    ROOMTAPE_APPS__0__CALLBACK__ROOM_URL: observer.url,
    ROOMTAPE_APPS__0__CALLBACK__MEDIA_URL: observer.url,
    ROOMTAPE_APPS__1: JSON.stringify(strict),
  });
  client = server.client as unknown as RoomsClient;
});

after(async () => {
  await server?.close();
  await observer?.close();
});

const publish = (room: TestRoom, name: string, options: object = {}): Promise<SyntheticAnchor> =>
  forkSyntheticAnchor({ ...server.whip(room, name), name, colour: '#30a060', ...options });

interface Told {
  readonly group: number;
  readonly type: number;
  readonly info: Readonly<Record<string, unknown>>;
}

/** What was told of a room, in order of arrival. */
const toldOf = (roomId: number | string): Told[] =>
  observer.received
    .map(({ body }) => JSON.parse(body.toString()) as { EventGroupId: number; EventType: number; EventInfo: object })
    .map(({ EventGroupId, EventType, EventInfo }) => ({
      group: EventGroupId,
      type: EventType,
      info: EventInfo as Record<string, unknown>,
    }))
    .filter(({ info }) => info['RoomId'] === roomId);

const story = (roomId: number | string, userId: string): [number, unknown][] =>
  toldOf(roomId)
    .filter(({ info }) => info['UserId'] === userId)
    .map(({ type, info }) => [type, info['Reason']]);

const untilTold = (what: () => boolean, timeoutMs = 10_000) => observer.waitFor(what, timeoutMs);

async function leaveCode(taskId: string): Promise<unknown> {
  const stop = await server.receiver.waitForEvent(taskId, 302, 10_000);
  return stop.EventInfo.Payload['LeaveCode'];
}

async function assertOneGoodFile(taskId: string): Promise<void> {
  const files = committedFiles(await server.ended(taskId));
  assert.equal(files.length, 1);
  const probed = await probeFile(await server.download(files[0]!));
  assert.ok(probed.video && probed.audio && probed.durationUs > 1_000_000);
}

contractCase(
  'E6 E7',
  'RemoveUser of the robot ends with LeaveCode 1, DismissRoom with 2, for numeric and string rooms',
  async () => {
    const number = { roomId: '601' };
    const text = { roomId: '会议/601' };
    const anchors = await Promise.all([publish(number, 'anna'), publish(text, 'tina')]);
    const tasks = {
      removed: await server.record(number, 1, {}, 'robot_a'),
      dismissed: await server.record(number, 1, {}, 'robot_b'),
      removedText: await server.record(text, 1, {}, 'robot_a'),
      dismissedText: await server.record(text, 1, {}, 'robot_b'),
    };
    for (const task of Object.values(tasks)) await server.untilStatus(task, 'InProgress');
    await sleep(2_500);
    const UserIds = ['robot_a'];
    await client.RemoveUser({ SdkAppId: SDK_APP_ID, RoomId: 601, UserIds });
    await client.RemoveUserByStrRoomId({ SdkAppId: SDK_APP_ID, RoomId: text.roomId, UserIds });
    assert.equal(await leaveCode(tasks.removed), 1);
    assert.equal(await leaveCode(tasks.removedText), 1);
    assert.equal(await server.status(tasks.dismissed), 'InProgress');
    await client.DismissRoom({ SdkAppId: SDK_APP_ID, RoomId: 601 });
    await client.DismissRoomByStrRoomId({ SdkAppId: SDK_APP_ID, RoomId: text.roomId });
    assert.equal(await leaveCode(tasks.dismissed), 2);
    assert.equal(await leaveCode(tasks.dismissedText), 2);
    for (const task of Object.values(tasks)) await assertOneGoodFile(task);
    await Promise.all(anchors.map((anchor) => anchor.close()));
    await assert.rejects(client.DismissRoom({ SdkAppId: SDK_APP_ID, RoomId: 601 }), {
      code: 'FailedOperation.RoomNotExist',
    });

    await untilTold(
      () => toldOf(601).some(({ type }) => type === 102) && toldOf(text.roomId).some(({ type }) => type === 102),
    );
    const anna = story(601, 'anna');
    assert.deepEqual(
      [anna.slice(0, 2), anna.at(-1)],
      [
        [
          [101, undefined],
          [103, 1],
        ],
        [104, 3],
      ],
    );
    assert.deepEqual(new Set(anna.slice(2, -1).map(([type]) => type)), new Set([201, 203]));
    assert.deepEqual(story(text.roomId, 'robot_a'), [
      [103, 1],
      [104, 3],
    ]);
  },
);

test('who was in the room, by API and by callbacks: signed, in order, in time', async () => {
  const room = { roomId: '602' };
  const begun = Math.floor(Date.now() / 1000);
  const alice = await publish(room, 'alice');
  await untilTold(() => story(602, 'alice').length >= 4);
  const bob = await publish(room, 'bob');
  const screen = await forkSyntheticAnchor({
    ...server.whip(room, 'bob', 'aux'),
    name: 'screen',
    colour: '#206080',
    kind: 'screen',
  });
  await untilTold(() => story(602, 'bob').some(([type]) => type === 205));
  await screen.close();
  const leftMs = Date.now();
  await bob.close();
  await untilTold(() => story(602, 'bob').some(([type]) => type === 104));
  const exit = toldOf(602).find(({ type, info }) => type === 104 && info['UserId'] === 'bob')!;
  assert.ok(Number(exit.info['EventMsTs']) - leftMs < 1_000);
  const window = { SdkAppId: SDK_APP_ID, StartTime: begun, EndTime: begun + 60 };
  const { Total, RoomList } = await client.DescribeRoomInfo({ ...window, RoomId: '602' });
  assert.equal(Total, 1);
  assert.deepEqual([RoomList[0]?.UserId, RoomList[0]?.IsFinished], ['alice', false]);
  const { UserList } = await client.DescribeUserInfo({ ...window, CommId: RoomList[0]!.CommId });
  assert.deepEqual(
    UserList.map(({ UserId, Finished, ClientIp, SdkVersion }) => [UserId, Finished, ClientIp, SdkVersion]),
    [
      ['alice', false, '127.0.0.1', 'WHIP'],
      ['bob', true, '127.0.0.1', 'WHIP'],
    ],
  );
  await alice.close();
  await untilTold(() => toldOf(602).at(-1)?.type === 102);
  const told = toldOf(602);
  const times = told.map(({ info }) => Number(info['EventMsTs']));
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  );
  assert.deepEqual(
    story(602, 'bob')
      .map(([type]) => type)
      .filter((type) => type > 204 || type < 200),
    [103, 205, 206, 104],
  );
  for (const { group, type } of told) assert.equal(group, type < 200 ? 1 : 2);
  assert.ok(observer.received.every(({ signed }) => signed === true));
});

test('rooms killed: whoever was there timed out, and comes back into a new life of the room', async () => {
  const room = { roomId: '603' };
  const anchor = await publish(room, 'rita', { reconnect: true });
  await untilTold(() => story(603, 'rita').length >= 4);
  for (const pid of server.process.pids('rooms')) process.kill(pid, 'SIGKILL');
  await untilTold(() => story(603, 'rita').filter(([type]) => type === 103).length === 2, 30_000);
  const rooms = toldOf(603).filter(({ group }) => group === 1);
  assert.deepEqual(
    rooms.map(({ type, info }) => [type, info['Reason']]),
    [
      [101, undefined],
      [103, 1],
      [104, 2],
      [102, undefined],
      [101, undefined],
      [103, 1],
    ],
  );
  await anchor.close();
});

test('the server killed: what happens in rooms meanwhile is told when it is back, once', async () => {
  const room = { roomId: '604' };
  const anchor = await publish(room, 'sara');
  await untilTold(() => story(604, 'sara').length >= 4);
  const before = observer.received.length;
  for (const pid of server.process.pids('server')) process.kill(pid, 'SIGKILL');
  anchor.kill();
  await untilTold(() => toldOf(604).some(({ type }) => type === 102), 40_000);
  const news = toldOf(604).filter(({ group }) => group === 1);
  assert.deepEqual(
    news.map(({ type, info }) => [type, info['Reason']]),
    [
      [101, undefined],
      [103, 1],
      [104, 2],
      [102, undefined],
    ],
  );
  assert.ok(observer.received.length > before);
});

contractCase(
  'C49',
  'with advanced control a bot needs a PrivateMapKey: 301 Status 1 without, a running task with',
  async () => {
    const room = { sdkAppId: STRICT_APP, kind: 'number', roomId: '605' } as const;
    const signed = { secretKey: STRICT_SECRET, nowMs: Date.now(), expireS: 3600 };
    const record = async (bot: string, privileges?: number): Promise<string> => {
      const { TaskId } = await server.client.CreateCloudRecording({
        SdkAppId: STRICT_APP,
        RoomId: room.roomId,
        RoomIdType: 1,
        UserId: bot,
        UserSig: signUserSig({ ...signed, userId: bot, sdkAppId: STRICT_APP }),
        RecordParams: { RecordMode: 1, MaxIdleTime: 30 },
        StorageParams: { CloudVod: { TencentVod: { ExpireTime: 0 } } },
        ...(privileges === undefined
          ? {}
          : { PrivateMapKey: signPrivateMapKey({ ...signed, userId: bot, room, privileges }) }),
      });
      return TaskId;
    };
    const [none, lame, good] = [
      await record('bot1'),
      await record('bot2', RECORDER_PRIVILEGES & ~privilege.enterRoom),
      await record('bot3', RECORDER_PRIVILEGES),
    ];
    const statusOf = async (task: string) =>
      (await observer.waitForEvent(task, 301, 10_000)).EventInfo.Payload['Status'];
    assert.deepEqual([await statusOf(none), await statusOf(lame), await statusOf(good)], [1, 1, 0]);
    const url = `${server.process.url}/whip/${STRICT_APP}/605/anchor?media=main`;
    const token = signUserSig({ ...signed, userId: 'anchor', sdkAppId: STRICT_APP });
    await assert.rejects(forkSyntheticAnchor({ url, token, name: 'anchor', colour: '#808080' }), /PrivateMapKey/);
    const key = signPrivateMapKey({ ...signed, userId: 'anchor', room, privileges: 2 | 4 | 16 });
    const allowed = `${url}&private_map_key=${encodeURIComponent(key)}`;
    const anchor = await forkSyntheticAnchor({ url: allowed, token, name: 'anchor', colour: '#808080' });
    await sleep(2_500);
    await server.client.DeleteCloudRecording({ SdkAppId: STRICT_APP, TaskId: good });
    await observer.waitForEvent(good, 312, 30_000);
    assert.equal(committedFiles(observer.events(good)).length, 1);
    assert.deepEqual(
      [none, lame].map((task) => observer.events(task).map(({ EventType }) => EventType)),
      [[301], [301]],
    );
    await anchor.close();
  },
);
