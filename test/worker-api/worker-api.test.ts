import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import fastify from 'fastify';
import { FakeClock, systemClock, type Clock } from '../../src/clock.ts';
import { answerTimeoutMs, createWorkerClient, WorkerApiError, type WorkerClient } from '../../src/worker-api/client.ts';
import { Bell } from '../../src/store/bell.ts';
import { defaultLeaseMs } from '../../src/tasks/control.ts';
import { registerWorkerApi } from '../../src/worker-api/routes.ts';
import { holdFor, SyncHold } from '../../src/worker-api/sync-hold.ts';
import { settle, until } from '../callbacks/receiver.ts';
import {
  claimJobs,
  create,
  doneReport,
  idleLoad,
  newTask,
  recordedFile,
  recordTask,
  sdkAppId,
  serviceOn,
  syncOf,
  tempStore,
  typesOf,
} from '../tasks/fixture.ts';

const token = 'installation-token';
const holdMs = holdFor(defaultLeaseMs);

async function served(t: TestContext, clock: Clock = systemClock(), leaseMs?: number) {
  const store = await tempStore(t, clock);
  const tasks = await serviceOn(store, clock, leaseMs === undefined ? {} : { leaseMs });
  const http = fastify();
  await registerWorkerApi(http, { tasks, token, clock });
  await http.listen({ port: 0, host: '127.0.0.1' });
  t.after(() => http.close());
  const url = `http://127.0.0.1:${(http.server.address() as AddressInfo).port}`;
  const connect = (as = token): WorkerClient => {
    const client = createWorkerClient({ url, token: as });
    t.after(() => client.close());
    return client;
  };
  return { store, tasks, http, url, connect };
}

test('a task goes from claim to 312 over HTTP', async (t) => {
  const { store, tasks, connect } = await served(t);
  const recorder = connect();
  const task = newTask({ room: { sdkAppId, kind: 'string', roomId: '会议/1' } });
  const taskId = await create(tasks, task);
  const { newTasks, leaseMs } = await recorder.sync(syncOf('r', { wantTasks: 1 }));
  const { epoch } = newTasks[0]!;
  assert.deepEqual(newTasks, [
    {
      taskId,
      epoch: 1,
      room: task.room,
      botUserId: 'recorder',
      plan: task.plan,
      revision: 0,
      destination: task.destination,
      naming: { mode: 'documented' },
      mostStreams: 25,
      startedMs: undefined,
      stopCode: undefined,
    },
  ]);
  assert.equal(leaseMs, 15_000);
  const { startMs: startedMs, endMs: atMs } = recordedFile('a');
  await recorder.reportTask(taskId, { kind: 'started', epoch, startedMs });
  const files = [recordedFile('a')];
  await recorder.reportTask(taskId, { kind: 'stopped', epoch, leaveCode: 0, atMs, files });
  const { newJobs } = await recorder.sync(syncOf('r', { wantJobs: 5 }));
  assert.deepEqual(newJobs[0]?.fileKey, files[0]?.fileKey);
  assert.deepEqual(newJobs[0]?.startMs, startedMs);
  const answer = await recorder.reportJob(newJobs[0].jobId, doneReport(newJobs[0]));
  assert.deepEqual(answer, { accepted: true, spoolFree: true });
  assert.deepEqual(await typesOf(store, taskId), [301, 302, 311, 312]);
  const stale = await recorder.reportTask(taskId, { kind: 'status', epoch: epoch + 1, status: 'Idle' });
  assert.deepEqual(stale, { accepted: false, reason: 'stale' });
});

test('every TaskId reaches its route, though escaping makes it long', async (t) => {
  const { connect } = await served(t);
  const report = { kind: 'status', epoch: 1, status: 'Idle' } as const;
  for (const taskId of ['+'.repeat(80), `a${'-+'.repeat(54)}`]) {
    assert.deepEqual(await connect().reportTask(taskId, report), { accepted: false, reason: 'unknown' });
  }
});

test('a sync is held until a task is created, and the new task is in its answer', async (t) => {
  const clock = new FakeClock();
  const { tasks, connect, store } = await served(t, clock);
  let answered = false;
  const held = connect().sync(syncOf('r', { wantTasks: 1 }));
  void held.then(() => (answered = true));
  await until('the sync is looked at', () => store.stats().commits >= 2);
  await settle();
  assert.equal(answered, false);
  const taskId = await create(tasks);
  assert.equal((await held).newTasks[0]?.taskId, taskId);
});

test('a sync with nothing to say is answered after a second', async (t) => {
  const clock = new FakeClock();
  const { connect, store } = await served(t, clock);
  let answered = false;
  const held = connect().sync(syncOf('r', { wantTasks: 1 }));
  void held.then(() => (answered = true));
  await until('the sync is looked at', () => store.stats().commits >= 2);
  await settle();
  clock.advance(holdMs - 1);
  await settle();
  assert.equal(answered, false);
  clock.advance(1);
  assert.deepEqual((await held).newTasks, []);
});

