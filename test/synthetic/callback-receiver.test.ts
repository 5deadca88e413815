import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { CallbackReceiver, verifySign } from '../kit/callback-receiver.ts';

const event = (taskId: string, type: number): string =>
  JSON.stringify({
    EventGroupId: 3,
    EventType: type,
    CallbackTs: 1,
    EventInfo: { RoomId: '1', EventTs: '1', EventMsTs: 1, UserId: 'r', TaskId: taskId, Payload: { Status: 0 } },
  });

describe('the callback receiver', () => {
  let receiver: CallbackReceiver;

  beforeEach(async () => {
    receiver = await CallbackReceiver.start({ key: 'recordkey' });
  });
  afterEach(() => receiver.close());

  const post = (body: string, key = 'recordkey'): Promise<Response> =>
    fetch(receiver.url, {
      method: 'POST',
      body,
      headers: { sign: createHmac('sha256', key).update(body).digest('base64'), sdkappid: '1400000000' },
    });

  it('keeps bodies, headers and its judgement of the signature', async () => {
    await post(event('T', 301));
    await post(event('T', 302), 'another key');
    await post('no JSON');
    assert.deepEqual(
      receiver.received.map(({ signed }) => signed),
      [true, false, true],
    );
    assert.equal(receiver.received[0]!.headers['sdkappid'], '1400000000');
    assert.deepEqual(
      receiver.events('T').map(({ EventType }) => EventType),
      [301, 302],
    );
    assert.deepEqual(receiver.events('other'), []);
    assert.equal(receiver.received[2]!.event, undefined);
  });

  it('verifies the official vector', () => {
    // Contract §4.1, vector 1.
    const body =
      '{\n\t"EventGroupId":\t2,\n\t"EventType":\t204,\n\t"CallbackTs":\t1664209748188,\n\t"EventInfo":\t{\n\t\t"RoomId":\t8489,\n\t\t"EventTs":\t1664209748,\n\t\t"EventMsTs":\t1664209748180,\n\t\t"UserId":\t"user_85034614",\n\t\t"Reason":\t0\n\t}\n}';
    const sign = 'kkoFeO3Oh2ZHnjtg8tEAQhtXK16/KI05W3BQff8IvGA=';
    assert.equal(verifySign('123654', Buffer.from(body), sign), true);
    assert.equal(verifySign('123654', Buffer.from(`${body} `), sign), false);
    assert.equal(verifySign('123654', Buffer.from(body), undefined), false);
  });

  it('answers as it is told', async () => {
    receiver.answerWith((index) =>
      index === 0 ? { status: 500 } : index === 1 ? { status: 0 } : { body: 'garbage', delayMs: 5 },
    );
    assert.equal((await post(event('T', 301))).status, 500);
    await assert.rejects(post(event('T', 301)));
    const third = await post(event('T', 301));
    assert.deepEqual([third.status, await third.text()], [200, 'garbage']);
    assert.deepEqual(
      receiver.received.map(({ status }) => status),
      [500, 0, 200],
    );
  });

  it('waits for what comes later, and says what came instead', async () => {
    const waiting = receiver.waitForEvent('T', 311, 5_000);
    await post(event('T', 301));
    await post(event('T', 311));
    assert.equal((await waiting).EventType, 311);
    await assert.rejects(receiver.waitForEvent('T', 312, 1), /301, 311/);
  });
});
