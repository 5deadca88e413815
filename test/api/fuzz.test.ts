import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { createDispatcher } from '../../src/api/dispatch.ts';
import { recordingActions } from '../../src/api/recording/actions.ts';
import type { ApiRequest } from '../../src/api/request.ts';
import { FakeClock } from '../../src/clock.ts';
import { verifyUserSig } from '../../src/usersig/verify.ts';
import { Dice, fuzzRounds, textMutations, withoutGrowth } from '../kit/fuzz.ts';
import { encoded, goV1, pythonV1 } from './foreign-sdks.ts';
import { fuzzedActions, mutatedBody, mutatedPairs } from './fuzz-inputs.ts';
import { directory, MemoryTasks, sign, signedCall, startApi, type WireRequest } from './recording-api.ts';

const clock = new FakeClock();
const timestamp = (): number => Math.floor(clock.wallMs() / 1000);

/** Answers in this process and checks what holds for every answer; counts the codes. */
class Target {
  readonly codes = new Map<string, number>();
  readonly #tasks = new MemoryTasks();
  readonly #faults: object[] = [];
  readonly #dispatcher;

  constructor() {
    const log = { debug: () => {}, info: () => {}, error: (fields: object) => void this.#faults.push(fields) };
    const services = { apps: directory, tasks: this.#tasks, verifyUserSig, clock };
    this.#dispatcher = createDispatcher({ ...services, actions: recordingActions(services), log });
  }

  async take({ method = 'POST', query = '', headers = {}, body = '' }: WireRequest): Promise<void> {
    const request: ApiRequest = { method, rawQuery: query, headers, body: Buffer.from(body) };
    const reply = await this.#dispatcher.answer(request);
    const { Response } = JSON.parse(reply.body.toString()) as { Response: Record<string, unknown> };
    assert.equal(Response['RequestId'], reply.requestId);
    assert.ok(reply.body.length < 2000, 'an answer repeats only a bounded part of its request');
    this.codes.set(reply.code, (this.codes.get(reply.code) ?? 0) + 1);
    forget(this.#tasks);
  }

  /** No fault of ours, and every layer was reached: or the test proves nothing. */
  assertReached(rounds: number, ...codes: string[]): void {
    assert.deepEqual(this.#faults, []);
    assert.ok([...this.codes.keys()].every((code) => !code.startsWith('InternalError')));
    for (const code of codes)
      assert.ok((this.codes.get(code) ?? 0) >= rounds / 1000, `${code}: ${JSON.stringify([...this.codes])}`);
  }
}

/** Keeps one task, so that there is something to modify and the memory of the test itself does not grow. */
function forget(tasks: MemoryTasks): void {
  tasks.created.splice(0, tasks.created.length - 1);
  tasks.changes.length = 0;
}

const layers = ['ok', 'InvalidRequest', 'UnknownParameter', 'InvalidParameter', 'InvalidParameter.OutOfRange'];

test('mutated JSON bodies: always an envelope, never a fault of ours, nothing kept', async () => {
  const [dice, target, rounds] = [new Dice(20_190_722), new Target(), fuzzRounds(2500, 0.4)];
  await withoutGrowth(rounds, async () => {
    clock.advance(1000);
    const action = dice.pick(fuzzedActions);
    await target.take(signedCall('h', action, mutatedBody(action, dice), clock));
  });
  target.assertReached(rounds, ...layers, 'MissingParameter.UserId');
  assert.equal(target.codes.get('AuthFailure.SignatureFailure'), undefined);
});

/** A signed request in one of the flat transports. */
function flatCall(dice: Dice): WireRequest {
  const action = dice.pick(fuzzedActions);
  const method = dice.pick(['GET', 'POST'] as const);
  const pairs = mutatedPairs(action, dice).map(([name, value]) => [name.toWellFormed(), value.toWellFormed()] as const);
  // Built by JavaScript's own rules an object would lose `__proto__`.
  const call = { host: 'h', action, parameters: Object.fromEntries(pairs), timestamp: timestamp(), method };
  const signMethod = dice.pick(['HmacSHA1', 'HmacSHA256']);
  if (dice.chance(0.5)) return dice.pick([pythonV1, goV1])(call, signMethod);
  return signedQuery(action, encoded(pairs));
}

/** TC3 signs the query's bytes, so any query can be signed. */
function signedQuery(action: string, query: string): WireRequest {
  const headers = { 'content-type': 'application/x-www-form-urlencoded', host: 'h' };
  const authorization = sign({ method: 'GET', query, headers, body: '', timestamp: timestamp() });
  const stamp = { 'x-tc-action': action, 'x-tc-version': '2019-07-22', 'x-tc-timestamp': String(timestamp()) };
  return { method: 'GET', query, headers: { ...headers, ...stamp, authorization } };
}

/** Changes what was signed, or with TC3 signs what was changed. */
function broken(request: WireRequest, dice: Dice): WireRequest {
  const mutate = dice.pick(textMutations);
  if (request.body !== undefined) return { ...request, body: mutate(String(request.body), dice) };
  const query = mutate(request.query ?? '', dice).toWellFormed();
  const action = request.headers?.['x-tc-action'];
  return action === undefined ? { ...request, query } : signedQuery(action, query);
}

test('mutated flat forms, v1 and TC3: always an envelope, never a fault of ours, nothing kept', async () => {
  const [dice, target, rounds] = [new Dice(7), new Target(), fuzzRounds(2000, 0.5)];
  await withoutGrowth(rounds, async () => {
    clock.advance(1000);
    const request = flatCall(dice);
    await target.take(dice.chance(0.3) ? broken(request, dice) : request);
  });
  target.assertReached(rounds, ...layers, 'MissingParameter', 'AuthFailure.SignatureFailure');
  assert.equal(({} as { polluted?: unknown }).polluted, undefined);
});

test('mutated headers over HTTP: status 200 and an envelope', async () => {
  const dice = new Dice(11);
  const api = await startApi({ clock });
  const junk = ['', 'x', '-1', '0x10', '1'.repeat(400), 'a;b', '\u00ff', ','.repeat(300), '..', 'application/json;;='];
  for (let round = fuzzRounds(200, 0.05); round > 0; round--) {
    clock.advance(1000);
    const action = dice.pick(fuzzedActions);
    const signed = dice.chance(0.5) ? signedCall(api.host, action, mutatedBody(action, dice), clock) : flatCall(dice);
    const name = dice.pick([
      'content-type',
      'authorization',
      'x-tc-action',
      'x-tc-version',
      'x-tc-timestamp',
      'x-tc-region',
    ]);
    const value = dice.chance(0.5) ? dice.pick(junk) : `${signed.headers?.[name] ?? ''}${dice.pick(junk)}`;
    // 64 KB of headers and query are what HTTP takes; the API's own ceiling lies below.
    if ((signed.query?.length ?? 0) > 60_000) continue;
    const answer = await api.send({ ...signed, headers: { ...signed.headers, [name]: value } });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.contentType, 'application/json');
    assert.equal(typeof answer.response['RequestId'], 'string');
    forget(api.tasks);
    assert.deepEqual(
      api.log.splice(0).filter((line) => line.level === 'error'),
      [],
    );
  }
});

/** Writes bytes and gives the status of what comes back, undefined when the server closes without a word. */
function statusOf(port: number, bytes: Buffer): Promise<number | undefined> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.end(bytes));
    socket.setTimeout(5000, () => socket.destroy(new Error('no end')));
    socket.on('data', (chunk) => (answer += chunk.toString('latin1')));
    socket.on('error', () => resolve(undefined));
    socket.on('close', () => resolve(Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]) || undefined));
  });
}