test('a stop wakes its recorder once; while it leaves, syncs are held again and repeat the stop', async (t) => {
  const clock = new FakeClock();
  const { tasks, connect, store } = await served(t, clock);
  const recorder = connect();
  const taskId = await create(tasks);
  const { epoch } = (await recorder.sync(syncOf('r', { wantTasks: 1 }))).newTasks[0]!;
  const listed = syncOf('r', { tasks: [{ taskId, epoch, revision: 0 }] });
  const first = recorder.sync(listed);
  await settle();
  await tasks.stop(sdkAppId, taskId);
  assert.deepEqual((await first).stops, [{ taskId, leaveCode: 0 }]);
  const commits = store.stats().commits;
  let answered = false;
  const second = recorder.sync(listed);
  void second.then(() => (answered = true));
  await until('the sync is looked at', () => store.stats().commits > commits);
  await settle();
  assert.equal(answered, false);
  clock.advance(holdMs);
  assert.deepEqual((await second).stops, [{ taskId, leaveCode: 0 }]);
});

test('a pending stop comes with the claim', async (t) => {
  const clock = new FakeClock();
  const { tasks, connect } = await served(t, clock);
  const taskId = await create(tasks);
  const { epoch } = (await connect().sync(syncOf('a', { wantTasks: 1 }))).newTasks[0]!;
  await tasks.reportTask(taskId, { kind: 'started', epoch, startedMs: clock.wallMs() });
  clock.advance(defaultLeaseMs);
  await tasks.stop(sdkAppId, taskId);
  const { newTasks } = await connect().sync(syncOf('b', { wantTasks: 1 }));
  assert.deepEqual([newTasks[0]?.taskId, newTasks[0]?.stopCode], [taskId, 0]);
});

test('a lease as short as 3 s leaves the recorder three tries, each longer than the hold', async (t) => {
  for (const leaseMs of [3000, 6000, 12_000, 15_000, 300_000]) {
    assert.ok(3 * answerTimeoutMs(leaseMs) <= leaseMs);
    assert.ok(2 * holdFor(leaseMs) <= answerTimeoutMs(leaseMs));
  }
  assert.deepEqual([answerTimeoutMs(3000), holdFor(3000)], [1000, 500]);
  assert.deepEqual([answerTimeoutMs(15_000), holdFor(15_000)], [4000, 1000]);
  const clock = new FakeClock();
  const { connect, store } = await served(t, clock, 3000);
  const held = connect().sync(syncOf('r', { wantTasks: 1 }));
  await until('the sync is looked at', () => store.stats().commits >= 2);
  await settle();
  clock.advance(500);
  assert.equal((await held).leaseMs, 3000);
});

test('a client gives up after its own timeout', async (t) => {
  const silent = fastify();
  silent.post('/worker/v1/sync', () => new Promise(() => undefined));
  await silent.listen({ port: 0, host: '127.0.0.1' });
  t.after(() => silent.close());
  const url = `http://127.0.0.1:${(silent.server.address() as AddressInfo).port}`;
  const patient = createWorkerClient({ url, token, timeoutMs: 3000 });
  const hasty = createWorkerClient({ url, token, timeoutMs: 20 });
  const unreachable = { name: 'WorkerApiError', fault: 'unreachable' };
  const over: string[] = [];
  const last = assert.rejects(patient.sync(syncOf('r')), unreachable).then(() => over.push('patient'));
  await assert.rejects(hasty.sync(syncOf('r')), unreachable).then(() => over.push('hasty'));
  assert.deepEqual(over, ['hasty']);
  await Promise.all([patient.close(), hasty.close()]);
  await last;
});

test('a sync that the store fails leaves nothing waiting', async () => {
  const failing = (): Promise<never> => Promise.reject(new Error('disk I/O error'));
  const hold = new SyncHold({ sync: failing, work: new Bell(), clock: new FakeClock() });
  await assert.rejects(hold.answer(syncOf('r'), new AbortController().signal), /disk/);
  assert.deepEqual(hold.stats(), { held: 0 });
  hold.close();
});

