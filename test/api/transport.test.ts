import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDispatcher } from '../../src/api/dispatch.ts';
import { maxFormBytes, maxGetBytes, maxPostBytes } from '../../src/api/request-size.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Action } from '../../src/api/action.ts';
import { FakeClock, type Clock } from '../../src/clock.ts';
import { pythonV1, type CommonParameters } from './foreign-sdks.ts';
import {
  base,
  directory,
  sdkAppId,
  secretId,
  sign,
  signedCall,
  startApi,
  type Answer,
  type WireRequest,
} from './recording-api.ts';

const clock = new FakeClock();
const api = await startApi({ clock });
const describe = JSON.stringify({ SdkAppId: sdkAppId, TaskId: 'task-1' });
const signedDescribe = (): WireRequest => {
  clock.advance(1000);
  return signedCall(api.host, 'DescribeCloudRecording', describe, clock);
};
const withHeaders = (request: WireRequest, headers: Record<string, string | undefined>): WireRequest => ({
  ...request,
  headers: Object.fromEntries(
    Object.entries({ ...request.headers, ...headers }).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    ),
  ),
});

/** "E:X" of contract §9. */
function assertError(answer: Answer, code: string): void {
  assert.equal(answer.code, code, answer.text);
  assert.equal(answer.status, 200);
  assert.equal(answer.contentType, 'application/json');
  assert.notEqual(answer.message, '');
  assert.match(
    String(answer.response['RequestId']),
    /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
  assert.deepEqual(Object.keys(answer.response), ['Error', 'RequestId']);
  assert.doesNotMatch(answer.message, /[{}]|undefined/);
}

test('T7: TV3 is accepted at its own time; the action then answers for itself', async () => {
  const frozen = await startApi({ clock: new FakeClock(1_700_000_000_000) });
  const request: WireRequest = {
    body: '{"SdkAppId": 1400000000, "TaskId": "task-1"}',
    headers: {
      'content-type': 'application/json',
      host: 'trtc.tencentcloudapi.com',
      'x-tc-action': 'DescribeCloudRecording',
      'x-tc-version': '2019-07-22',
      'x-tc-timestamp': '1700000000',
      authorization: `TC3-HMAC-SHA256 Credential=${secretId}/2023-11-14/trtc/tc3_request, SignedHeaders=content-type;host, Signature=6d72a45638b7b27dbc2304026ccbcaaece65fb19c4d7a41fa031130901761237`,
    },
  };
  assertError(await frozen.send(request), 'ResourceNotFound');
});

test('T8: one changed digit of the signature', async () => {
  const request = signedDescribe();
  const authorization = request.headers?.['authorization']?.replace(/.$/, (digit) => (digit === '0' ? '1' : '0'));
  assertError(await api.send(withHeaders(request, { authorization })), 'AuthFailure.SignatureFailure');
});

test('T9: one changed byte of the body', async () => {
  const request = signedDescribe();
  assertError(
    await api.send({ ...request, body: describe.replace('task-1', 'task-2') }),
    'AuthFailure.SignatureFailure',
  );
});

test('T10, T11: 301 s old is expired, 299 s old is accepted', async () => {
  const aged = (seconds: number) => {
    const request = signedDescribe();
    const timestamp = Math.floor(clock.wallMs() / 1000) - seconds;
    const headers = { 'content-type': 'application/json', host: api.host };
    const authorization = sign({ headers, body: describe, timestamp });
    return api.send(withHeaders(request, { authorization, 'x-tc-timestamp': String(timestamp) }));
  };
  assertError(await aged(301), 'AuthFailure.SignatureExpire');
  assertError(await aged(299), 'ResourceNotFound');
});

test('T12: unknown SecretId', async () => {
  const request = signedDescribe();
  const authorization = request.headers?.['authorization']?.replace(secretId, 'AKIDnobody');
  assertError(await api.send(withHeaders(request, { authorization })), 'AuthFailure.SecretIdNotFound');
});

test('T13: no authorization, SKIP, another scheme', async () => {
  for (const authorization of [undefined, 'SKIP', 'Bearer x']) {
    const answer = await api.send(withHeaders(signedDescribe(), { authorization }));
    assertError(answer, 'AuthFailure.InvalidAuthorization');
  }
});

test('a timestamp that is absent or no number', async () => {
  const send = (stamp: string | undefined) => api.send(withHeaders(signedDescribe(), { 'x-tc-timestamp': stamp }));
  const absent = await send(undefined);
  assertError(absent, 'MissingParameter');
  assert.match(absent.message, /`Timestamp`/);
  assertError(await send('yesterday'), 'InvalidParameter');
  assertError(await send('99999999999999999999'), 'InvalidParameter');
});

test('temporary credentials are refused by name', async () => {
  assertError(await api.send(withHeaders(signedDescribe(), { 'x-tc-token': 'abc' })), 'AuthFailure.TokenFailure');
});

test('T14, T15, T16: action and version are judged before the signature', async () => {
  const unsigned = (headers: Record<string, string | undefined>) =>
    api.send(withHeaders(signedDescribe(), { authorization: undefined, ...headers }));
  const noAction = await unsigned({ 'x-tc-action': undefined });
  assertError(noAction, 'MissingParameter');
  assert.match(noAction.message, /`Action`/);
  assertError(await unsigned({ 'x-tc-action': 'NoSuchThing' }), 'InvalidAction');
  assertError(await unsigned({ 'x-tc-version': '2018-01-01' }), 'NoSuchVersion');
  assertError(await unsigned({ 'x-tc-version': undefined }), 'MissingParameter');
});

test('T17: methods other than GET and POST', async () => {
  for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND', 'PURGE', 'M-SEARCH', 'UNLINK']) {
    assertError(await api.send({ ...signedDescribe(), method, body: '' }), 'UnsupportedProtocol');
  }
  const head = await api.send({ method: 'HEAD' });
  assert.deepEqual([head.status, head.contentType, head.text], [200, 'application/json', '']);
  const huge = Buffer.alloc(maxPostBytes + 1, 0x20);
  assertError(await api.send({ method: 'PUT', body: huge, headers: { 'content-type': 'x/y' } }), 'UnsupportedProtocol');
});

