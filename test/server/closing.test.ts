import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from '../../src/process/log.ts';
import { closeInStages } from '../../src/server/closing.ts';

const log = createLogger('server', 'silent');

test('what does not close is named at the end, and holds up neither its neighbours nor the store behind it', async () => {
  const closed: string[] = [];
  const good = (name: string, wait: Promise<unknown> = Promise.resolve()) => ({
    close: async () => void (await wait, closed.push(name)),
  });
  const rejecting = { close: () => Promise.reject(new Error('broken')) };
  const throwing = {
    close: () => {
      throw new Error('broken');
    },
  };
  const slow = new Promise((resolve) => setImmediate(resolve));
  const stages = [
    { http: rejecting },
    { follower: throwing, callbacks: good('callbacks', slow) },
    { store: good('store') },
  ];
  await assert.rejects(closeInStages(stages, log), { message: 'did not close cleanly: http, follower' });
  assert.deepEqual(closed, ['callbacks', 'store']);
});

test('when all is closed nothing is thrown', async () => {
  let closed = 0;
  await closeInStages([{ pruning: { close: () => (closed += 1) } }, { store: { close: () => (closed += 1) } }], log);
  assert.equal(closed, 2);
});