test('only what is in the library may be swept from the spool', async (t) => {
  const clock = new FakeClock();
  const { store, tasks, connect } = await served(t, clock);
  const b = { clock, store, tasks };
  const ended = await recordTask(b, [recordedFile('a'), recordedFile('b')]);
  const [first, second] = await claimJobs(tasks, 'r');
  await tasks.reportJob(first!.jobId, doneReport(first!));
  const client = connect();
  assert.deepEqual((await client.sweepable([ended])).settled, [{ taskId: ended, fileKeys: [first!.fileKey] }]);
  await tasks.reportJob(second!.jobId, doneReport(second!));
  const broken = await recordTask(b, [recordedFile('c'), recordedFile('d')]);
  const [lost, kept] = await claimJobs(tasks, 'r');
  await tasks.reportJob(lost!.jobId, { kind: 'failed', epoch: lost!.epoch, reason: 'no media', permanent: true });
  await tasks.reportJob(kept!.jobId, doneReport(kept!));
  const empty = await recordTask(b, []);
  const running = await create(tasks);
  const many = Array.from({ length: 1500 }, (_, i) => `other${i}`);
  assert.deepEqual(
    (await client.sweepable([ended, broken, ...many, empty, running])).settled.toSorted((x, y) =>
      x.taskId === ended ? -1 : y.taskId === ended ? 1 : 0,
    ),
    [
      { taskId: ended, fileKeys: 'all' },
      { taskId: broken, fileKeys: [kept!.fileKey] },
    ],
  );
  assert.deepEqual(await client.sweepable([]), { settled: [], expired: [] });
});

test('a task of twenty thousand files with long names is taken in one report', async (t) => {
  const clock = new FakeClock();
  const { store, tasks, connect } = await served(t, clock);
  const taskId = await create(tasks);
  const client = connect();
  const { epoch } = (await client.sync(syncOf('r', { wantTasks: 1 }))).newTasks[0]!;
  const files = Array.from({ length: 20_000 }, (_, i) => recordedFile(`${'观众'.repeat(60)}${i}`));
  const report = { kind: 'stopped', epoch, leaveCode: 0, atMs: clock.wallMs(), files } as const;
  assert.deepEqual(await tasks.reportTask(taskId, report), { accepted: true });
  assert.deepEqual(await client.reportTask(taskId, report), { accepted: true });
  const { n } = await store.db
    .selectFrom('job')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .executeTakeFirstOrThrow();
  assert.equal(n, 20_000);
});

test('a lost lease is told at once', async (t) => {
  const { connect } = await served(t, new FakeClock());
  const answer = await connect().sync(syncOf('r', { tasks: [{ taskId: 'gone', epoch: 3, revision: 0 }] }));
  assert.deepEqual(answer.keptTasks, []);
});

test('new tasks go to the recorder that holds fewer', async (t) => {
  const clock = new FakeClock();
  const { tasks, connect, store } = await served(t, clock);
  const taskId = await create(tasks);
  const { epoch } = (await connect().sync(syncOf('busy', { wantTasks: 1 }))).newTasks[0]!;
  const commits = store.stats().commits;
  const busy = connect().sync(syncOf('busy', { tasks: [{ taskId, epoch, revision: 0 }], wantTasks: 4 }));
  await until('the busy one waits', () => store.stats().commits === commits + 1);
  const idle = connect().sync(syncOf('idle', { wantTasks: 4 }));
  await until('the idle one waits', () => store.stats().commits === commits + 2);
  const second = await create(tasks, newTask({ botUserId: 'other' }));
  assert.equal((await idle).newTasks[0]?.taskId, second);
  clock.advance(holdMs);
  assert.deepEqual((await busy).newTasks, []);
});

test('new tasks go to the recorder that has more time left, however many it holds', async (t) => {
  const clock = new FakeClock();
  const { tasks, connect, store } = await served(t, clock);
  const taskId = await create(tasks);
  const { epoch } = (await connect().sync(syncOf('many', { wantTasks: 1 }))).newTasks[0]!;
  const commits = store.stats().commits;
  const few = connect().sync(syncOf('few', { wantTasks: 4, load: { ...idleLoad, busy: 700 } }));
  await until('the busy one waits', () => store.stats().commits === commits + 1);
  const held = [{ taskId, epoch, revision: 0 }];
  const many = connect().sync(syncOf('many', { tasks: held, wantTasks: 4, load: { ...idleLoad, busy: 200 } }));
  await until('the other one waits', () => store.stats().commits === commits + 2);
  const second = await create(tasks, newTask({ botUserId: 'other' }));
  assert.equal((await many).newTasks[0]?.taskId, second);
  clock.advance(holdMs);
  assert.deepEqual((await few).newTasks, []);
});

test('a recorder that hung up claims nothing', async (t) => {
  const clock = new FakeClock();
  const { tasks, connect, store } = await served(t, clock);
  const gone = connect();
  const held = gone.sync(syncOf('gone', { wantTasks: 1 }));
  await until('the sync is looked at', () => store.stats().commits >= 2);
  await gone.close();
  await assert.rejects(held, WorkerApiError);
  await settle();
  await create(tasks);
  assert.equal((await connect().sync(syncOf('r', { wantTasks: 1 }))).newTasks[0]?.epoch, 1);
});