test('T18: an unknown member is named with its path', async () => {
  const top = await api.call('CreateCloudRecording', base({ Foo: 1 }));
  assertError(top, 'UnknownParameter');
  assert.equal(top.message, 'The parameter `Foo` is not recognized.');
  const nested = await api.call('CreateCloudRecording', base({ RecordParams: { Foo: 1 } }));
  assert.match(nested.message, /`RecordParams.Foo`/);
  assertError(await api.call('CreateCloudRecording', base({ toString: 1 })), 'UnknownParameter');
  clock.advance(1000);
  const poisoned = JSON.stringify(base()).replace('{', '{"__proto__":{"SdkAppId":1},');
  const answer = await api.send(signedCall(api.host, 'CreateCloudRecording', poisoned, clock));
  assertError(answer, 'UnknownParameter');
});

test('T19, T20, T21: wrong types are named with their path', async () => {
  const cases = [
    [{ SdkAppId: '1400000000' }, 'SdkAppId'],
    [{ SdkAppId: -1 }, 'SdkAppId'],
    [{ SdkAppId: 1.5 }, 'SdkAppId'],
    [{ RoomId: 10001 }, 'RoomId'],
    [{ RecordParams: [] }, 'RecordParams'],
    [
      { RecordParams: { SubscribeStreamUserIds: { SubscribeAudioUserIds: ['a', 5] } } },
      'RecordParams.SubscribeStreamUserIds.SubscribeAudioUserIds.1',
    ],
    [
      { MixLayoutParams: { MixLayoutMode: 3, PureAudioDisableLayout: 'true' } },
      'MixLayoutParams.PureAudioDisableLayout',
    ],
  ] as const;
  for (const [change, path] of cases) {
    const answer = await api.call('CreateCloudRecording', base(change));
    assertError(answer, 'InvalidParameter');
    assert.ok(answer.message.startsWith(`The value type of parameter \`${path}\` is not valid`), answer.message);
  }
});

test('of several faults the unknown member is reported, then the type, then the missing, then the range', async () => {
  const faults: { change: Record<string, unknown>; code: string }[] = [
    { change: { RoomIdType: 7 }, code: 'InvalidParameter.OutOfRange' },
    { change: { UserId: undefined }, code: 'MissingParameter.UserId' },
    { change: { RoomId: 5 }, code: 'InvalidParameter' },
    { change: { Foo: 5 }, code: 'UnknownParameter' },
  ];
  let change = {};
  for (const fault of faults) {
    change = { ...change, ...fault.change };
    assertError(await api.call('CreateCloudRecording', base(change)), fault.code);
  }
});