test('mutated bytes of whole HTTP requests: no 5xx, and the server goes on', async () => {
  const dice = new Dice(13);
  const api = await startApi({ clock });
  const statuses = new Map<number | undefined, number>();
  for (let round = fuzzRounds(200, 0.05); round > 0; round--) {
    clock.advance(1000);
    const { method = 'POST', query = '', headers = {}, body = '' } = flatCall(dice);
    const head = Object.entries({ ...headers, 'content-length': Buffer.byteLength(body), connection: 'close' });
    const lines = [`${method} /?${query} HTTP/1.1`, ...head.map(([name, value]) => `${name}: ${value}`), '', ''];
    const bytes = Buffer.from(dice.pick(textMutations)(lines.join('\r\n') + String(body), dice), 'latin1');
    const status = await statusOf(api.port, bytes);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    assert.ok(status === undefined || status < 500, `${status}: ${bytes.toString('latin1').slice(0, 500)}`);
  }
  assert.ok((statuses.get(200) ?? 0) > 0 && (statuses.get(400) ?? 0) > 0, JSON.stringify([...statuses]));
  assert.equal((await api.send(signedCall(api.host, 'DescribeCloudRecording', '{}', clock))).status, 200);
  assert.deepEqual(
    api.log.filter((line) => line.level === 'error'),
    [],
  );
});
