import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { FakeClock } from '../../src/clock.ts';
import { openStore } from '../../src/store/store.ts';
import { backOffMs } from '../../src/back-off.ts';
import { defaultLeaseMs } from '../../src/tasks/control.ts';
import { wallMs } from '../../src/units.ts';
import type { RecorderLoad } from '../../src/worker-api/messages.ts';
import {
  bench,
  claimJobs,
  claimTask,
  create,
  doneReport,
  eventsOf,
  idleLoad,
  newTask,
  plan,
  recordedFile,
  recordTask,
  sdkAppId,
  serviceOn,
  syncOf,
  tempFolder,
  typesOf,
} from './fixture.ts';

test('a task is claimed once, renewed while it is listed, and claimed anew when its lease ends', async (t) => {
  const { tasks, clock } = await bench(t);
  const taskId = await create(tasks);
  const lease = await claimTask(tasks, 'a');
  assert.deepEqual([lease.taskId, lease.epoch, lease.startedMs, lease.room.roomId], [taskId, 1, undefined, '10001']);
  for (let i = 0; i < 5; i += 1) {
    clock.advance(defaultLeaseMs - 1);
    const held = await tasks.sync(syncOf('a', { tasks: [{ taskId, epoch: 1, revision: 0 }] }));
    assert.deepEqual(held.keptTasks, [taskId]);
    assert.deepEqual((await tasks.sync(syncOf('b', { wantTasks: 9 }))).newTasks, []);
  }
  clock.advance(defaultLeaseMs);
  assert.equal((await claimTask(tasks, 'b')).epoch, 2);
  const lost = await tasks.sync(syncOf('a', { tasks: [{ taskId, epoch: 1, revision: 0 }] }));
  assert.deepEqual(lost.keptTasks, []);
});

test('a claim never takes more than is wanted, oldest first', async (t) => {
  const { tasks, clock } = await bench(t);
  const ids: string[] = [];
  for (let i = 0; i < 5; i += 1) {
    ids.push(await create(tasks, newTask({ botUserId: `bot${i}` })));
    clock.advance(1);
  }
  const { newTasks } = await tasks.sync(syncOf('a', { wantTasks: 2 }));
  assert.deepEqual(newTasks.map(({ taskId }) => taskId).sort(), ids.slice(0, 2).sort());
});

test('E23: a takeover after the start tells 306, keeps the zero, and refuses every stale report', async (t) => {
  const { tasks, store, clock } = await bench(t);
  const taskId = await create(tasks);
  const old = await claimTask(tasks, 'a');
  const startedMs = clock.wallMs();
  await tasks.reportTask(taskId, { kind: 'started', epoch: old.epoch, startedMs });
  clock.advance(defaultLeaseMs);
  const next = await claimTask(tasks, 'b');
  assert.equal(next.startedMs, startedMs);
  await tasks.reportTask(taskId, { kind: 'started', epoch: next.epoch, startedMs });
  const stale = { accepted: false, reason: 'stale' };
  const { epoch } = old;
  const atMs = clock.wallMs();
  assert.deepEqual(await tasks.reportTask(taskId, { kind: 'status', epoch, status: 'InProgress' }), stale);
  assert.deepEqual(await tasks.reportTask(taskId, { kind: 'started', epoch, startedMs }), stale);
  assert.deepEqual(await tasks.reportTask(taskId, { kind: 'start-failed', epoch, reason: 'x' }), stale);
  assert.deepEqual(await tasks.reportTask(taskId, { kind: 'stopped', epoch, leaveCode: 0, atMs, files: [] }), stale);
  assert.equal((await tasks.describe(sdkAppId, taskId))?.status, 'Idle');
  assert.deepEqual(await eventsOf(store, taskId), [
    { type: 301, payload: { Status: 0 } },
    { type: 306, payload: { Status: 0 } },
  ]);
  assert.equal(tasks.stats().staleReports, 4);
});

test('a takeover before the start tells 301 once', async (t) => {
  const { tasks, store, clock } = await bench(t);
  const taskId = await create(tasks);
  await claimTask(tasks, 'a');
  clock.advance(defaultLeaseMs);
  const { epoch } = await claimTask(tasks, 'b');
  await tasks.reportTask(taskId, { kind: 'started', epoch, startedMs: clock.wallMs() });
  assert.deepEqual(await typesOf(store, taskId), [301]);
});

