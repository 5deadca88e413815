import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { defaultLeaseMs } from '../../src/tasks/control.ts';
import {
  bench,
  claimJobs,
  claimTask,
  create,
  doneReport,
  eventsOf,
  newTask,
  recordedFile,
  sdkAppId,
  syncOf,
  typesOf,
  type Bench,
} from './fixture.ts';

/** A task whose recorder was in the room and died. */
async function orphan({ tasks, clock }: Bench): Promise<string> {
  const taskId = await create(tasks);
  const { epoch } = await claimTask(tasks, 'dead');
  await tasks.reportTask(taskId, { kind: 'started', epoch, startedMs: clock.wallMs() });
  clock.advance(defaultLeaseMs);
  return taskId;
}

test('a claim without a stop carries none', async (t) => {
  const b = await bench(t);
  await orphan(b);
  const task = await claimTask(b.tasks, 'r');
  assert.ok('stopCode' in task);
  assert.equal(task.stopCode, undefined);
});

test('a task claimed with a pending stop ends without 306: 302 and the files of earlier epochs', async (t) => {
  const b = await bench(t);
  const taskId = await orphan(b);
  await b.tasks.stop(sdkAppId, taskId);
  const { epoch, stopCode } = await claimTask(b.tasks, 'r');
  assert.equal(stopCode, 0);
  const atMs = b.clock.wallMs();
  const files = [recordedFile('a')];
  await b.tasks.reportTask(taskId, { kind: 'stopped', epoch, leaveCode: stopCode, atMs, files });
  const [job] = await claimJobs(b.tasks, 'r');
  await b.tasks.reportJob(job!.jobId, doneReport(job!));
  const events = await eventsOf(b.store, taskId);
  assert.deepEqual(
    events.map(({ type }) => type),
    [301, 302, 311, 312],
  );
  assert.deepEqual(events[1]?.payload, { LeaveCode: 0 });
});

test('a pending stop of a task that no epoch started and that left nothing is 301 Status 1', async (t) => {
  const b = await bench(t);
  const taskId = await create(b.tasks);
  await claimTask(b.tasks, 'dead');
  await b.tasks.stop(sdkAppId, taskId);
  b.clock.advance(defaultLeaseMs);
  const { epoch, stopCode } = await claimTask(b.tasks, 'r');
  assert.equal(stopCode, 0);
  const atMs = b.clock.wallMs();
  await b.tasks.reportTask(taskId, { kind: 'stopped', epoch, leaveCode: 0, atMs, files: [] });
  assert.deepEqual(await eventsOf(b.store, taskId), [{ type: 301, payload: { Status: 1 } }]);
});

test('C46 after a crash: the older task is claimed first, with 101, and leaves before the newer one starts', async (t) => {
  const b = await bench(t);
  const older = await orphan(b);
  const newer = await create(b.tasks);
  const { newTasks } = await b.tasks.sync(syncOf('r', { wantTasks: 1 }));
  assert.deepEqual([newTasks[0]?.taskId, newTasks[0]?.stopCode], [older, 101]);
  const { epoch } = newTasks[0]!;
  const kept = { tasks: [{ taskId: older, epoch, revision: 0 }], wantTasks: 1 };
  const { newTasks: next } = await b.tasks.sync(syncOf('r', kept));
  assert.deepEqual([next[0]?.taskId, next[0]?.stopCode], [newer, undefined]);
  const atMs = b.clock.wallMs();
  await b.tasks.reportTask(older, { kind: 'stopped', epoch, leaveCode: 101, atMs, files: [recordedFile('a')] });
  await b.tasks.reportTask(newer, { kind: 'started', epoch: next[0]!.epoch, startedMs: b.clock.wallMs() });
  const rows = await b.store.db
    .selectFrom('event')
    .select(['task_id', 'type', 'payload'])
    .orderBy(sql`rowid`)
    .execute();
  assert.deepEqual(
    rows.map((row) => [row.task_id === older ? 'older' : 'newer', row.type, row.payload]),
    [
      ['older', 301, '{"Status":0}'],
      ['older', 302, '{"LeaveCode":101}'],
      ['newer', 301, '{"Status":0}'],
    ],
  );
});

test('C46 before any start: the older task ends at once, only the newer one is claimed', async (t) => {
  const b = await bench(t);
  const older = await create(b.tasks);
  await claimTask(b.tasks, 'dead');
  b.clock.advance(defaultLeaseMs);
  const newer = await create(b.tasks);
  const { newTasks } = await b.tasks.sync(syncOf('r', { wantTasks: 9 }));
  assert.deepEqual(
    newTasks.map(({ taskId }) => taskId),
    [newer],
  );
  assert.deepEqual(await eventsOf(b.store, older), [{ type: 301, payload: { Status: 1 } }]);
});

test('a room that no epoch could enter ends the task with 301 Status 1 alone, and frees its place', async (t) => {
  const b = await bench(t, { concurrentTasks: 1 });
  const taskId = await create(b.tasks);
  await claimTask(b.tasks, 'dead');
  b.clock.advance(defaultLeaseMs);
  const { epoch } = await claimTask(b.tasks, 'r');
  const report = { kind: 'start-failed', epoch, reason: 'the rooms are away' } as const;
  for (let i = 0; i < 2; i += 1) assert.deepEqual(await b.tasks.reportTask(taskId, report), { accepted: true });
  const late = { kind: 'stopped', epoch, leaveCode: 0, atMs: b.clock.wallMs(), files: [recordedFile('a')] } as const;
  await b.tasks.reportTask(taskId, late);
  assert.deepEqual(await eventsOf(b.store, taskId), [{ type: 301, payload: { Status: 1 } }]);
  assert.deepEqual((await b.tasks.sync(syncOf('r', { wantTasks: 1, wantJobs: 1 }))).newTasks, []);
  assert.equal(await b.tasks.stop(sdkAppId, taskId), false);
  assert.notEqual(await b.tasks.create(newTask({ botUserId: 'next' })), 'restricted');
});

test('a room that cannot be entered again after a start is the loss of the bot', async (t) => {
  const b = await bench(t);
  const taskId = await orphan(b);
  const { epoch } = await claimTask(b.tasks, 'r');
  await b.tasks.reportTask(taskId, { kind: 'start-failed', epoch, reason: 'the rooms are away' });
  assert.deepEqual(await typesOf(b.store, taskId), [301, 302, 312]);
});
