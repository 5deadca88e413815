import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTaskQueries } from '../../src/tasks/queries.ts';
import { wallMs } from '../../src/units.ts';
import {
  bench,
  claimJobs,
  claimTask,
  create,
  doneReport,
  eventsOf,
  nameOf,
  newTask,
  plainLinks,
  plan,
  recordedFile,
  recordTask,
  sdkAppId,
  syncOf,
  typesOf,
} from './fixture.ts';

test('E10: two anchors end in 301, 302, two 311 and one 312', async (t) => {
  const b = await bench(t);
  const taskId = await recordTask(b, [recordedFile('anchor1'), recordedFile('anchor2')]);
  assert.deepEqual(await typesOf(b.store, taskId), [301, 302]);
  for (const job of await claimJobs(b.tasks, 'r')) await b.tasks.reportJob(job.jobId, doneReport(job));
  const events = await eventsOf(b.store, taskId);
  assert.deepEqual(
    events.map(({ type }) => type),
    [301, 302, 311, 311, 312],
  );
  assert.deepEqual(events[0]?.payload, { Status: 0 });
  assert.deepEqual(events[1]?.payload, { LeaveCode: 0 });
  assert.deepEqual(events[4]?.payload, { Status: 0 });
});

test('311 names the file as contract §4.3 says', async (t) => {
  const b = await bench(t);
  const taskId = await recordTask(b, [recordedFile('user>>>')]);
  const [job] = await claimJobs(b.tasks, 'r');
  assert.ok(job);
  assert.equal(nameOf(job), '1400000000_10001_UserId_s_dXNlcj4+Pg.._UserId_e_main.mp4');
  await b.tasks.reportJob(job.jobId, doneReport(job));
  const [, , commit] = await eventsOf(b.store, taskId);
  assert.deepEqual(commit?.payload, {
    Status: 0,
    TencentVod: {
      UserId: 'user>>>',
      TrackType: 'audio_video',
      MediaId: 'main',
      FileId: job.fileId,
      VideoUrl: `http://media.example:8080/vod/1400000000/${job.fileId}/1400000000_10001_UserId_s_dXNlcj4%2BPg.._UserId_e_main.mp4`,
      CacheFile: '1400000000_10001_UserId_s_dXNlcj4+Pg.._UserId_e_main.mp4',
      StartTimeStamp: 1_700_000_000_100,
      EndTimeStamp: 1_700_000_010_100,
    },
  });
});

test('E12: the mix is MediaId main with an empty UserId, and `mix` with wire names', async (t) => {
  for (const [fileNames, mediaId] of [
    ['documented', 'main'],
    ['wire', 'mix'],
  ] as const) {
    const b = await bench(t, { fileNames });
    const taskId = await recordTask(b, [recordedFile('', { mediaId: 'mix' })]);
    const [job] = await claimJobs(b.tasks, 'r');
    await b.tasks.reportJob(job!.jobId, doneReport(job!));
    const commit = (await eventsOf(b.store, taskId))[2]?.payload as { TencentVod: Record<string, unknown> };
    assert.equal(commit.TencentVod['UserId'], '');
    assert.equal(commit.TencentVod['MediaId'], mediaId);
    assert.equal(commit.TencentVod['CacheFile'], '1400000000_10001.mp4');
  }
});

test('E13: a permanent failure is 311 Status 2 with the names only, then 312 Status 1', async (t) => {
  const b = await bench(t);
  const taskId = await recordTask(b, [recordedFile('a'), recordedFile('b')]);
  const [first, second] = await claimJobs(b.tasks, 'r');
  const report = { kind: 'failed', epoch: first!.epoch, reason: 'no media', permanent: true } as const;
  await b.tasks.reportJob(first!.jobId, report);
  await b.tasks.reportJob(second!.jobId, doneReport(second!));
  const events = await eventsOf(b.store, taskId);
  assert.deepEqual(
    events.map(({ type }) => type),
    [301, 302, 311, 311, 312],
  );
  assert.deepEqual(events[2]?.payload, {
    Status: 2,
    Errmsg: 'no media',
    TencentVod: { UserId: 'a', TrackType: 'audio_video', CacheFile: nameOf(first!) },
  });
  assert.deepEqual(events[4]?.payload, { Status: 1 });
});

