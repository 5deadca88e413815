import assert from 'node:assert/strict';
import { after } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import { goV1, goV3, pythonV1, pythonV3, type ForeignCall } from '../api/foreign-sdks.ts';
import {
  base,
  sdkAppId,
  secretId,
  sign,
  signedCall,
  type Answer,
  type Json,
  type WireRequest,
} from '../api/recording-api.ts';
import {
  hostOf,
  outcomeOf,
  plainAccount,
  plainAppId,
  sdkClient,
  sendRaw,
  startApiServer,
  type SdkClient,
} from './api-server.ts';
import { contractCase } from '../kit/contract-case.ts';

const server = await startApiServer();
after(() => server.close());
const host = hostOf(server);

type CreateRequest = Parameters<SdkClient['CreateCloudRecording']>[0];
const request = (changes: Json = {}): CreateRequest => base(changes) as unknown as CreateRequest;
const clock = systemClock({ unref: true });
const nowSeconds = (): number => Math.floor(Date.now() / 1000);
const send = (wire: WireRequest): Promise<Answer> => sendRaw(server, wire);
const callOf = (method: 'GET' | 'POST', parameters: Json = base(), action = 'CreateCloudRecording'): ForeignCall => ({
  host,
  action,
  parameters,
  timestamp: nowSeconds(),
  method,
});

/** An answer is the API's: status 200, the exact content type, a RequestId. */
function assertAnswer(answer: Answer, code: string | undefined): void {
  assert.equal(answer.code, code, answer.text);
  assert.deepEqual([answer.status, answer.contentType], [200, 'application/json']);
  assert.match(String(answer.response['RequestId']), /^[0-9a-f-]{36}$/);
  if (code) assert.deepEqual([Object.keys(answer.response), answer.message !== ''], [['Error', 'RequestId'], true]);
}

const describe = JSON.stringify({ SdkAppId: sdkAppId, TaskId: 'task-1' });
const signed = (): WireRequest => signedCall(host, 'DescribeCloudRecording', describe, clock);
function changed(wire: WireRequest, headers: Readonly<Record<string, string | undefined>>): WireRequest {
  const all = Object.entries({ ...wire.headers, ...headers }).filter(([, value]) => value !== undefined);
  return { ...wire, headers: Object.fromEntries(all) as Record<string, string> };
}

contractCase('T1', 'Node SDK, TC3, POST', async () => {
  assert.ok((await sdkClient(host).CreateCloudRecording(request())).TaskId);
});

contractCase('T2', 'Node SDK, TC3, GET', async () => {
  assert.ok((await sdkClient(host, { reqMethod: 'GET' }).CreateCloudRecording(request())).TaskId);
});

contractCase('T3', 'Node SDK, both v1 signatures, GET and POST', async () => {
  for (const signMethod of ['HmacSHA1', 'HmacSHA256'] as const) {
    for (const reqMethod of ['POST', 'GET'] as const) {
      assert.ok((await sdkClient(host, { signMethod, reqMethod }).CreateCloudRecording(request())).TaskId);
    }
  }
});

contractCase('T4 T28 T29', 'as Python sends it: TC3 and v1, True with a capital, a Nonce near 2^63', async () => {
  const wide = base({ MixLayoutParams: { MixLayoutMode: 3, PureAudioDisableLayout: true } });
  for (const method of ['POST', 'GET'] as const) {
    assertAnswer(await send(pythonV3(callOf(method, wide))), undefined);
    for (const name of ['HmacSHA256', 'HmacSHA1']) {
      assertAnswer(await send(pythonV1(callOf(method, wide), name, { Nonce: '4728068795550332830' })), undefined);
    }
  }
});

contractCase('T5', 'as Go sends it', async () => {
  for (const method of ['POST', 'GET'] as const) {
    assertAnswer(await send(goV3(callOf(method))), undefined);
    assertAnswer(await send(goV1(callOf(method), 'HmacSHA256')), undefined);
  }
});

contractCase('T6', 'Node SDK at localhost with a port', async () => {
  assert.ok((await sdkClient(host.replace('127.0.0.1', 'localhost')).CreateCloudRecording(request())).TaskId);
});

contractCase('T8 T9', 'a changed signature, a changed body', async () => {
  const authorization = signed().headers?.['authorization']?.replace(/.$/, (digit) => (digit === '0' ? '1' : '0'));
  assertAnswer(await send(changed(signed(), { authorization })), 'AuthFailure.SignatureFailure');
  const body = describe.replace('task-1', 'task-2');
  assertAnswer(await send({ ...signed(), body }), 'AuthFailure.SignatureFailure');
});

contractCase('T10 T11', 'too old by a second, and just not', async () => {
  const aged = (seconds: number): Promise<Answer> => {
    const timestamp = nowSeconds() - seconds;
    const headers = { 'content-type': 'application/json', host };
    const authorization = sign({ headers, body: describe, timestamp });
    return send(changed(signed(), { authorization, 'x-tc-timestamp': String(timestamp) }));
  };
  assertAnswer(await aged(302), 'AuthFailure.SignatureExpire');
  assertAnswer(await aged(298), 'ResourceNotFound');
});