test('a stop reaches whoever takes a started task over, with the lease', async (t) => {
  const { tasks, clock } = await bench(t);
  const taskId = await create(tasks);
  const { epoch } = await claimTask(tasks, 'a');
  await tasks.reportTask(taskId, { kind: 'started', epoch, startedMs: clock.wallMs() });
  clock.advance(defaultLeaseMs);
  assert.equal(await tasks.stop(sdkAppId, taskId), true);
  const { newTasks, stops } = await tasks.sync(syncOf('b', { wantTasks: 1 }));
  assert.equal(newTasks[0]?.taskId, taskId);
  assert.deepEqual(stops, [{ taskId, leaveCode: 0 }]);
});

test('a stop ends a task whose recorder died before the start, and its late recorder is refused', async (t) => {
  const { tasks, store, clock } = await bench(t);
  const taskId = await create(tasks);
  const { epoch } = await claimTask(tasks, 'a');
  clock.advance(defaultLeaseMs);
  assert.equal(await tasks.stop(sdkAppId, taskId), true);
  assert.deepEqual((await tasks.sync(syncOf('a', { tasks: [{ taskId, epoch, revision: 0 }] }))).keptTasks, []);
  const late = await tasks.reportTask(taskId, { kind: 'started', epoch, startedMs: clock.wallMs() });
  assert.deepEqual(late, { accepted: false, reason: 'stale' });
  assert.deepEqual(await eventsOf(store, taskId), [{ type: 301, payload: { Status: 1 } }]);
});

test('what a sync does not list is free at once: its answer was lost, or it was let go', async (t) => {
  const { tasks } = await bench(t);
  const taskId = await create(tasks);
  assert.equal((await claimTask(tasks, 'a')).epoch, 1);
  const again = await claimTask(tasks, 'a');
  assert.deepEqual([again.taskId, again.epoch], [taskId, 2]);
  await tasks.sync(syncOf('a'));
  assert.equal((await claimTask(tasks, 'b')).epoch, 3);
});

test('a task that is let go at once again and again waits for a lease length each time', async (t) => {
  const { tasks, clock } = await bench(t);
  await create(tasks);
  for (let epoch = 1; epoch <= 5; epoch += 1) assert.equal((await claimTask(tasks, 'a')).epoch, epoch);
  for (let epoch = 6; epoch <= 8; epoch += 1) {
    assert.deepEqual((await tasks.sync(syncOf('a', { wantTasks: 1 }))).newTasks, []);
    clock.advance(defaultLeaseMs - 1);
    assert.deepEqual((await tasks.sync(syncOf('b', { wantTasks: 1 }))).newTasks, []);
    clock.advance(1);
    assert.equal((await claimTask(tasks, 'a')).epoch, epoch);
  }
});

test('a task whose recorders die every few seconds never waits for the next', async (t) => {
  const { tasks, clock } = await bench(t);
  const taskId = await create(tasks);
  for (let epoch = 1; epoch <= 100; epoch += 1) {
    assert.equal((await claimTask(tasks, `r${epoch}`)).epoch, epoch);
    await tasks.reportTask(taskId, { kind: 'status', epoch, status: 'InProgress' });
    clock.advance(5_000);
    await tasks.gone({ recorderIds: ['nobody', `r${epoch}`] });
  }
});

test('what a dead recorder held is free at once, and what others hold is not', async (t) => {
  const b = await bench(t);
  const other = await create(b.tasks, newTask({ botUserId: 'other' }));
  const { epoch } = await claimTask(b.tasks, 'alive');
  await recordTask(b, [recordedFile('a')]);
  const [job] = await claimJobs(b.tasks, 'dead');
  const taskId = await create(b.tasks);
  await b.tasks.sync(syncOf('dead', { wantTasks: 1, jobs: [{ jobId: job!.jobId, epoch: job!.epoch }] }));
  await b.tasks.gone({ recorderIds: ['dead'] });
  const alive = { tasks: [{ taskId: other, epoch, revision: 0 }], wantTasks: 9, wantJobs: 9 };
  const { newTasks, newJobs, keptTasks } = await b.tasks.sync(syncOf('alive', alive));
  assert.deepEqual([newTasks.map((task) => task.taskId), newTasks[0]?.epoch], [[taskId], 2]);
  assert.deepEqual(
    newJobs.map(({ jobId }) => jobId),
    [job!.jobId],
  );
  assert.deepEqual(keptTasks, [other]);
});

