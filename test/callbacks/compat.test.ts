import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { startCallbackDelivery, type CallbackDelivery } from '../../src/callbacks/delivery.ts';
import { messageBody, type MessageCompat } from '../../src/callbacks/message.ts';
import { recorderStart, vodCommit, vodFailure, vodStop, type TaskEvent } from '../../src/callbacks/payloads.ts';
import { defaultCompat } from '../../src/config/compat.ts';
import type { RoomKind } from '../../src/room-key.ts';
import { wallMs } from '../../src/units.ts';
import {
  bench,
  claimJobs,
  doneReport,
  newTask,
  oneApp,
  recordedFile,
  recordTask,
  sdkAppId,
  silentLog,
  type Bench,
} from '../tasks/fixture.ts';
import { receiver, until } from './receiver.ts';

/** The other answers of contract §0.2, D-2 to D-4, in the bytes of callbacks. */

const bodyOf = (event: TaskEvent, compat: Partial<MessageCompat>, roomKind: RoomKind = 'number'): string => {
  const room = { roomKind, roomId: '20015' };
  const names = { botUserId: 'recorder', taskId: 'T' };
  const { type, atMs: eventMs, payload } = event;
  const message = { type, ...room, eventMs, ...names, payload, callbackMs: 1622191965320 };
  return messageBody(message, { ...defaultCompat, ...compat });
};

const start = recorderStart(wallMs(1622186275757), 0);
const stop = vodStop(wallMs(1622186275757), 0);
const body = (type: number, info: string): string =>
  `{"EventGroupId":3,"EventType":${type},"CallbackTs":1622191965320,"EventInfo":{${info},"EventMsTs":1622186275757,"UserId":"recorder","TaskId":"T","Payload":{"Status":0}}}`;

test('D-2: EventTs as in the examples, a number in every event, or a text in every event', () => {
  const bodies = (compat: Partial<MessageCompat>): string[] => [bodyOf(start, compat), bodyOf(stop, compat)];
  const [text, number] = ['"RoomId":"20015","EventTs":"1622186275"', '"RoomId":"20015","EventTs":1622186275'];
  assert.deepEqual(bodies({}), [body(301, text), body(312, number)]);
  assert.deepEqual(bodies({ event_ts: 'number' }), [body(301, number), body(312, number)]);
  assert.deepEqual(bodies({ event_ts: 'string' }), [body(301, text), body(312, text)]);
});

test('D-3: RoomId always a text, or a number where the room has a number', () => {
  const [text, number] = ['"RoomId":"20015","EventTs":"1622186275"', '"RoomId":20015,"EventTs":"1622186275"'];
  assert.equal(bodyOf(start, {}), body(301, text));
  assert.equal(bodyOf(start, { room_id: 'client' }), body(301, number));
  assert.equal(bodyOf(start, { room_id: 'client' }, 'string'), body(301, text));
});

const committed = vodCommit(wallMs(1622191965102), {
  userId: 'anchor1',
  trackType: 'audio_video',
  mediaId: 'main',
  fileId: '5145403699454155159',
  videoUrl: 'http://example.com/a.mp4',
  cacheFile: 'a.mp4',
  startMs: wallMs(1622186279999),
  endMs: wallMs(1622186811001),
});

const payloadText = (event: TaskEvent, compat: Partial<MessageCompat>): string =>
  bodyOf(event, compat).slice(bodyOf(event, compat).indexOf('"Payload":') + 10, -2);

test('D-4: 311 nested in milliseconds, or flat in whole seconds', () => {
  const names = '"UserId":"anchor1","TrackType":"audio_video","MediaId":"main"';
  const file = `${names},"FileId":"5145403699454155159","VideoUrl":"http://example.com/a.mp4","CacheFile":"a.mp4"`;
  assert.equal(
    payloadText(committed, {}),
    `{"Status":0,"TencentVod":{${file},"StartTimeStamp":1622186279999,"EndTimeStamp":1622186811001}}`,
  );
  assert.equal(
    payloadText(committed, { file_committed: 'flat' }),
    `{"Status":0,${file},"BeginTimeStamp":1622186279,"EndTimeStamp":1622186811}`,
  );
});