contractCase('T12 T13', 'unknown SecretId, no or another authorization', async () => {
  const authorization = signed().headers?.['authorization']?.replace(secretId, 'AKIDnobody');
  assertAnswer(await send(changed(signed(), { authorization })), 'AuthFailure.SecretIdNotFound');
  for (const other of [undefined, 'SKIP', 'Bearer x']) {
    assertAnswer(await send(changed(signed(), { authorization: other })), 'AuthFailure.InvalidAuthorization');
  }
});

contractCase('T14 T15 T16', 'no action, an unknown one, another version', async () => {
  assertAnswer(await send(changed(signed(), { 'x-tc-action': undefined })), 'MissingParameter');
  assertAnswer(await send(changed(signed(), { 'x-tc-action': 'NoSuchThing' })), 'InvalidAction');
  assertAnswer(await send(changed(signed(), { 'x-tc-version': '2018-01-01' })), 'NoSuchVersion');
});

contractCase('T17', 'PUT', async () => {
  assertAnswer(await send({ ...signed(), method: 'PUT' }), 'UnsupportedProtocol');
});

contractCase('T18 T19 T20 T21', 'unknown members and wrong types are named', async () => {
  const wrong: [Json, string, string][] = [
    [{ Foo: 1 }, 'UnknownParameter', '`Foo`'],
    [{ SdkAppId: '1400000000' }, 'InvalidParameter', '`SdkAppId`'],
    [{ SdkAppId: -1 }, 'InvalidParameter', '`SdkAppId`'],
    [{ RoomId: 10_001 }, 'InvalidParameter', '`RoomId`'],
  ];
  for (const [changes, code, named] of wrong) {
    const answer = await send(signedCall(host, 'CreateCloudRecording', JSON.stringify(base(changes)), clock));
    assertAnswer(answer, code);
    assert.ok(answer.message.includes(named), answer.message);
  }
});

contractCase('T22', 'a body that is no JSON', async () => {
  assertAnswer(await send(signedCall(host, 'CreateCloudRecording', '{"SdkAppId":', clock)), 'InvalidRequest');
});

contractCase('T23', 'the 21st call within a second', async () => {
  const plain = sdkClient(host, { credential: plainAccount });
  const calls = Array.from({ length: 25 }, () =>
    outcomeOf(plain.DescribeCloudRecording({ SdkAppId: plainAppId, TaskId: 'x' })),
  );
  const codes = await Promise.all(calls);
  assert.ok(codes.includes('RequestLimitExceeded'), codes.join(' '));
  assert.equal(codes.filter((code) => code === 'ResourceNotFound').length, 20);
});

contractCase(
  'T24 T25',
  'errors of every kind are read as errors: status 200, exact content type, code and RequestId',
  async () => {
    const errors: WireRequest[] = [
      changed(signed(), { 'x-tc-action': 'NoSuchThing' }),
      changed(signed(), { authorization: 'SKIP' }),
      signed(),
      signedCall(host, 'CreateCloudRecording', '{}', clock),
      pythonV3(callOf('POST', { SdkAppId: sdkAppId, TaskId: 'x' }, 'DescribeCloudRecording')),
    ];
    for (const error of errors) {
      const answer = await send(error);
      assert.ok(answer.code);
      assertAnswer(answer, answer.code);
    }
    await assert.rejects(
      sdkClient(host).DescribeCloudRecording({ SdkAppId: sdkAppId, TaskId: 'x' }),
      (error: Error & { code?: string; requestId?: string }) =>
        error.code === 'ResourceNotFound' && /^[0-9a-f-]{36}$/.test(error.requestId ?? ''),
    );
  },
);

contractCase('T26 T27', 'an unsigned payload, a signed action in lower case', async () => {
  const headers = { 'content-type': 'application/json', host };
  const timestamp = nowSeconds();
  const stamp = { 'x-tc-timestamp': String(timestamp) };
  const unsigned = sign({ headers, body: 'UNSIGNED-PAYLOAD', timestamp });
  const marked = { ...stamp, authorization: unsigned, 'x-tc-content-sha256': 'UNSIGNED-PAYLOAD' };
  assertAnswer(await send(changed(signed(), marked)), 'ResourceNotFound');
  const withAction = { ...headers, 'x-tc-action': 'describecloudrecording' };
  const lower = { ...stamp, authorization: sign({ headers: withAction, body: describe, timestamp }) };
  assertAnswer(await send(changed(signed(), lower)), 'ResourceNotFound');
});

contractCase('T30', 'any region or none; a strict list refuses others', async () => {
  for (const region of [undefined, 'ap-guangzhou', 'mars']) {
    assertAnswer(await send(changed(signed(), { 'x-tc-region': region })), 'ResourceNotFound');
  }
  const strict = await startApiServer({ ROOMTAPE_API__REGIONS: '[ap-guangzhou]' });
  const wire = signedCall(hostOf(strict), 'DescribeCloudRecording', describe, clock);
  assertAnswer(await sendRaw(strict, changed(wire, { 'x-tc-region': 'mars' })), 'UnsupportedRegion');
  assertAnswer(await sendRaw(strict, changed(wire, { 'x-tc-region': 'ap-guangzhou' })), 'ResourceNotFound');
  await strict.close();
});