for (const { rule, stopCode } of [
  { rule: 'check', stopCode: 100 },
  { rule: 'ignore', stopCode: undefined },
] as const) {
  test(`a bot whose UserSig has ended meanwhile, takeover_user_sig: ${rule}`, async (t) => {
    const b = await bench(t, { takeoverUserSig: rule });
    const sigUntilMs = wallMs(b.clock.wallMs() + 60_000);
    const taskId = await create(b.tasks, newTask({ sigUntilMs }));
    const first = await claimTask(b.tasks, 'a');
    await b.tasks.reportTask(taskId, { kind: 'started', epoch: first.epoch, startedMs: b.clock.wallMs() });
    b.clock.advance(59_000);
    await b.tasks.gone({ recorderIds: ['a'] });
    assert.equal((await claimTask(b.tasks, 'b')).stopCode, undefined, 'it still holds');
    b.clock.advance(1_000);
    await b.tasks.gone({ recorderIds: ['b'] });
    const last = await claimTask(b.tasks, 'c');
    assert.equal(last.stopCode, stopCode);
    if (stopCode === undefined) return;
    const report = { kind: 'stopped', epoch: last.epoch, leaveCode: stopCode, atMs: b.clock.wallMs() } as const;
    await b.tasks.reportTask(taskId, { ...report, files: [recordedFile('a')] });
    const events = await eventsOf(b.store, taskId);
    assert.deepEqual(events.at(-1), { type: 302, payload: { LeaveCode: 100 } });
  });
}

test('a lease of another epoch is not renewed by its old number', async (t) => {
  const { tasks } = await bench(t);
  const taskId = await create(tasks);
  await claimTask(tasks, 'a');
  await claimTask(tasks, 'a');
  const old = await tasks.sync(syncOf('a', { tasks: [{ taskId, epoch: 1, revision: 0 }] }));
  assert.deepEqual(old.keptTasks, []);
});

test("naming a task and its epoch does not make it one's own", async (t) => {
  const { tasks, clock } = await bench(t);
  const taskId = await create(tasks);
  await claimTask(tasks, 'a');
  clock.advance(defaultLeaseMs - 1);
  const other = await tasks.sync(syncOf('b', { tasks: [{ taskId, epoch: 1, revision: 0 }] }));
  assert.deepEqual(other.keptTasks, []);
  clock.advance(1);
  assert.equal((await claimTask(tasks, 'c')).epoch, 2);
});

test('a step of the wall clock ends no lease', async (t) => {
  const { tasks, clock } = await bench(t);
  await create(tasks);
  await claimTask(tasks, 'a');
  clock.stepWall(3_600_000);
  assert.deepEqual((await tasks.sync(syncOf('b', { wantTasks: 1 }))).newTasks, []);
});

test('at boot a living lease gets one more term and its recorder re-attaches', async (t) => {
  const path = join(await tempFolder(t), 'store.sqlite');
  const clock = new FakeClock();
  const before = await openStore({ path, clock });
  const first = await serviceOn(before, clock);
  const taskId = await create(first);
  await claimTask(first, 'a');
  clock.advance(defaultLeaseMs - 10);
  await before.close();
  const store = await openStore({ path, clock });
  t.after(() => store.close());
  const tasks = await serviceOn(store, clock);
  clock.advance(defaultLeaseMs - 10);
  assert.deepEqual((await tasks.sync(syncOf('b', { wantTasks: 1 }))).newTasks, []);
  const back = await tasks.sync(syncOf('a', { tasks: [{ taskId, epoch: 1, revision: 0 }] }));
  assert.deepEqual(back.keptTasks, [taskId]);
});

test('a wall clock that was set back while the server was down delays nothing', async (t) => {
  const path = join(await tempFolder(t), 'store.sqlite');
  const clock = new FakeClock();
  const before = await openStore({ path, clock });
  await create(await serviceOn(before, clock));
  await before.close();
  const earlier = new FakeClock(clock.wallMs() - 3_600_000);
  const store = await openStore({ path, clock: earlier });
  t.after(() => store.close());
  assert.equal((await claimTask(await serviceOn(store, earlier), 'a')).epoch, 1);
});