test('exactly one 312 however often the last job is reported', async (t) => {
  const b = await bench(t);
  const taskId = await recordTask(b, [recordedFile('a')]);
  const [job] = await claimJobs(b.tasks, 'r');
  const reports = Array.from({ length: 10 }, () => b.tasks.reportJob(job!.jobId, doneReport(job!)));
  for (const answer of await Promise.all(reports)) assert.deepEqual(answer, { accepted: true, spoolFree: true });
  await b.tasks.reportJob(job!.jobId, { kind: 'failed', epoch: job!.epoch, reason: 'late', permanent: true });
  assert.deepEqual(await typesOf(b.store, taskId), [301, 302, 311, 312]);
});

test('a task without files ends with 312 at once', async (t) => {
  const b = await bench(t);
  const taskId = await recordTask(b, []);
  assert.deepEqual(await typesOf(b.store, taskId), [301, 302, 312]);
  assert.equal(await b.tasks.describe(sdkAppId, taskId), undefined);
});

test('a bot that can never start ends with 301 Status 1 and nothing more', async (t) => {
  const { tasks, store } = await bench(t);
  const taskId = await create(tasks);
  const { epoch } = await claimTask(tasks, 'r');
  const report = { kind: 'start-failed', epoch, reason: 'refused' } as const;
  for (let i = 0; i < 3; i += 1) assert.deepEqual(await tasks.reportTask(taskId, report), { accepted: true });
  assert.deepEqual(await eventsOf(store, taskId), [{ type: 301, payload: { Status: 1 } }]);
  assert.equal(await tasks.describe(sdkAppId, taskId), undefined);
});

test('repeated reports of one epoch tell nothing twice', async (t) => {
  const { tasks, store, clock } = await bench(t);
  const taskId = await create(tasks);
  const { epoch } = await claimTask(tasks, 'r');
  const started = { kind: 'started', epoch, startedMs: clock.wallMs() } as const;
  const stopped = { kind: 'stopped', epoch, leaveCode: 99, atMs: clock.wallMs(), files: [recordedFile('a')] } as const;
  for (const report of [started, started, stopped, stopped, started]) await tasks.reportTask(taskId, report);
  assert.deepEqual(await typesOf(store, taskId), [301, 302]);
  assert.equal((await claimJobs(tasks, 'r')).length, 1);
});

test('Q1, Q2: Idle, InProgress, Exited, then nothing', async (t) => {
  const b = await bench(t);
  const { tasks } = b;
  const taskId = await create(tasks);
  const { epoch } = await claimTask(tasks, 'r');
  await tasks.reportTask(taskId, { kind: 'started', epoch, startedMs: b.clock.wallMs() });
  assert.equal((await tasks.describe(sdkAppId, taskId))?.status, 'Idle');
  await tasks.reportTask(taskId, { kind: 'status', epoch, status: 'InProgress' });
  assert.equal((await tasks.describe(sdkAppId, taskId))?.status, 'InProgress');
  assert.equal(await tasks.stop(sdkAppId, taskId), true);
  assert.equal((await tasks.describe(sdkAppId, taskId))?.status, 'Exited');
  const files = [recordedFile('a')];
  await tasks.reportTask(taskId, { kind: 'stopped', epoch, leaveCode: 0, atMs: b.clock.wallMs(), files });
  assert.equal((await tasks.describe(sdkAppId, taskId))?.status, 'Exited');
  const [job] = await claimJobs(tasks, 'r');
  await tasks.reportJob(job!.jobId, doneReport(job!));
  assert.equal(await tasks.describe(sdkAppId, taskId), undefined);
});

test('Q8, Q16: a task is stopped once, and only by its app', async (t) => {
  const { tasks, clock } = await bench(t);
  const taskId = await create(tasks);
  const { epoch } = await claimTask(tasks, 'r');
  await tasks.reportTask(taskId, { kind: 'started', epoch, startedMs: clock.wallMs() });
  assert.equal(await tasks.stop(sdkAppId + 1, taskId), false);
  assert.equal(await tasks.describe(sdkAppId + 1, taskId), undefined);
  assert.equal(await tasks.stop(sdkAppId, taskId), true);
  assert.equal(await tasks.stop(sdkAppId, taskId), false);
  assert.equal(await tasks.stop(sdkAppId, 'unknown'), false);
  const { stops } = await tasks.sync(syncOf('r', { tasks: [{ taskId, epoch, revision: 0 }] }));
  assert.deepEqual(stops, [{ taskId, leaveCode: 0 }]);
});

test('after ResourceExpiredHour the task is no longer found but goes on (contract §2.1)', async (t) => {
  const { tasks, clock } = await bench(t);
  const taskId = await create(tasks, newTask({ resourceExpiredHours: 6 }));
  clock.advance(6 * 3_600_000 - 1);
  assert.equal((await tasks.describe(sdkAppId, taskId))?.status, 'Idle');
  clock.advance(1);
  assert.equal(await tasks.describe(sdkAppId, taskId), undefined);
  assert.equal(await tasks.stop(sdkAppId, taskId), false);
  assert.equal((await claimTask(tasks, 'r')).taskId, taskId);
});

