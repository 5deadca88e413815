import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { CallbackReceiver } from '../../src/demo/receiver.ts';

/** Contract §4.1, vectors 2 and 3, both signed with `recordkey`. */
const KEY = 'recordkey';
const STARTED = {
  body: '{"EventGroupId":3,"EventType":301,"CallbackTs":1622186275913,"EventInfo":{"RoomId":"xx","EventTs":"1622186275","EventMsTs":1622186275757,"UserId":"xx","TaskId":"xx","Payload":{"Status":0}}}',
  sign: 'eni0VG9bTNDI47O+m4zKAlbtON3+J4/Q5TmF0Kfwvvk=',
};
const COMMITTED = {
  body: '{"EventGroupId":3,"EventType":311,"CallbackTs":1622191965320,"EventInfo":{"RoomId":"会议/1","EventTs":1622191965,"EventMsTs":1622191965102,"UserId":"xx","TaskId":"xx","Payload":{"Status":0,"TencentVod":{"UserId":"anchor1","TrackType":"audio_video","MediaId":"main","FileId":"5145403699454155159","VideoUrl":"http://example.com/a.mp4","CacheFile":"a.mp4","StartTimeStamp":1622186279000,"EndTimeStamp":1622186811000}}}}',
  sign: 'SFFGNiyAdvneUq5/0txuC+g9hDo7uTVmMD+IixCYSQg=',
};

async function listening(t: TestContext, key: string): Promise<{ receiver: CallbackReceiver; url: string }> {
  const receiver = new CallbackReceiver(key);
  const url = await receiver.listen();
  t.after(() => receiver.close());
  return { receiver, url };
}

const post = (url: string, body: string, sign?: string): Promise<Response> =>
  fetch(url, { method: 'POST', body, headers: sign === undefined ? {} : { sign } });

test("the contract's signed bodies are taken as signed, non-ASCII too", async (t) => {
  const { receiver, url } = await listening(t, KEY);
  for (const { body, sign } of [STARTED, COMMITTED]) {
    const answer = await post(url, body, sign);
    assert.deepEqual([answer.status, await answer.text()], [200, '{"code":0}']);
  }
  assert.deepEqual(
    receiver.callbacks.map(({ eventType, taskId, signed }) => [eventType, taskId, signed]),
    [
      [301, 'xx', true],
      [311, 'xx', true],
    ],
  );
  assert.deepEqual(receiver.callbacks[0]?.payload, { Status: 0 });
});

test('a wrong, foreign or missing signature is noticed', async (t) => {
  const { receiver, url } = await listening(t, KEY);
  await post(url, STARTED.body, COMMITTED.sign);
  await post(url, STARTED.body.replace('301', '302'), STARTED.sign);
  await post(url, STARTED.body);
  const other = await listening(t, 'otherkey');
  await post(other.url, STARTED.body, STARTED.sign);
  assert.deepEqual(
    [...receiver.callbacks, ...other.receiver.callbacks].map(({ signed }) => signed),
    [false, false, false, false],
  );
});

test('what is no event is refused and counts for nothing', async (t) => {
  const { receiver, url } = await listening(t, KEY);
  for (const body of ['', 'hello', 'null', '[]', '{}', '{"EventInfo":null}']) {
    assert.equal((await post(url, body)).status, 400, body);
  }
  assert.deepEqual(receiver.callbacks, []);
  assert.equal((await post(url, STARTED.body, STARTED.sign)).status, 200, 'and it goes on listening');
});

test('waiting ends with the event of that task and type, also when it has come before', async (t) => {
  const { receiver, url } = await listening(t, KEY);
  const waiting = receiver.waitFor('xx', 311, 10_000);
  await post(url, STARTED.body, STARTED.sign);
  await post(url, COMMITTED.body, COMMITTED.sign);
  assert.equal(await waiting, true);
  assert.equal(await receiver.waitFor('xx', 301, 10_000), true);
});

test('waiting for what does not come ends with false', async (t) => {
  const { receiver, url } = await listening(t, KEY);
  await post(url, STARTED.body, STARTED.sign);
  assert.equal(await receiver.waitFor('xx', 312, 1), false);
  assert.equal(await receiver.waitFor('another task', 301, 1), false);
});