test('T22: bodies that are no JSON object', async () => {
  for (const body of ['{', '', '[]', '"x"', 'null', '7', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])]) {
    clock.advance(1000);
    assertError(await api.send(signedCall(api.host, 'DescribeCloudRecording', body, clock)), 'InvalidRequest');
  }
});

test('nesting is bounded before the body is parsed, brackets inside a text are none', async () => {
  const nested = (depth: number) => `{"Foo":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;
  const code = async (body: string) => {
    clock.advance(1000);
    return (await api.send(signedCall(api.host, 'DescribeCloudRecording', body, clock))).code;
  };
  assert.equal(await code(nested(64)), 'UnknownParameter');
  assert.equal(await code(nested(65)), 'InvalidRequest');
  assert.equal(
    await code(JSON.stringify({ SdkAppId: sdkAppId, TaskId: `"\\${'{['.repeat(100)}` })),
    'ResourceNotFound',
  );
});

test('T23: the 21st call within a second is refused with the bare code, another action is not', async () => {
  clock.advance(1000);
  const call = (action: string) => api.send(signedCall(api.host, action, describe, clock));
  for (let i = 0; i < 20; i++) assertError(await call('DescribeCloudRecording'), 'ResourceNotFound');
  const refused = await call('DescribeCloudRecording');
  assertError(refused, 'RequestLimitExceeded');
  assert.match(refused.message, /equals to `21` in a second, which exceeds the frequency limit `20`/);
  assertError(await call('DeleteCloudRecording'), 'ResourceNotFound');
  clock.advance(999);
  assertError(await call('DescribeCloudRecording'), 'RequestLimitExceeded');
  clock.advance(1);
  assertError(await call('DescribeCloudRecording'), 'ResourceNotFound');
});

test('T26: an unsigned payload is accepted when the signature says so, and only then', async () => {
  const request = signedDescribe();
  const timestamp = Math.floor(clock.wallMs() / 1000);
  const headers = { 'content-type': 'application/json', host: api.host };
  const authorization = sign({ headers, body: 'UNSIGNED-PAYLOAD', timestamp });
  const marked = { authorization, 'x-tc-content-sha256': 'UNSIGNED-PAYLOAD' };
  assertError(await api.send(withHeaders(request, marked)), 'ResourceNotFound');
  assertError(await api.send(withHeaders(request, { authorization })), 'AuthFailure.SignatureFailure');
});

test('T27: the action is signed lower-cased or as it is', async () => {
  for (const action of ['describecloudrecording', 'DescribeCloudRecording']) {
    const request = signedDescribe();
    const timestamp = Math.floor(clock.wallMs() / 1000);
    const headers = { 'content-type': 'application/json', host: api.host, 'x-tc-action': action };
    const authorization = sign({ headers, body: describe, timestamp });
    assertError(await api.send(withHeaders(request, { authorization })), 'ResourceNotFound');
  }
});

test('T30: any region is accepted, a strict list refuses others', async () => {
  for (const region of [undefined, 'ap-guangzhou', 'mars']) {
    assertError(await api.send(withHeaders(signedDescribe(), { 'x-tc-region': region })), 'ResourceNotFound');
  }
  const strict = await startApi({ clock, regions: ['ap-guangzhou'] });
  const call = (region: string | undefined) => {
    clock.advance(1000);
    const request = signedCall(strict.host, 'DescribeCloudRecording', describe, clock);
    return strict.send(withHeaders(request, { 'x-tc-region': region }));
  };
  assertError(await call(undefined), 'ResourceNotFound');
  assertError(await call('ap-guangzhou'), 'ResourceNotFound');
  assertError(await call('mars'), 'UnsupportedRegion');
  const v1To = (region: string) => {
    clock.advance(1000);
    const parameters = { SdkAppId: sdkAppId, TaskId: 'x' };
    const timestamp = Math.floor(clock.wallMs() / 1000);
    const foreign = {
      host: strict.host,
      action: 'DescribeCloudRecording',
      parameters,
      timestamp,
      method: 'GET',
    } as const;
    return strict.send(pythonV1(foreign, 'HmacSHA1', { Region: region }));
  };
  assertError(await v1To('ap-guangzhou'), 'ResourceNotFound');
  assertError(await v1To('mars'), 'UnsupportedRegion');
});

