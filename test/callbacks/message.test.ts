import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mayConnect } from '../../src/address-guard.ts';
import { messageBody, messageHeaders, messageId, roomMessageBody, signBody } from '../../src/callbacks/message.ts';
import {
  failover,
  recorderStart,
  recorderStop,
  vodCommit,
  vodFailure,
  vodStop,
  type TaskEvent,
} from '../../src/callbacks/payloads.ts';
import { isTooOld, nextAttemptMs } from '../../src/callbacks/schedule.ts';
import { wallMs } from '../../src/units.ts';

const message = (event: TaskEvent, change: Partial<Parameters<typeof messageBody>[0]> = {}): string =>
  messageBody({
    type: event.type,
    roomId: '20015',
    eventMs: event.atMs,
    botUserId: 'recorder',
    taskId: 'T',
    payload: event.payload,
    callbackMs: 1622191965320,
    ...change,
  });

test('vector 1 of contract §4.1: the official text', () => {
  const body =
    '{\n\t"EventGroupId":\t2,\n\t"EventType":\t204,\n\t"CallbackTs":\t1664209748188,\n\t"EventInfo":\t{\n\t\t"RoomId":\t8489,' +
    '\n\t\t"EventTs":\t1664209748,\n\t\t"EventMsTs":\t1664209748180,\n\t\t"UserId":\t"user_85034614",\n\t\t"Reason":\t0\n\t}\n}';
  assert.equal(signBody('123654', body), 'kkoFeO3Oh2ZHnjtg8tEAQhtXK16/KI05W3BQff8IvGA=');
});

test('events of rooms and media have the members of vector 1 in its order, numbers for times and numeric rooms', () => {
  const body = roomMessageBody({
    group: 2,
    type: 204,
    eventMs: 1664209748180,
    info: { RoomId: 8489, UserId: 'user_85034614', Reason: 0 },
    callbackMs: 1664209748188,
  });
  assert.equal(
    body,
    '{"EventGroupId":2,"EventType":204,"CallbackTs":1664209748188,"EventInfo":{"RoomId":8489,"EventTs":1664209748,"EventMsTs":1664209748180,"UserId":"user_85034614","Reason":0}}',
  );
});

test('vector 2 of contract §4.1: our own body of a 301', () => {
  const names = { roomId: 'xx', botUserId: 'xx', taskId: 'xx', callbackMs: 1622186275913 };
  const body = message(recorderStart(wallMs(1622186275757), 0), names);
  assert.equal(
    body,
    '{"EventGroupId":3,"EventType":301,"CallbackTs":1622186275913,"EventInfo":{"RoomId":"xx","EventTs":"1622186275","EventMsTs":1622186275757,"UserId":"xx","TaskId":"xx","Payload":{"Status":0}}}',
  );
  assert.equal(signBody('recordkey', body), 'eni0VG9bTNDI47O+m4zKAlbtON3+J4/Q5TmF0Kfwvvk=');
});

test('vector 3 of contract §4.1: our own body of a 311 in a room beyond ASCII (E22)', () => {
  const event = vodCommit(wallMs(1622191965102), {
    userId: 'anchor1',
    trackType: 'audio_video',
    mediaId: 'main',
    fileId: '5145403699454155159',
    videoUrl: 'http://example.com/a.mp4',
    cacheFile: 'a.mp4',
    startMs: wallMs(1622186279000),
    endMs: wallMs(1622186811000),
  });
  const body = message(event, { roomId: '会议/1', botUserId: 'xx', taskId: 'xx' });
  assert.equal(signBody('recordkey', body), 'SFFGNiyAdvneUq5/0txuC+g9hDo7uTVmMD+IixCYSQg=');
});

test('the exact examples of contract §4.3', () => {
  const failure = { userId: '123', trackType: 'audio_video', cacheFile: 'xxx.mp4' } as const;
  const info = (ts: string, ms: number, payload: string): string =>
    `"EventInfo":{"RoomId":"20015","EventTs":${ts},"EventMsTs":${ms},"UserId":"recorder","TaskId":"T","Payload":${payload}}}`;
  const head = (type: number): string => `{"EventGroupId":3,"EventType":${type},"CallbackTs":1622191965320,`;
  const cases: [TaskEvent, string][] = [
    [recorderStop(wallMs(1622186354757), 0), info('"1622186354"', 1622186354757, '{"LeaveCode":0}')],
    [
      vodFailure(wallMs(1622191965300), failure, { status: 1, reason: 'upload failed' }),
      info(
        '1622191965',
        1622191965300,
        '{"Status":1,"Errmsg":"upload failed","TencentVod":{"UserId":"123","TrackType":"audio_video","CacheFile":"xxx.mp4"}}',
      ),
    ],
    [vodStop(wallMs(1622191965310), 0), info('1622191965', 1622191965310, '{"Status":0}')],
    [failover(wallMs(1622191965310)), info('1622191965', 1622191965310, '{"Status":0}')],
  ];
  for (const [event, expected] of cases) assert.equal(message(event), head(event.type) + expected);
});