test('a task that nobody holds and that never started ends by its stop', async (t) => {
  const { tasks, store } = await bench(t);
  const taskId = await create(tasks);
  assert.equal(await tasks.stop(sdkAppId, taskId), true);
  assert.deepEqual(await eventsOf(store, taskId), [{ type: 301, payload: { Status: 1 } }]);
  assert.deepEqual((await tasks.sync(syncOf('r', { wantTasks: 1 }))).newTasks, []);
});

test('a task that is being started stops by its recorder, without 302 when it never was in the room', async (t) => {
  const { tasks, store, clock } = await bench(t);
  const taskId = await create(tasks);
  const { epoch } = await claimTask(tasks, 'r');
  await tasks.stop(sdkAppId, taskId);
  assert.deepEqual(await typesOf(store, taskId), []);
  await tasks.reportTask(taskId, { kind: 'stopped', epoch, leaveCode: 0, atMs: clock.wallMs(), files: [] });
  assert.deepEqual(await eventsOf(store, taskId), [{ type: 301, payload: { Status: 1 } }]);
});

test('files without a started report still come with a 301', async (t) => {
  const { tasks, store, clock } = await bench(t);
  const taskId = await create(tasks);
  const { epoch } = await claimTask(tasks, 'r');
  const files = [recordedFile('a')];
  await tasks.reportTask(taskId, { kind: 'stopped', epoch, leaveCode: 0, atMs: clock.wallMs(), files });
  assert.deepEqual(await typesOf(store, taskId), [301, 302]);
});

test('C44: one more than the limit is restricted until a task is stopped', async (t) => {
  const { tasks } = await bench(t, { concurrentTasks: 3 });
  const ids: string[] = [];
  for (let i = 0; i < 3; i += 1) ids.push(await create(tasks, newTask({ botUserId: `bot${i}` })));
  assert.equal(await tasks.create(newTask({ botUserId: 'bot3' })), 'restricted');
  await tasks.stop(sdkAppId, ids[0]!);
  assert.notEqual(await tasks.create(newTask({ botUserId: 'bot3' })), 'restricted');
});

test('C44, C46: at the limit a bot may enter its room again, since its task before makes room for the new one', async (t) => {
  const { tasks, store } = await bench(t, { concurrentTasks: 2 });
  const first = await create(tasks, newTask({ botUserId: 'bot0' }));
  await create(tasks, newTask({ botUserId: 'bot1' }));
  const again = await tasks.create(newTask({ botUserId: 'bot0' }));
  assert.notEqual(again, 'restricted');
  assert.deepEqual(await typesOf(store, first), [301]);
  assert.equal(await tasks.create(newTask({ botUserId: 'bot2' })), 'restricted');
});

test('a task that no recorder would carry is refused, unless it takes the place of one, or ends at once', async (t) => {
  const carried = { single: false, mixed: true };
  const { tasks } = await bench(t, { refusal: (mode) => (carried[mode] ? undefined : 'spools full') });
  assert.equal(await tasks.create(newTask()), 'spools full');
  assert.notEqual(typeof (await tasks.create(newTask({ plan: { ...plan, mode: 'mixed' } }))), 'string');
  assert.notEqual(typeof (await tasks.create(newTask())), 'string', 'the same bot again');
  assert.equal(await tasks.create(newTask({ botUserId: 'other' })), 'spools full');
  assert.notEqual(typeof (await tasks.create(newTask({ botUserId: 'other', refusal: 'no entry' }))), 'string');
  carried.single = true;
  assert.notEqual(typeof (await tasks.create(newTask({ botUserId: 'other' }))), 'string');
  assert.deepEqual([tasks.stats().created, tasks.stats().overloaded], [4, 2]);
});

test('C44 holds when requests race', async (t) => {
  const { tasks } = await bench(t, { concurrentTasks: 5 });
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, i) => tasks.create(newTask({ botUserId: `bot${i}` }))),
  );
  assert.equal(answers.filter((answer) => answer !== 'restricted').length, 5);
});

