import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeCallbacks } from '../../chaos/told.ts';
import { messageId } from '../../src/callbacks/message.ts';
import type { ReceivedCallback } from '../kit/callback-receiver.ts';

const TASK = 'task';
const MS = 1_700_000_000_000;

/** One delivery of the message in this place of the task's stream. */
function delivery(
  seq: number,
  type: number,
  payload: object = {},
  change: Partial<ReceivedCallback> = {},
): ReceivedCallback {
  const event = {
    EventGroupId: 3,
    EventType: type,
    CallbackTs: 0,
    EventInfo: { TaskId: TASK, EventMsTs: MS, Payload: payload },
  };
  return {
    headers: { 'webhook-id': messageId(TASK, seq, MS) },
    body: Buffer.from(JSON.stringify(event)),
    event: event as unknown as NonNullable<ReceivedCallback['event']>,
    signed: true,
    receivedMs: 0,
    status: 200,
    ...change,
  };
}

const file = (Status: number, CacheFile = 'a.mp4'): object => ({ Status, TencentVod: { CacheFile } });
const start = delivery(1, 301);
const leave = delivery(2, 302);
const committed = delivery(3, 311, file(0));
const end = delivery(4, 312);
const whole = [start, leave, committed, end];

const faultsOf = (received: readonly ReceivedCallback[]): readonly string[] => judgeCallbacks(received, TASK).faults;

test('a whole stream has no faults, nor has one with repetitions and refused attempts', () => {
  assert.deepEqual(judgeCallbacks(whole, TASK), {
    types: [301, 302, 311, 312],
    duplicates: 0,
    takeovers: 0,
    faults: [],
  });
  const refused = delivery(3, 311, file(0), { status: 503 });
  const again = judgeCallbacks([start, leave, leave, refused, committed, end], TASK);
  assert.deepEqual([again.faults, again.duplicates], [[], 1]);
});

test('what is out of order, missing, forged, changed, unended or ended twice is a fault', () => {
  assert.match(faultsOf([start, committed, leave, end]).join(), /came late/);
  assert.match(faultsOf([start, committed, end]).join(), /before 311 is missing/);
  assert.match(faultsOf([start, { ...leave, signed: false }, committed, end]).join(), /Sign does not fit/);
  assert.match(faultsOf([...whole, { ...leave, body: Buffer.from('{}') }]).join(), /other bytes/);
  assert.match(faultsOf([start, leave, committed]).join(), /0 terminal events/);
  assert.match(faultsOf([...whole, delivery(5, 312)]).join(), /2 terminal events/);
  assert.match(faultsOf([leave, committed, end]).join(), /first event is 302/);
  assert.match(faultsOf([start, { ...leave, headers: {} }, committed, end]).join(), /not of its task/);
});

test('a file may be stuck and then there, and is announced as there once', () => {
  assert.deepEqual(faultsOf([start, leave, delivery(3, 311, file(1)), end, delivery(5, 311, file(0))]), []);
  assert.match(faultsOf([...whole, delivery(5, 311, file(0))]).join(), /more than once/);
});

test('an upload that was stuck and recovered has one end', () => {
  const upload = [start, delivery(2, 303), leave, delivery(3, 305, { Status: 1 }), delivery(4, 305, { Status: 2 })];
  const placed = upload.map((one, index) => ({ ...one, headers: { 'webhook-id': messageId(TASK, index + 1, MS) } }));
  assert.deepEqual(faultsOf(placed), []);
});
