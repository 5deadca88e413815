import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDispatcher } from '../../src/api/dispatch.ts';
import { recordingActions } from '../../src/api/recording/actions.ts';
import type { ApiRequest } from '../../src/api/request.ts';
import { FakeClock } from '../../src/clock.ts';
import { verifyUserSig } from '../../src/usersig/verify.ts';
import { base, directory, MemoryTasks, sdkAppId, signedCall, startApi } from './recording-api.ts';

/** Mulberry32: the same bodies in every run, so that a failure can be repeated. */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const random = seededRandom(20_190_722);
const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!;

const place = { Top: 0, Left: 0, Width: 10, Height: 10 };
const rich = base({
  RecordParams: {
    MaxIdleTime: 30,
    StreamType: 0,
    MediaId: 0,
    SubscribeStreamUserIds: { SubscribeAudioUserIds: ['a'], UnSubscribeVideoUserIds: [] },
  },
  StorageParams: {
    CloudVod: { TencentVod: { ExpireTime: 1, SubAppId: 7, UserDefineRecordId: 'a', SourceContext: 'x' } },
  },
  MixTranscodeParams: {
    VideoParams: { Width: 640, Height: 480, Fps: 15, BitRate: 550_000, Gop: 2 },
    AudioParams: { SampleRate: 1, Channel: 2, BitRate: 64_000 },
  },
  MixLayoutParams: {
    MixLayoutMode: 3,
    MixLayoutList: [{ ...place, UserId: 'u', Alpha: 0 }],
    WaterMarkList: [{ WaterMarkType: 0, WaterMarkImage: { ...place, WaterMarkUrl: 'https://h/a.png' } }],
    PureAudioDisableLayout: false,
  },
});
const actions = [
  'CreateCloudRecording',
  'CreateCloudRecording',
  'DescribeCloudRecording',
  'DeleteCloudRecording',
] as const;
const seedsOf = (action: string): string[] =>
  (action.startsWith('Create') ? [base(), rich] : [{ SdkAppId: sdkAppId, TaskId: 'task-1' }]).map((value) =>
    JSON.stringify(value),
  );
const fragments = [
  'null',
  'true',
  '-1',
  '-0',
  '1e999',
  '0.1',
  '9007199254740993',
  '18446744073709551615',
  '""',
  '"\\ud800"',
  '"\\u0000"',
  '[]',
  '{}',
  '[null]',
  '{"__proto__":{"a":1}}',
  '{"constructor":1}',
  `"${'x'.repeat(5000)}"`,
  '['.repeat(3000) + ']'.repeat(3000),
  '{"a":'.repeat(200) + '1' + '}'.repeat(200),
  `[${'1,'.repeat(3000)}1]`,
  '"会议/1"',
] as const;

/** Swaps one JSON value for a fragment, so that most bodies stay JSON and reach the schema. */
const swapValue = (body: string): string => {
  const values = [...body.matchAll(/:("[^"]*"|-?\d+|true|false)/g)];
  const { index, 1: old = '' } = pick(values);
  return `${body.slice(0, index + 1)}${pick(fragments)}${body.slice(index + 1 + old.length)}`;
};
const renameMember = (body: string): string =>
  body.replace(
    pick([...body.matchAll(/"[A-Z]\w+":/g)])[0],
    () => `"${pick(['Foo', '__proto__', 'toString', '', '\\u0000', '🙂'])}":`,
  );
const dropMember = (body: string): string =>
  body.replace(pick([...body.matchAll(/"[A-Z]\w+":("[^"]*"|\d+),/g)])[0], '');
const flipByte = (body: string): string => {
  const at = Math.floor(random() * body.length);
  return `${body.slice(0, at)}${String.fromCharCode(Math.floor(random() * 256))}${body.slice(at + 1)}`;
};
const cut = (body: string): string => body.slice(0, Math.floor(random() * body.length));

function mutatedBody(action: string): Buffer {
  let body = pick(seedsOf(action));
  for (let left = 1 + Math.floor(random() * 2); left > 0 && body.length > 0; left--) {
    const mutate = pick([swapValue, swapValue, swapValue, renameMember, dropMember, flipByte, cut]);
    if (/"[A-Z]\w+":("[^"]*"|\d+),/.test(body)) body = mutate(body);
  }
  return Buffer.from(body, random() < 0.5 ? 'utf8' : 'latin1');
}

const faults: object[] = [];
const log = { debug: () => {}, info: () => {}, error: (fields: object) => void faults.push(fields) };

test('thousands of mutated bodies: always an envelope, never a fault of ours', async () => {
  const clock = new FakeClock();
  const services = { apps: directory, tasks: new MemoryTasks(), verifyUserSig, clock };
  const dispatcher = createDispatcher({ ...services, actions: recordingActions(services), log });
  const codes = new Map<string, number>();
  for (let round = 0; round < 6000; round++) {
    clock.advance(1000);
    const action = pick(actions);
    const signed = signedCall('h', action, mutatedBody(action), clock);
    const request: ApiRequest = {
      method: 'POST',
      rawQuery: '',
      headers: signed.headers ?? {},
      body: signed.body as Buffer,
    };
    const reply = await dispatcher.answer(request);
    const { Response } = JSON.parse(reply.body.toString()) as { Response: Record<string, unknown> };
    assert.equal(Response['RequestId'], reply.requestId);
    assert.ok(reply.body.length < 2000, 'an answer repeats only a bounded part of its request');
    codes.set(reply.code, (codes.get(reply.code) ?? 0) + 1);
  }
  assert.deepEqual(faults, []);
  // The mutations must reach every layer, or this test proves nothing.
  for (const code of ['ok', 'InvalidRequest', 'UnknownParameter', 'InvalidParameter', 'InvalidParameter.OutOfRange']) {
    assert.ok((codes.get(code) ?? 0) >= 10, `${code}: ${codes.get(code)}`);
  }
  assert.ok([...codes.keys()].every((code) => !code.startsWith('InternalError') && !code.startsWith('AuthFailure.S')));
});

test('mutated headers over HTTP: status 200 and an envelope', async () => {
  const clock = new FakeClock();
  const api = await startApi({ clock });
  const junk = ['', 'x', '-1', '0x10', '1'.repeat(400), 'a;b', '\u00ff', ','.repeat(300), '..', 'application/json;;='];
  for (let round = 0; round < 300; round++) {
    clock.advance(1000);
    const action = pick(actions);
    const signed = signedCall(api.host, action, mutatedBody(action), clock);
    const name = pick([
      'content-type',
      'authorization',
      'x-tc-action',
      'x-tc-version',
      'x-tc-timestamp',
      'x-tc-region',
    ]);
    const headers = {
      ...signed.headers,
      [name]: random() < 0.5 ? pick(junk) : `${signed.headers?.[name]}${pick(junk)}`,
    };
    const answer = await api.send({ ...signed, headers });
    assert.equal(answer.status, 200);
    assert.equal(answer.contentType, 'application/json');
    assert.equal(typeof answer.response['RequestId'], 'string');
  }
  assert.deepEqual(
    api.log.filter((line) => line.level === 'error'),
    [],
  );
});
