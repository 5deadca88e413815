import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gridPlan, type LayoutPlan } from '../../src/layout/layout-plan.ts';
import { pixels } from '../../src/units.ts';
import { claimTask, create, newTask, plan, recordedFile, recordTask, sdkAppId } from '../tasks/fixture.ts';
import { adminBench, type Answer } from './admin-fixture.ts';

const idsOf = ({ body }: Answer): string[] => body.items.map((item: { taskId: string }) => item.taskId);

test('tasks come newest first, page by page, each once', async (t) => {
  const b = await adminBench(t);
  const made: string[] = [];
  for (let n = 0; n < 7; n += 1) {
    made.push(await create(b.tasks, newTask({ botUserId: `bot${n}` })));
    // Two of a millisecond: the cursor must not skip one.
    if (n % 2 === 1) b.clock.advance(1);
  }
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const page: Answer = await b.ask(`/tasks?limit=2${cursor === null ? '' : `&cursor=${cursor}`}`);
    assert.equal(page.status, 200);
    assert.ok(idsOf(page).length <= 2);
    seen.push(...idsOf(page));
    cursor = page.body.next;
  } while (cursor !== null);
  assert.deepEqual(seen.toSorted(), made.toSorted());
  const whole = await b.ask('/tasks');
  assert.deepEqual(seen, idsOf(whole));
  assert.equal(seen.indexOf(made[6]!), 0);
});

test('tasks are found by app, state, room and time of creation', async (t) => {
  const b = await adminBench(t);
  const first = await recordTask(b, []);
  const since = b.clock.wallMs();
  const room = { sdkAppId, kind: 'string', roomId: 'a room/1' } as const;
  const second = await create(b.tasks, newTask({ room }));
  const found = async (query: string): Promise<string[]> => idsOf(await b.ask(`/tasks?${query}`));
  assert.deepEqual(await found('state=ended'), [first]);
  assert.deepEqual(await found('state=active'), [second]);
  assert.deepEqual(await found(`room=${encodeURIComponent('a room/1')}`), [second]);
  assert.deepEqual(await found('room=10001&roomKind=string'), []);
  assert.deepEqual(await found(`from=${since}`), [second]);
  assert.deepEqual(await found(`to=${encodeURIComponent(new Date(since).toISOString())}`), [first]);
  assert.deepEqual(await found(`app=${sdkAppId}&to=${since - 20_000}`), []);
  assert.deepEqual(await found('app=7'), []);
});

test('a task is shown with files and parameters, and without keys', async (t) => {
  const b = await adminBench(t);
  const image = 'https://user:password@images.example/a.png?x-sign=hidden#fragment';
  const rect = { left: pixels(0), top: pixels(0), width: pixels(10), height: pixels(10) };
  const layout: LayoutPlan = {
    ...gridPlan,
    placeholderImage: image,
    watermarks: [{ kind: 'image', url: image, rect }],
  };
  const destination = {
    kind: 'bucket',
    vendor: 's3',
    region: 'us-east-1',
    bucket: 'recordings',
    accessKey: 'the-access-key',
    secretKey: 'the-secret-key',
    prefix: ['meetings'],
  } as const;
  const task = newTask({ destination, plan: { ...plan, layout } });
  const taskId = await recordTask(b, [recordedFile('alice')], task);
  const { status, body } = await b.ask(`/tasks/${encodeURIComponent(taskId)}`);
  assert.equal(status, 200);
  assert.equal(body.taskId, taskId);
  assert.deepEqual(body.destination, {
    kind: 'bucket',
    vendor: 's3',
    region: 'us-east-1',
    bucket: 'recordings',
    prefix: ['meetings'],
  });
  assert.equal(body.parameters.layout.placeholderImage, 'https://images.example/a.png?x-sign=…');
  assert.equal(body.parameters.maxFileMinutes, plan.maxFileMinutes);
  assert.doesNotMatch(JSON.stringify(body), /password|hidden|access-key|secret-key/);
  assert.deepEqual(body.fileCounts, { total: 1, done: 0, failed: 0 });
  assert.deepEqual(
    body.files.map((file: { userId: string; state: string; sha256: null }) => [file.userId, file.state, file.sha256]),
    [['alice', 'finishing', null]],
  );
});

test('a takeover is seen, and the epoch counts it', async (t) => {
  const b = await adminBench(t);
  const taskId = await create(b.tasks);
  const { epoch } = await claimTask(b.tasks, 'first');
  await b.tasks.reportTask(taskId, { kind: 'started', epoch, startedMs: b.clock.wallMs() });
  b.clock.advance(3_600_000);
  const again = await claimTask(b.tasks, 'second');
  await b.tasks.reportTask(taskId, { kind: 'started', epoch: again.epoch, startedMs: b.clock.wallMs() });
  const { body } = await b.ask(`/tasks/${encodeURIComponent(taskId)}`);
  assert.deepEqual([body.epoch, body.recorder, body.takeovers.length], [2, 'second', 1]);
});

test('events of a task come in order, in pages, with their bodies', async (t) => {
  const b = await adminBench(t);
  const taskId = await recordTask(b, []);
  const path = `/tasks/${encodeURIComponent(taskId)}/events`;
  const first = await b.ask(`${path}?limit=2`);
  const rest = await b.ask(`${path}?limit=2&cursor=${first.body.next}`);
  assert.equal(rest.body.next, null);
  const events = [...first.body.items, ...rest.body.items] as {
    type: number;
    state: string;
    body: null;
    seq: number;
  }[];
  assert.deepEqual(
    events.map(({ type, state, body, seq }) => [type, state, body, seq]),
    [
      [301, 'pending', null, 1],
      [302, 'pending', null, 2],
      [312, 'pending', null, 3],
    ],
  );
  assert.equal((await b.ask('/tasks/nobody/events')).status, 404);
});