test('headers: SdkAppId as decimal text, Sign only with a key', () => {
  const plain = { 'Content-Type': 'application/json', SdkAppId: '1400000000' };
  const sent = { sdkAppId: 1400000000, id: 'evt_1', body: '{}', sentMs: 1_700_000_000_900 };
  const standard = { 'webhook-id': 'evt_1', 'webhook-timestamp': '1700000000' };
  assert.deepEqual(messageHeaders(sent, undefined), { ...plain, ...standard });
  assert.deepEqual(messageHeaders(sent, 'k'), {
    ...plain,
    ...standard,
    Sign: signBody('k', '{}'),
    'webhook-signature': `v1,${signBody('k', 'evt_1.1700000000.{}')}`,
  });
});

test('E17: again at once, then each ten seconds, none once the message is a minute old', () => {
  const times = [0];
  for (let attempts = 1; ; attempts += 1) {
    const startedMs = times.at(-1)!;
    const next = nextAttemptMs({ attempts, firstAttemptMs: 0, startedMs, nowMs: startedMs + 3 });
    if (next === undefined) break;
    times.push(next);
  }
  assert.deepEqual(times, [0, 3, 10_003, 20_003, 30_003, 40_003, 50_003]);
});

test('an attempt that takes its five seconds does not delay the next ones', () => {
  assert.equal(nextAttemptMs({ attempts: 2, firstAttemptMs: 0, startedMs: 5000, nowMs: 10_000 }), 15_000);
});

test('a message without a known attempt is never too old', () => {
  assert.equal(isTooOld(0, null, 1e12), false);
  assert.equal(isTooOld(0, 5, 1e12), false);
  assert.equal(isTooOld(1, 1000, 60_999), false);
  assert.equal(isTooOld(1, 1000, 61_000), true);
});

test('callbacks may go to private networks, never to link-local or metadata addresses', () => {
  for (const good of ['127.0.0.1', '10.0.0.9', '192.168.1.1', '93.184.216.34', '::1', 'fd12::1', '2606:4700::1']) {
    assert.equal(mayConnect(good), true, good);
  }
  const bad = [
    '169.254.169.254',
    '169.254.0.23',
    '::ffff:169.254.169.254',
    'fe80::1',
    'fd00:ec2::254',
    '100.100.100.200',
    '64:ff9b::a9fe:a9fe',
    '224.0.0.1',
    'ff02::1',
    '255.255.255.255',
    'nonsense',
  ];
  for (const address of bad) assert.equal(mayConnect(address), false, address);
});

test('a message that is tried for hours is tried ever more rarely, from the end of the minute on', () => {
  const giveUp = 2 * 3_600_000;
  const starts = [0, 0];
  for (let attempts = 2; ; attempts++) {
    const startedMs = starts.at(-1)!;
    const next = nextAttemptMs({ attempts, firstAttemptMs: 0, startedMs, nowMs: startedMs }, giveUp);
    if (next === undefined) break;
    starts.push(next);
  }
  assert.deepEqual(starts.slice(0, 10), [0, 0, 10_000, 20_000, 30_000, 40_000, 50_000, 60_000, 75_000, 93_750]);
  const waits = starts.slice(1).map((start, i) => start - starts[i]!);
  assert.ok(waits.every((wait) => wait <= 600_000) && waits.filter((wait) => wait === 600_000).length > 5);
  assert.ok(giveUp - starts.at(-1)! <= 600_000, 'to the end');
  assert.equal(isTooOld(3, 0, giveUp - 1, giveUp), false);
  assert.equal(isTooOld(3, 0, giveUp, giveUp), true);
});

test('the id of a message is its own and always the same', () => {
  assert.equal(messageId('a..', 1, 5), messageId('a..', 1, 5));
  assert.notEqual(messageId('a..', 1, 5), messageId('a..', 2, 5));
  assert.match(messageId('-m2nAqS5l5Bb..', 12, 5), /^evt_[0-9a-f]{32}$/);
});