test('a JSON body is read up to 10 MB', async () => {
  const padded = (bytes: number) => describe.padEnd(bytes, ' ');
  clock.advance(1000);
  const fits = signedCall(api.host, 'DescribeCloudRecording', padded(maxPostBytes), clock);
  assertError(await api.send(fits), 'ResourceNotFound');
  const declared = signedCall(api.host, 'DescribeCloudRecording', padded(maxPostBytes + 1), clock);
  assertError(await api.send(declared), 'RequestSizeLimitExceeded');
});

test('a GET of more than 32 KB is refused before anything else is looked at', async () => {
  const silent = { debug: () => {}, info: () => {}, error: () => {} };
  const dispatcher = createDispatcher({ actions: [], apps: directory, clock, log: silent });
  const get = async (bytes: number) => {
    const rawQuery = 'a='.padEnd(bytes, 'x');
    const reply = await dispatcher.answer({ method: 'GET', rawQuery, headers: {}, body: Buffer.alloc(0) });
    return reply.code;
  };
  assert.equal(await get(maxGetBytes), 'MissingParameter');
  assert.equal(await get(maxGetBytes + 1), 'RequestSizeLimitExceeded');
});

test('with TC3 a POST is JSON, a charset may be named', async () => {
  const signedWith = (contentType: string) => {
    const request = signedDescribe();
    const timestamp = Math.floor(clock.wallMs() / 1000);
    const authorization = sign({ headers: { 'content-type': contentType, host: api.host }, body: describe, timestamp });
    return api.send(withHeaders(request, { authorization, 'content-type': contentType }));
  };
  for (const type of [
    'multipart/form-data; boundary=x',
    'application/octet-stream',
    'application/x-www-form-urlencoded',
  ])
    assertError(await signedWith(type), 'UnsupportedOperation');
  assertError(await signedWith('application/json; charset=utf-8'), 'ResourceNotFound');
});

const v1 = (changes: CommonParameters = {}, method: 'GET' | 'POST' = 'POST', action = 'DescribeCloudRecording') => {
  clock.advance(1000);
  const parameters = { SdkAppId: sdkAppId, TaskId: 'task-1' };
  const timestamp = Math.floor(clock.wallMs() / 1000);
  return pythonV1({ host: api.host, action, parameters, timestamp, method }, 'HmacSHA256', changes);
};

test('v1 is judged in the same order: action and version, claim, SecretId, timestamp, signature', async () => {
  const now = (): number => Math.floor(clock.wallMs() / 1000);
  const faults: [change: () => CommonParameters, code: string, named?: string][] = [
    [() => ({ Region: 'mars' }), 'ResourceNotFound'],
    [() => ({ Signature: '' }), 'InvalidRequest', 'Signature'],
    [() => ({ Timestamp: now() - 301 }), 'AuthFailure.SignatureExpire'],
    [() => ({ Timestamp: now() + 302 }), 'AuthFailure.SignatureExpire'],
    [() => ({ Timestamp: '' }), 'MissingParameter', 'Timestamp'],
    [() => ({ Timestamp: 'now' }), 'InvalidParameter', 'Timestamp'],
    [() => ({ Token: 'abc' }), 'AuthFailure.TokenFailure'],
    [() => ({ SecretId: 'AKIDnobody' }), 'AuthFailure.SecretIdNotFound'],
    [() => ({ SignatureMethod: 'TC3-HMAC-SHA256' }), 'InvalidParameterValue', 'TC3-HMAC-SHA256'],
    [() => ({ Nonce: '' }), 'MissingParameter', 'Nonce'],
    [() => ({ Nonce: '-5' }), 'InvalidParameter', 'Nonce'],
    [() => ({ SecretId: '' }), 'MissingParameter', 'SecretId'],
    [() => ({ Version: '2018-01-01' }), 'NoSuchVersion'],
    [() => ({ Action: 'NoSuchThing' }), 'InvalidAction'],
    [() => ({ Version: '' }), 'MissingParameter', 'Version'],
    [() => ({ Action: '' }), 'MissingParameter', 'Action'],
  ];
  for (const method of ['GET', 'POST'] as const) {
    let all: CommonParameters = {};
    for (const [change, code, named] of faults) {
      clock.advance(1000);
      const alone = await api.send(v1(change(), method));
      assertError(alone, code);
      if (named) assert.ok(alone.message.includes(`\`${named}\``), alone.message);
      // With all faults further down the list as well, the one that is judged first is reported.
      if (code === 'InvalidRequest' || code === 'ResourceNotFound') continue;
      all = { ...all, ...change() };
      assertError(await api.send(v1(all, method)), code);
    }
  }
});