test('D-4: a 311 of a failed file is flat without times, other events are as they were', () => {
  const names = { userId: '123', trackType: 'audio_video', cacheFile: 'xxx.mp4' } as const;
  const failed = vodFailure(wallMs(1622191965300), names, { status: 1, reason: 'upload failed' });
  assert.equal(
    payloadText(failed, { file_committed: 'flat' }),
    '{"Status":1,"Errmsg":"upload failed","UserId":"123","TrackType":"audio_video","CacheFile":"xxx.mp4"}',
  );
  for (const event of [start, stop]) assert.equal(bodyOf(event, { file_committed: 'flat' }), bodyOf(event, {}));
});

const all: MessageCompat = { event_ts: 'number', room_id: 'client', file_committed: 'flat' };

function deliver(t: TestContext, b: Bench, url: string, compat: MessageCompat): CallbackDelivery {
  const target = { url, key: undefined };
  const delivery = startCallbackDelivery({ ...b, apps: oneApp(target), log: silentLog, compat });
  t.after(() => delivery.close());
  return delivery;
}

async function recordOneFile(b: Bench, kind: RoomKind): Promise<void> {
  await recordTask(b, [recordedFile('a')], newTask({ room: { sdkAppId, kind, roomId: '10001' } }));
  const [job] = await claimJobs(b.tasks, 'r');
  await b.tasks.reportJob(job!.jobId, doneReport(job!));
}

type Info = Readonly<Record<'RoomId' | 'EventTs', unknown>> & { readonly Payload: Readonly<Record<string, unknown>> };
const infoOf = (text: string): Info => (JSON.parse(text) as { EventInfo: Info }).EventInfo;

for (const kind of ['number', 'string'] as const) {
  test(`D-2, D-3, D-4: the outbox sends the other forms for a room named by ${kind}`, async (t) => {
    const b = await bench(t);
    const { url, got } = await receiver(t, (_message, response) => response.end());
    const delivery = deliver(t, b, url, all);
    await recordOneFile(b, kind);
    await until('four events', () => delivery.stats().delivered === 4);
    const infos = got.map((one) => infoOf(one.body));
    assert.deepEqual(
      infos.map(({ RoomId, EventTs }) => [RoomId, typeof EventTs]),
      got.map(() => [kind === 'number' ? 10001 : '10001', 'number']),
    );
    const { TencentVod, BeginTimeStamp, EndTimeStamp, UserId } = infos[2]!.Payload;
    assert.deepEqual([TencentVod, BeginTimeStamp, EndTimeStamp, UserId], [undefined, 1700000000, 1700000010, 'a']);
  });
}

test('an event that was tried keeps its bytes under another setting; what comes after it follows the setting', async (t) => {
  const b = await bench(t);
  let status = 500;
  const { url, got } = await receiver(t, (_message, response) => response.writeHead(status).end());
  const before = deliver(t, b, url, defaultCompat);
  await recordOneFile(b, 'number');
  await until('two failures of the first event', () => before.stats().failedAttempts === 2);
  await before.close();
  status = 200;
  b.clock.advance(10_000);
  const after = deliver(t, b, url, all);
  await until('all of it', () => after.stats().delivered === 4);
  assert.deepEqual([...new Set(got.slice(0, 3).map((one) => one.body))], [got[0]!.body]);
  assert.deepEqual([infoOf(got[2]!.body).RoomId, typeof infoOf(got[2]!.body).EventTs], ['10001', 'string']);
  for (const { body: later } of got.slice(3)) {
    assert.deepEqual([infoOf(later).RoomId, typeof infoOf(later).EventTs], [10001, 'number']);
  }
});

test('without a setting the bodies are those of the defaults', () => {
  for (const event of [start, stop, committed]) {
    const { type, atMs, payload } = event;
    const message = { type, roomKind: 'number', roomId: '20015', eventMs: atMs, botUserId: 'recorder' } as const;
    assert.equal(messageBody({ ...message, taskId: 'T', payload, callbackMs: 1622191965320 }), bodyOf(event, {}));
  }
});