test('a finishing job is leased, fenced and taken over like a task', async (t) => {
  const b = await bench(t);
  const taskId = await recordTask(b, [recordedFile('a')]);
  const [old] = await claimJobs(b.tasks, 'a');
  b.clock.advance(defaultLeaseMs - 1);
  const kept = await b.tasks.sync(syncOf('a', { jobs: [{ jobId: old!.jobId, epoch: old!.epoch }] }));
  assert.deepEqual(kept.keptJobs, [old!.jobId]);
  b.clock.advance(defaultLeaseMs);
  const [next] = await claimJobs(b.tasks, 'b');
  assert.deepEqual([next!.epoch, next!.attempt, next!.fileId], [2, 2, old!.fileId]);
  const answer = await b.tasks.reportJob(old!.jobId, doneReport(old!));
  assert.deepEqual(answer, { accepted: false, reason: 'stale' });
  assert.deepEqual(await b.tasks.reportJob(999, doneReport({ epoch: 1, nameStem: 'n', fileId: '1' })), {
    accepted: false,
    reason: 'unknown',
  });
  assert.deepEqual(await typesOf(b.store, taskId), [301, 302]);
  assert.deepEqual(await b.tasks.reportJob(next!.jobId, doneReport({ ...next!, epoch: 2 })), {
    accepted: true,
    spoolFree: true,
  });
  assert.deepEqual(await typesOf(b.store, taskId), [301, 302, 311, 312]);
});

test('a failed job waits 1 s, doubling to a minute', async (t) => {
  assert.deepEqual(
    [1, 2, 3, 4, 5, 6, 7, 8, 1000].map(backOffMs),
    [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000],
  );
  const b = await bench(t);
  await recordTask(b, [recordedFile('a')]);
  for (const waitMs of [1000, 2000, 4000]) {
    const [job] = await claimJobs(b.tasks, 'a');
    const report = { kind: 'failed', epoch: job!.epoch, reason: 'disk full', permanent: false } as const;
    await b.tasks.reportJob(job!.jobId, report);
    b.clock.advance(waitMs - 1);
    assert.deepEqual(await claimJobs(b.tasks, 'a'), []);
    b.clock.advance(1);
  }
  assert.equal((await claimJobs(b.tasks, 'a')).length, 1);
});

test('a long stop of the server gives up nothing', async (t) => {
  const b = await bench(t);
  await recordTask(b, [recordedFile('a')]);
  const [job] = await claimJobs(b.tasks, 'a');
  b.clock.advance(7 * 24 * 3_600_000);
  const report = { kind: 'failed', epoch: job!.epoch, reason: 'again', permanent: false } as const;
  await b.tasks.reportJob(job!.jobId, report);
  b.clock.advance(1000);
  assert.equal((await claimJobs(b.tasks, 'a')).length, 1);
});

test('a recorder that is full for one kind leaves such a task to others for two seconds, and then takes it', async (t) => {
  const { tasks, clock } = await bench(t);
  const full: RecorderLoad = { ...idleLoad, takes: { single: true, mixed: false } };
  const claimed = async (): Promise<string[]> => {
    const { newTasks } = await tasks.sync(syncOf('full', { wantTasks: 9, load: full, tasks: held }));
    held.push(...newTasks.map(({ taskId, epoch, revision }) => ({ taskId, epoch, revision })));
    return newTasks.map(({ taskId }) => taskId);
  };
  const held: { taskId: string; epoch: number; revision: number }[] = [];
  const single = await create(tasks);
  const mixed = await create(tasks, newTask({ botUserId: 'mix', plan: { ...plan, mode: 'mixed' } }));
  assert.deepEqual(await claimed(), [single]);
  clock.advance(1_999);
  assert.deepEqual(await claimed(), []);
  clock.advance(1);
  assert.deepEqual(await claimed(), [mixed]);
});

test('a recorder whose disk is full takes tasks that were asked to stop, and no others', async (t) => {
  const { tasks, clock } = await bench(t);
  const stopped = await create(tasks);
  const { epoch } = await claimTask(tasks, 'a');
  await tasks.reportTask(stopped, { kind: 'started', epoch, startedMs: clock.wallMs() });
  const running = await create(tasks, newTask({ botUserId: 'other' }));
  await tasks.gone({ recorderIds: ['a'] });
  await tasks.stop(sdkAppId, stopped);
  const claimed = async (onlyStopped: boolean): Promise<string[]> => {
    const { newTasks } = await tasks.sync(syncOf(`b${onlyStopped}`, { wantTasks: 9, onlyStopped }));
    return newTasks.map(({ taskId }) => taskId);
  };
  assert.deepEqual(await claimed(true), [stopped]);
  assert.deepEqual(await claimed(false), [running]);
});