test('v1: a changed value, an added parameter, a missing signature', async () => {
  for (const method of ['GET', 'POST'] as const) {
    const edited = (edit: (list: string) => string) => {
      const request = v1({}, method);
      const list = edit(request.query ?? String(request.body));
      return api.send(method === 'GET' ? { ...request, query: list } : { ...request, body: list });
    };
    assertError(await edited((list) => list), 'ResourceNotFound');
    assertError(await edited((list) => list.replace('task-1', 'task-2')), 'AuthFailure.SignatureFailure');
    assertError(await edited((list) => `${list}&RecorderKey=a`), 'AuthFailure.SignatureFailure');
    assertError(await edited((list) => list.replace(/&Signature=.*/, '')), 'MissingParameter');
    assertError(await edited((list) => `${list}&TaskId=task-1`), 'InvalidRequest');
    assertError(await edited((list) => `${list}&%`), 'InvalidRequest');
  }
});

test('a query beside a v1 form is not signed and not read', async () => {
  assertError(await api.send({ ...v1(), query: 'TaskId=other&Foo=1' }), 'ResourceNotFound');
});

test('a form is read up to 1 MB', async () => {
  const padded = (bytes: number) => {
    const request = v1();
    return { ...request, body: String(request.body).padEnd(bytes, '&') };
  };
  // A megabyte of `&` is too many parameters, but not too large.
  assertError(await api.send(padded(maxFormBytes)), 'InvalidRequest');
  const refused = await api.send(padded(maxFormBytes + 1));
  assertError(refused, 'RequestSizeLimitExceeded');
  assert.match(refused.message, /1048576/);
  const large = v1({ RequestClient: 'x'.repeat(maxFormBytes - 2000) });
  assertError(await api.send(large), 'ResourceNotFound');
});

test('a query is read up to 32 KB, over HTTP too', async () => {
  const get = async (bytes: number) => {
    const fixed = v1({ RequestClient: 'x' }, 'GET').query?.length ?? 0;
    return api.send(v1({ RequestClient: 'x'.repeat(bytes - fixed) }, 'GET'));
  };
  // The signature's escapes change the length by some bytes from request to request.
  assertError(await get(maxGetBytes - 50), 'ResourceNotFound');
  assertError(await get(maxGetBytes + 50), 'RequestSizeLimitExceeded');
});

test('no Authorization, no action and no form: the action is what is missing', async () => {
  for (const request of [{ method: 'GET' }, { body: '{}' }, { method: 'GET', query: 'Signature=x' }]) {
    const answer = await api.send(request);
    assertError(answer, 'MissingParameter');
    assert.match(answer.message, /`Action`/);
  }
});

test('an action that takes longer than six seconds is answered, and its end is logged', async () => {
  let finish: (fault?: Error) => void = () => {};
  const ended = new Promise<void>((resolve, reject) => {
    finish = (fault) => (fault ? reject(fault) : resolve());
  });
  const slow: Action = {
    name: 'DescribeCloudRecording',
    version: '2019-07-22',
    queriesPerSecond: undefined,
    faultCode: 'InternalError.CRInternalError',
    call: () => ended.then(() => ({ Late: true })),
  };
  const lines: string[] = [];
  const keep = (fields: object, message: string) => void lines.push(`${message} ${JSON.stringify(fields)}`);
  const frozen = new FakeClock();
  const options = { apps: directory, clock: frozen, log: { debug: keep, info: keep, error: keep } };
  const dispatcher = createDispatcher({ ...options, actions: [slow] });
  const { body, headers } = signedCall('h', 'DescribeCloudRecording', describe, frozen);
  const request = { method: 'POST', rawQuery: '', headers: headers ?? {}, body: Buffer.from(String(body)) };
  const answered = dispatcher.answer(request);
  await sleep();
  frozen.advance(5999);
  assert.equal(await Promise.race([answered, sleep(1, 'not yet')]), 'not yet');
  frozen.advance(1);
  const reply = await answered;
  assert.equal(reply.code, 'InternalError.CRInternalError');
  finish(new Error('the disk is slow'));
  await sleep();
  assert.match(lines.at(-1) ?? '', new RegExp(`failed after its caller was told.*${reply.requestId}`));
});

