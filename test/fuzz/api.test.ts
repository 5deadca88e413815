import assert from 'node:assert/strict';
import { createDispatcher } from '../../src/api/dispatch.ts';
import { recordingActions } from '../../src/api/recording/actions.ts';
import { FakeClock } from '../../src/clock.ts';
import { verifyUserSig } from '../../src/usersig/verify.ts';
import { directory, MemoryTasks, signedCall } from '../api/recording-api.ts';
import { fuzz } from '../kit/corpus.ts';

const clock = new FakeClock(1_700_000_000_000);
const faults: object[] = [];
const log = { debug: () => {}, info: () => {}, error: (fields: object) => void faults.push(fields) };
const tasks = new MemoryTasks();
const services = { apps: directory, tasks, verifyUserSig, clock };
const dispatcher = createDispatcher({ ...services, actions: recordingActions(services), log });

/** An input is the action's name, a line break, and the body, which is signed as it is. */
fuzz({
  corpus: 'api',
  usual: 1500,
  words: [
    '"SdkAppId":',
    '{"a":',
    '[[[[[[[[',
    '"__proto__":{"x":1},',
    '"constructor":',
    '1e400',
    '\\u0000',
    '\\ud800',
    '": "',
  ],
  take: async (input) => {
    clock.advance(1000);
    const cut = input.indexOf('\n');
    const action = input
      .subarray(0, Math.max(0, cut))
      .toString('latin1')
      .replaceAll(/[^\x21-\x7e]/g, '');
    const { headers = {} } = signedCall('h', action, input.subarray(cut + 1), clock);
    const reply = await dispatcher.answer({ method: 'POST', rawQuery: '', headers, body: input.subarray(cut + 1) });
    const { Response } = JSON.parse(reply.body.toString()) as { Response: Record<string, unknown> };
    assert.equal(Response['RequestId'], reply.requestId);
    assert.ok(reply.body.length < 2000);
    assert.deepEqual(faults.splice(0), []);
    assert.equal(({} as { x?: unknown }).x, undefined);
    tasks.created.splice(0, tasks.created.length - 1);
    tasks.changes.length = 0;
    return reply.code;
  },
  reaches: ['ok', 'InvalidRequest', 'UnknownParameter', 'InvalidParameter', 'InvalidAction', 'ResourceNotFound'],
});
