import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultLeaseMs } from '../../src/tasks/control.ts';
import type { JobReport, LeasedTask } from '../../src/worker-api/messages.ts';
import {
  bench,
  claimJobs,
  claimTask,
  create,
  doneReport,
  eventsOf,
  recordedFile,
  recordTask,
  sdkAppId,
  syncOf,
  typesOf,
  type Bench,
} from './fixture.ts';

const failed = (epoch: number, change: Partial<Extract<JobReport, { kind: 'failed' }>> = {}): JobReport => ({
  kind: 'failed',
  epoch,
  reason: 'the duration is wrong',
  permanent: false,
  fault: 'content',
  ...change,
});

/** A recorder takes the next job, fails at it, and its back-off passes. */
async function failOnce(b: Bench, fault: 'content' | 'environment'): Promise<void> {
  const [job] = await claimJobs(b.tasks, 'r', 1);
  assert.ok(job, 'there is a job to claim');
  await b.tasks.reportJob(job.jobId, failed(job.epoch, { fault }));
  b.clock.advance(60_000);
}

/** Recorders claim the task and die, so many times; `join` is what each does before. */
async function crashLoop(
  b: Bench,
  times: number,
  join: (task: LeasedTask) => Promise<unknown> = async () => undefined,
): Promise<void> {
  for (let i = 0; i < times; i += 1) {
    await join(await claimTask(b.tasks, `victim-${b.clock.wallMs()}`));
    b.clock.advance(defaultLeaseMs);
  }
}

const started =
  ({ tasks, clock }: Bench) =>
  ({ taskId, epoch, startedMs }: LeasedTask) =>
    tasks.reportTask(taskId, { kind: 'started', epoch, startedMs: startedMs ?? clock.wallMs() });

/** Answer to a job that ended well and was the only one of its segments. */
const settledWell = { accepted: true, spoolFree: true };

test('a file that fails its checks three times is stuck: 311 Status 1, then 312 Status 1, within minutes', async (t) => {
  const b = await bench(t);
  const taskId = await recordTask(b, [recordedFile('a')]);
  await failOnce(b, 'content');
  await failOnce(b, 'content');
  assert.deepEqual(await typesOf(b.store, taskId), [301, 302]);
  await failOnce(b, 'content');
  const [, , stuck, end] = await eventsOf(b.store, taskId);
  assert.deepEqual(stuck?.payload, {
    Status: 1,
    Errmsg: 'the duration is wrong',
    TencentVod: {
      UserId: 'a',
      TrackType: 'audio_video',
      CacheFile: '1400000000_10001_UserId_s_YQ.._UserId_e_main.mp4',
    },
  });
  assert.deepEqual([end?.type, end?.payload], [312, { Status: 1 }]);
  assert.deepEqual(await claimJobs(b.tasks, 'r'), []);
});

test('312 waits for the other files of a task with a stuck one', async (t) => {
  const b = await bench(t);
  const taskId = await recordTask(b, [recordedFile('a'), recordedFile('b')]);
  const [, other] = await claimJobs(b.tasks, 'busy');
  const held = { jobs: [{ jobId: other!.jobId, epoch: other!.epoch }] };
  await b.tasks.sync(syncOf('busy', held));
  for (let i = 0; i < 3; i += 1) {
    await failOnce(b, 'content');
    await b.tasks.sync(syncOf('busy', held));
  }
  assert.deepEqual(await typesOf(b.store, taskId), [301, 302, 311]);
});

test('faults of the environment count for nothing among those of the content', async (t) => {
  const b = await bench(t);
  const taskId = await recordTask(b, [recordedFile('a')]);
  for (const fault of ['content', 'environment', 'environment', 'content', 'environment'] as const) {
    await failOnce(b, fault);
  }
  assert.deepEqual(await typesOf(b.store, taskId), [301, 302]);
  await failOnce(b, 'content');
  assert.deepEqual(await typesOf(b.store, taskId), [301, 302, 311, 312]);
});