test('a quick action leaves no timer behind', async () => {
  const counted = new FakeClock();
  let timers = 0;
  const watched: Clock = {
    wallMs: () => counted.wallMs(),
    wallUs: () => counted.wallUs(),
    monoUs: () => counted.monoUs(),
    every: (ms, action) => counted.every(ms, action),
    after: (ms, action) => {
      timers += 1;
      const cancel = counted.after(ms, action);
      return () => {
        timers -= 1;
        cancel();
      };
    },
  };
  const quick = await startApi({ clock: watched });
  for (const failing of [false, true]) {
    quick.tasks.fault = failing ? new Error('down') : undefined;
    const answer = await quick.send(signedCall(quick.host, 'DescribeCloudRecording', describe, counted));
    assertError(answer, failing ? 'InternalError.CRInternalError' : 'ResourceNotFound');
    assert.equal(timers, 0);
  }
});

test('an action may be allowed less often than the account’s other actions', async () => {
  const rare: Action = { name: 'Rare', version: '2019-07-22', queriesPerSecond: 5, call: async () => ({}) };
  const silent = { debug: () => {}, info: () => {}, error: () => {} };
  const dispatcher = createDispatcher({ actions: [rare], apps: directory, clock, log: silent });
  const { body, headers } = signedCall('h', 'Rare', '{}', clock);
  const request = { method: 'POST', rawQuery: '', headers: headers ?? {}, body: Buffer.from(String(body)) };
  const codes: string[] = [];
  for (let i = 0; i < 6; i++) codes.push((await dispatcher.answer(request)).code);
  assert.deepEqual(codes, ['ok', 'ok', 'ok', 'ok', 'ok', 'RequestLimitExceeded']);
});

test('a content type that HTTP cannot read is answered in the envelope too', async () => {
  assertError(await api.send({ body: '{}', headers: { 'content-type': 'nonsense' } }), 'InvalidRequest');
});

test('a fault of ours is an envelope without its reason, and an error in the log', async () => {
  api.tasks.fault = new Error('the disk is on fire');
  const answer = await api.call('DescribeCloudRecording', { SdkAppId: sdkAppId, TaskId: 'x' });
  api.tasks.fault = undefined;
  assertError(answer, 'InternalError.CRInternalError');
  assert.doesNotMatch(answer.text, /fire/);
  const logged = api.log.at(-1);
  assert.equal(logged?.level, 'error');
  assert.match(JSON.stringify(logged.fields), new RegExp(String(answer.response['RequestId'])));
});

test('a fault of ours at a call on no recording has the code of its action', async () => {
  const fails = async (): Promise<never> => {
    throw new Error('the disk is on fire');
  };
  const control = { dismiss: fails, remove: fails };
  const presence = { sessions: fails, visits: fails };
  const broken = await startApi({ rooms: { control, presence }, usage: { recorded: fails } });
  const now = 1_700_000_000;
  const window = { SdkAppId: sdkAppId, StartTime: now, EndTime: now + 60 };
  assertError(await broken.call('DescribeRoomInfo', window), 'InternalError');
  const days = { StartTime: '2023-11-14', EndTime: '2023-11-15' };
  assertError(await broken.call('DescribeRecordStatistic', days), 'InternalError');
});

test('other routes of the same server keep their own parsers and errors', async () => {
  const post = (body: string) =>
    fetch(`http://${api.host}/other`, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
  const parsed = await post('{"a":1}');
  assert.equal(await parsed.text(), '{"parsed":{"a":1}}');
  assert.equal((await post('{')).status, 400);
  assert.equal((await fetch(`http://${api.host}/elsewhere`)).status, 404);
});
