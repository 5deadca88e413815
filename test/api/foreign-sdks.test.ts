import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../src/clock.ts';
import { goV1, goV3, pythonV1, pythonV3, type ForeignCall } from './foreign-sdks.ts';
import { base, sdkAppId, startApi, userSig, type Answer, type Json, type WireRequest } from './recording-api.ts';

const clock = new FakeClock();
const api = await startApi({ clock });

const callOf = (
  parameters: Json,
  method: 'GET' | 'POST' = 'POST',
  action = 'CreateCloudRecording',
  host = api.host,
): ForeignCall => {
  clock.advance(1000);
  return { host, action, parameters, timestamp: Math.floor(clock.wallMs() / 1000), method };
};

async function assertCreated(request: WireRequest): Promise<void> {
  const before = api.tasks.created.length;
  const answer = await api.send(request);
  assert.equal(answer.code, undefined, answer.text);
  assert.equal(answer.contentType, 'application/json');
  assert.match(String(answer.response['TaskId']), /./);
  assert.equal(api.tasks.created.length, before + 1);
}

const wide = base({
  RoomId: '会议/1 a+b&c=d',
  RoomIdType: 0,
  UserId: 'recorder 会',
  UserSig: userSig('recorder 会'),
  StorageParams: { CloudVod: { TencentVod: { SourceContext: "a b+c%&=~'(1)*!", SessionContext: '' } } },
  MixLayoutParams: { MixLayoutMode: 3, PureAudioDisableLayout: false },
});

for (const method of ['POST', 'GET'] as const) {
  test(`T4: Python, TC3 ${method}`, () => assertCreated(pythonV3(callOf(wide, method))));
  test(`T5: Go, TC3 ${method}`, () => assertCreated(goV3(callOf(wide, method))));
  for (const signMethod of ['HmacSHA256', 'HmacSHA1']) {
    test(`T4: Python, ${signMethod} ${method}`, () => assertCreated(pythonV1(callOf(wide, method), signMethod)));
    test(`T5: Go, ${signMethod} ${method}`, () => assertCreated(goV1(callOf(wide, method), signMethod)));
  }
}

test('what the flat forms carried is what JSON carries', async () => {
  const builders = [
    (method: 'GET' | 'POST') => pythonV3(callOf(wide, method)),
    (method: 'GET' | 'POST') => goV3(callOf(wide, method)),
    (method: 'GET' | 'POST') => pythonV1(callOf(wide, method), 'HmacSHA256'),
    (method: 'GET' | 'POST') => goV1(callOf(wide, method), 'HmacSHA1'),
  ];
  await assertCreated(pythonV3(callOf(wide, 'POST')));
  const expected = api.tasks.created.at(-1);
  for (const build of builders) {
    for (const method of ['GET', 'POST'] as const) {
      await assertCreated(build(method));
      assert.deepEqual(api.tasks.created.at(-1), expected);
    }
  }
});

test('T26: UNSIGNED-PAYLOAD of Python and Go, POST and GET', async () => {
  for (const method of ['POST', 'GET'] as const) {
    await assertCreated(pythonV3(callOf(base(), method), true));
    await assertCreated(goV3(callOf(base(), method), true));
  }
});

test('T28: Python’s True is true, by GET and by v1', async () => {
  const layout = base({ MixLayoutParams: { MixLayoutMode: 3, PureAudioDisableLayout: true } });
  const requests = [
    pythonV3(callOf(layout, 'GET')),
    pythonV1(callOf(layout, 'GET'), 'HmacSHA256'),
    pythonV1(callOf(layout, 'POST'), 'HmacSHA1'),
  ];
  const inJson = await api.call('CreateCloudRecording', layout);
  for (const request of requests) {
    assert.match(String(request.query ?? request.body), /PureAudioDisableLayout=True/);
    const answer = await api.send(request);
    // Whatever the server does with a true one, it is not a fault of type, and it is what JSON's true gets.
    assert.notEqual(answer.code, 'InvalidParameter');
    assert.deepEqual([answer.code, answer.message], [inJson.code, inJson.message]);
  }
});

test('T29: a Nonce near 2^63 is text, not a number', async () => {
  const request = pythonV1(callOf(base()), 'HmacSHA256', { Nonce: '4728068795550332830' });
  assert.match(String(request.body), /Nonce=4728068795550332830&/);
  await assertCreated(request);
  const other = String(request.body).replace('4728068795550332830', '4728068795550332831');
  assert.equal((await api.send({ ...request, body: other })).code, 'AuthFailure.SignatureFailure');
});

test('Python’s `_` of a name is signed as `.`, the name itself stays', async () => {
  const describe = { SdkAppId: sdkAppId, TaskId: 'x', Recorder_Key: 'a' };
  const python = pythonV1(callOf(describe, 'POST', 'DescribeCloudRecording'), 'HmacSHA1');
  const answer = await api.send(python);
  assert.equal(answer.code, 'UnknownParameter', answer.text);
  assert.match(answer.message, /`Recorder_Key`/);
  const go = await api.send(goV1(callOf(describe, 'POST', 'DescribeCloudRecording'), 'HmacSHA1'));
  assert.equal(go.code, 'UnknownParameter', go.text);
});

test('a host without port, with port, and with the default port that HTTP leaves out', async () => {
  for (const [sentHost, signedHost] of [
    ['rec.example.com', 'rec.example.com'],
    ['rec.example.com:8080', 'rec.example.com:8080'],
    ['rec.example.com:8080', 'rec.example.com'],
    ['rec.example.com', 'rec.example.com:443'],
    ['rec.example.com', 'rec.example.com:80'],
  ] as const) {
    const request = pythonV1(callOf(base(), 'POST', 'CreateCloudRecording', signedHost), 'HmacSHA256');
    await assertCreated({ ...request, headers: { ...request.headers, host: sentHost } });
  }
  const request = pythonV1(callOf(base()), 'HmacSHA256');
  const elsewhere = await api.send({ ...request, headers: { ...request.headers, host: 'other.example.com' } });
  assert.equal(elsewhere.code, 'AuthFailure.SignatureFailure');
});

/** Python reads a body as an answer of the API only with one of two exact types (contract §1.6 c). */
const pythonRaises = ({ contentType, response }: Answer): string | undefined => {
  if (contentType !== 'application/json' && contentType !== 'text/plain') return undefined;
  return (response['Error'] as { Code: string } | undefined)?.Code;
};

test('T24: Python raises what went wrong, in every transport and at every stage', async () => {
  const wrong = base({ RecordParams: { RecordMode: 9 } });
  const requests = [
    [pythonV3(callOf(wrong)), 'InvalidParameter.OutOfRange'],
    [pythonV3(callOf(wrong, 'GET')), 'InvalidParameter.OutOfRange'],
    [pythonV1(callOf(wrong), 'HmacSHA256'), 'InvalidParameter.OutOfRange'],
    [pythonV1(callOf(wrong, 'GET'), 'HmacSHA1'), 'InvalidParameter.OutOfRange'],
    [pythonV1(callOf(base(), 'GET', 'NoSuchThing'), 'HmacSHA1'), 'InvalidAction'],
    [pythonV1(callOf(base()), 'HmacSHA1', { SecretId: 'AKIDnobody' }), 'AuthFailure.SecretIdNotFound'],
  ] as const;
  for (const [request, code] of requests) {
    const answer = await api.send(request);
    assert.equal(answer.status, 200);
    assert.equal(pythonRaises(answer), code, answer.text);
  }
});
