import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { askAt, type Answer } from '../admin/admin-fixture.ts';
import { SDK_APP_ID, TestServer } from '../kit/server.ts';

/** Waits as long as a slow machine may need. */
async function answered(ask: () => Promise<Answer>, fits: (answer: Answer) => boolean): Promise<Answer> {
  for (const deadline = Date.now() + 60_000; ;) {
    const answer = await ask();
    if (fits(answer)) return answer;
    assert.ok(Date.now() < deadline, JSON.stringify(answer.body));
    await new Promise((resume) => setTimeout(resume, 100));
  }
}

test('the token of the data directory opens the admin API, where a refused receiver is seen, and told after all', async (t) => {
  const server = await TestServer.start({ ROOMTAPE_CALLBACKS__ALLOW_PRIVATE: 'false' });
  t.after(() => server.close());
  const { adminToken: token } = JSON.parse(readFileSync(join(server.dataDir, 'secrets.json'), 'utf8'));
  const ask = (path: string, method = 'GET', body?: object) =>
    askAt(`${server.process.url}/admin/v1${path}`, { token, method, body });
  assert.equal((await askAt(`${server.process.url}/admin/v1/tasks`, { token: `${token}0` })).status, 401);
  const taskId = await server.record({ roomId: '902' }, 1);
  await server.client.DeleteCloudRecording({ SdkAppId: SDK_APP_ID, TaskId: taskId });
  const path = `/tasks/${encodeURIComponent(taskId)}`;
  const ended = await answered(
    () => ask(path),
    ({ body }) => body.state === 'ended',
  );
  assert.deepEqual(ended.body.room, { kind: 'number', id: '902' });
  const [{ id }] = (await ask(`/callbacks?taskId=${encodeURIComponent(taskId)}`)).body.items.toReversed();
  const { body } = await answered(
    () => ask(`/callbacks/${id}/attempts`),
    (answer) => answer.body.items.length > 0,
  );
  assert.match(body.items[0].error, /are not allowed/);
  assert.match(await (await fetch(`${server.process.url}/metrics`)).text(), /^roomtape_callbacks_replays_waiting 0$/m);
  assert.equal(server.receiver.events(taskId).length, 0);
});