test('closing the server answers held syncs', async (t) => {
  const { connect, http, store } = await served(t, new FakeClock());
  const held = connect().sync(syncOf('r', { wantTasks: 1 }));
  await until('the sync is looked at', () => store.stats().commits >= 2);
  await settle();
  const closing = http.close();
  assert.deepEqual((await held).newTasks, []);
  await closing;
});

test('without the token nothing is answered or changed', async (t) => {
  const { connect, url } = await served(t);
  const unauthorized = { name: 'WorkerApiError', fault: 'unauthorized' };
  await assert.rejects(connect('wrong').sync(syncOf('r')), unauthorized);
  await assert.rejects(connect('').reportJob(1, doneReport({ epoch: 1, nameStem: 'n', fileId: '1' })), unauthorized);
  const bare = await fetch(`${url}/worker/v1/sync`, { method: 'POST', body: '{}' });
  assert.equal(bare.status, 401);
});

test('malformed bodies are refused with 400, whatever they are', async (t) => {
  const { url, tasks, store } = await served(t);
  const taskId = await create(tasks);
  const post = async (path: string, body: string): Promise<number> => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    return (await fetch(url + path, { method: 'POST', headers, body })).status;
  };
  const file = { ...recordedFile('a') };
  const stopped = { kind: 'stopped', epoch: 1, leaveCode: 0, atMs: 5 };
  const bodies = [
    '',
    'null',
    '[]',
    '{"kind":"started"}',
    '{"kind":"nothing","epoch":1}',
    JSON.stringify({ ...stopped, files: [{ ...file, fileKey: '../../etc' }] }),
    JSON.stringify({ ...stopped, files: [file, file] }),
    JSON.stringify({ ...stopped, leaveCode: -1, files: [] }),
    JSON.stringify({ ...stopped, files: Array.from({ length: 20_001 }, (_, i) => recordedFile(`u${i}`)) }),
  ];
  for (const body of bodies) assert.equal(await post(`/worker/v1/tasks/${taskId}/report`, body), 400, body);
  assert.equal(await post('/worker/v1/sync', '{"recorderId":""}'), 400);
  assert.equal(await post('/worker/v1/spool', '{"taskIds":["../.."]}'), 400);
  assert.equal(await post('/worker/v1/spool', JSON.stringify({ taskIds: Array(1001).fill('a') })), 400);
  const failed = { kind: 'failed', epoch: 1, reason: 'x', permanent: false };
  assert.equal(await post('/worker/v1/jobs/1/report', JSON.stringify({ ...failed, fault: 'weather' })), 400);
  assert.equal(await post('/worker/v1/jobs/1/report', JSON.stringify(failed)), 200);
  assert.equal(
    await post('/worker/v1/jobs/x/report', JSON.stringify(doneReport({ epoch: 1, nameStem: 'n', fileId: '1' }))),
    400,
  );
  assert.equal(await post(`/worker/v1/tasks/${taskId}/other`, '{}'), 404);
  assert.deepEqual(await typesOf(store, taskId), []);
});

test('no server, a failing server and a stranger are told apart', async (t) => {
  const closed = createWorkerClient({ url: 'http://127.0.0.1:1', token });
  t.after(() => closed.close());
  await assert.rejects(closed.sync(syncOf('r')), { name: 'WorkerApiError', fault: 'unreachable' });
  const stranger = fastify();
  stranger.post('/worker/v1/sync', async () => ({ hello: 'world' }));
  stranger.post('/worker/v1/jobs/1/report', async (_request, reply) => reply.code(503).send('starting'));
  await stranger.listen({ port: 0, host: '127.0.0.1' });
  t.after(() => stranger.close());
  const url = `http://127.0.0.1:${(stranger.server.address() as AddressInfo).port}/`;
  const client = createWorkerClient({ url, token });
  t.after(() => client.close());
  await assert.rejects(client.sync(syncOf('r')), { name: 'WorkerApiError', fault: 'protocol' });
  await assert.rejects(client.reportJob(1, doneReport({ epoch: 1, nameStem: 'n', fileId: '1' })), {
    name: 'WorkerApiError',
    fault: 'unreachable',
  });
  await client.close();
  assert.equal(client.closed, true);
  await client.close();
});

test('news of a death wakes the held sync of another recorder, which takes the tasks', async (t) => {
  const { tasks, connect } = await served(t);
  const taskId = await create(tasks);
  await connect().sync(syncOf('dead', { wantTasks: 1 }));
  const waiting = connect().sync(syncOf('alive', { wantTasks: 1 }));
  await connect().gone(['dead']);
  const { newTasks } = await waiting;
  assert.deepEqual([newTasks[0]?.taskId, newTasks[0]?.epoch], [taskId, 2]);
  await assert.rejects(connect('wrong').gone(['alive']), { fault: 'unauthorized' });
});