test('a permanent failure is Status 2 whatever its fault', async (t) => {
  const b = await bench(t);
  const taskId = await recordTask(b, [recordedFile('a')]);
  const [job] = await claimJobs(b.tasks, 'r');
  await b.tasks.reportJob(job!.jobId, failed(job!.epoch, { permanent: true }));
  const [, , lost] = await eventsOf(b.store, taskId);
  assert.equal((lost?.payload as { Status: number } | undefined)?.Status, 2);
});

test('a repeated `done` is accepted, but never after the file was told to have failed', async (t) => {
  const b = await bench(t);
  await recordTask(b, [recordedFile('a'), recordedFile('b')]);
  const [good, bad] = await claimJobs(b.tasks, 'r');
  for (let i = 0; i < 3; i += 1) {
    assert.deepEqual(await b.tasks.reportJob(good!.jobId, doneReport(good!)), settledWell);
    b.clock.advance(defaultLeaseMs);
  }
  const lost = failed(bad!.epoch, { permanent: true });
  for (let i = 0; i < 2; i += 1)
    assert.deepEqual(await b.tasks.reportJob(bad!.jobId, lost), { accepted: true, settled: true });
  const late = await b.tasks.reportJob(bad!.jobId, doneReport(bad!));
  assert.deepEqual(late, { accepted: false, reason: 'stale' });
});

test('a task that no recorder can start ends with 301 Status 1 after twenty of them', async (t) => {
  const b = await bench(t);
  const taskId = await create(b.tasks);
  await crashLoop(b, 20);
  assert.deepEqual(await typesOf(b.store, taskId), []);
  assert.deepEqual((await b.tasks.sync(syncOf('r', { wantTasks: 1 }))).newTasks, []);
  assert.deepEqual(await eventsOf(b.store, taskId), [{ type: 301, payload: { Status: 1 } }]);
  assert.equal(await b.tasks.describe(sdkAppId, taskId), undefined);
});

test('a started task whose recorders all fail ends with 302 LeaveCode 100 and 312 Status 1, its spool kept', async (t) => {
  const b = await bench(t);
  const taskId = await create(b.tasks);
  await crashLoop(b, 3, started(b));
  await crashLoop(b, 17);
  assert.deepEqual((await b.tasks.sync(syncOf('r', { wantTasks: 1 }))).newTasks, []);
  assert.deepEqual(await eventsOf(b.store, taskId), [
    { type: 301, payload: { Status: 0 } },
    { type: 306, payload: { Status: 0 } },
    { type: 306, payload: { Status: 0 } },
    { type: 302, payload: { LeaveCode: 100 } },
    { type: 312, payload: { Status: 1 } },
  ]);
  assert.deepEqual(await claimJobs(b.tasks, 'r'), []);
  assert.deepEqual(await b.tasks.sweepable({ taskIds: [taskId] }), { settled: [] });
});

test('media in any epoch begins the count anew', async (t) => {
  const b = await bench(t);
  const taskId = await create(b.tasks);
  await crashLoop(b, 19, started(b));
  await crashLoop(b, 1, ({ epoch }) => b.tasks.reportTask(taskId, { kind: 'status', epoch, status: 'InProgress' }));
  await crashLoop(b, 20, ({ epoch }) => b.tasks.reportTask(taskId, { kind: 'status', epoch, status: 'Idle' }));
  await assert.rejects(claimTask(b.tasks, 'r'), /no task to claim/);
});

test('an ending that always fails is given up too, also when Delete asked for it', async (t) => {
  const b = await bench(t);
  const taskId = await create(b.tasks);
  await crashLoop(b, 1, started(b));
  await b.tasks.stop(sdkAppId, taskId);
  await crashLoop(b, 19, async (task) => assert.equal(task.stopCode, 0));
  await b.tasks.sync(syncOf('r', { wantTasks: 1 }));
  assert.deepEqual(await typesOf(b.store, taskId), [301, 302, 312]);
});