test('C46: the same bot in the same room stops the older task with 101', async (t) => {
  const { tasks, clock } = await bench(t);
  const first = await create(tasks);
  const { epoch } = await claimTask(tasks, 'r');
  await tasks.reportTask(first, { kind: 'started', epoch, startedMs: clock.wallMs() });
  const elsewhere = [
    newTask({ room: { sdkAppId, kind: 'string', roomId: '10001' } }),
    newTask({ room: { sdkAppId, kind: 'number', roomId: '10002' } }),
    newTask({ botUserId: 'other' }),
  ];
  for (const task of elsewhere) await create(tasks, task);
  const before = await tasks.sync(syncOf('r', { tasks: [{ taskId: first, epoch, revision: 0 }] }));
  assert.deepEqual(before.stops, []);
  await create(tasks);
  const after = await tasks.sync(syncOf('r', { tasks: [{ taskId: first, epoch, revision: 0 }] }));
  assert.deepEqual(after.stops, [{ taskId: first, leaveCode: 101 }]);
});

test('event times rise strictly and never lie in the future', async (t) => {
  const { tasks, store, clock } = await bench(t);
  const taskId = await create(tasks);
  const { epoch } = await claimTask(tasks, 'r');
  const now = clock.wallMs();
  await tasks.reportTask(taskId, { kind: 'started', epoch, startedMs: wallMs(now + 3_600_000) });
  await tasks.reportTask(taskId, { kind: 'stopped', epoch, leaveCode: 0, atMs: wallMs(now - 50), files: [] });
  const rows = await store.db.selectFrom('event').select('event_ms').orderBy('seq').execute();
  assert.deepEqual(
    rows.map(({ event_ms: ms }) => ms - now),
    [0, 1, 2],
  );
});

test('queries show a task with its files, events and link', async (t) => {
  const b = await bench(t);
  const taskId = await recordTask(b, [recordedFile('a')]);
  const older = createTaskQueries({ store: b.store, links: plainLinks('http://h') });
  assert.equal((await older.taskDetail(taskId))?.files[0]?.videoUrl, undefined);
  assert.deepEqual(await older.backlog(), {
    activeTasks: 0,
    unclaimedTasks: 0,
    openJobs: 1,
    jobsWaitingForSpace: 0,
    pendingEvents: 2,
  });
  const [job] = await claimJobs(b.tasks, 'r');
  await b.tasks.reportJob(job!.jobId, doneReport(job!));
  const [task] = await older.listTasks({ sdkAppId, limit: 10 });
  assert.equal(task?.taskId, taskId);
  assert.equal(task.result, 'ok');
  assert.equal(task.leaveCode, 0);
  assert.equal(task.files[0]?.videoUrl, `http://h/vod/${sdkAppId}/${job!.fileId}/${nameOf(job!)}`);
  assert.deepEqual(task.files[0]?.streams, ['h264', 'aac']);
  assert.deepEqual(
    task.events.map(({ type }) => type),
    [301, 302, 311, 312],
  );
  assert.deepEqual(await older.listTasks({ sdkAppId: 1 }), []);
  assert.equal(await older.taskDetail('unknown'), undefined);
});

test('a list of one room shows that room only, newest first, with the latest events', async (t) => {
  const b = await bench(t);
  const queries = createTaskQueries({ store: b.store, links: plainLinks('http://h') });
  const room = newTask().room;
  const ids: string[] = [];
  for (let i = 0; i < 3; i += 1) {
    ids.unshift(await create(b.tasks, newTask({ botUserId: `bot${i}` })));
    await create(b.tasks, newTask({ room: { ...room, kind: 'string' }, botUserId: `bot${i}` }));
    await create(b.tasks, newTask({ room: { ...room, roomId: '10002' }, botUserId: `bot${i}` }));
    b.clock.advance(1);
  }
  const listed = await queries.listTasks({ room, limit: 2 });
  assert.deepEqual(
    listed.map(({ taskId }) => taskId),
    ids.slice(0, 2),
  );
  assert.deepEqual(await queries.listTasks({ room: { ...room, sdkAppId: 1 } }), []);
  assert.equal((await queries.listTasks({})).length, 9);
});

test('of a task with many events a list loads the latest fifty, its detail a thousand', async (t) => {
  const b = await bench(t);
  const files = Array.from({ length: 60 }, (_, i) => recordedFile(`anchor${i}`));
  const taskId = await recordTask(b, files);
  for (const job of await claimJobs(b.tasks, 'r', 60)) await b.tasks.reportJob(job.jobId, doneReport(job));
  const queries = createTaskQueries({ store: b.store, links: plainLinks('http://h') });
  const [task] = await queries.listTasks({ sdkAppId });
  assert.deepEqual([task?.events.length, task?.events[0]?.seq, task?.events.at(-1)?.type], [50, 14, 312]);
  assert.equal((await queries.taskDetail(taskId))?.events.length, 63);
});
