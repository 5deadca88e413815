import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { defaultLeaseMs } from '../../src/tasks/control.ts';
import type { JobFault, JobReport, LeasedJob, UploadProgress } from '../../src/worker-api/messages.ts';
import {
  bench,
  claimJobs,
  doneReport,
  eventsOf,
  newTask,
  recordedFile,
  recordTask,
  serviceOn,
  type Bench,
  bucket,
} from './fixture.ts';

// What is told of files that do not arrive, and for how long they are tried: contract §4.3, E13.

const hour = 3_600_000;
const giveUpMs = 48 * hour;

/** A server that gives up after two days, with one task of so many files. */
async function oneTask(t: TestContext, users = ['a'], change: Parameters<typeof newTask>[0] = {}) {
  const b = await bench(t, { giveUpMs });
  const files = users.map((user) => recordedFile(user));
  return { b, taskId: await recordTask(b, files, newTask(change)) };
}

const failed = ({ epoch }: LeasedJob, fault: JobFault): JobReport => ({
  kind: 'failed',
  epoch,
  reason: `no luck with the ${fault}`,
  permanent: false,
  fault,
});

type Attempt = (b: Bench, job: LeasedJob) => Promise<unknown>;

const fails =
  (fault: JobFault): Attempt =>
  (b, job) =>
    b.tasks.reportJob(job.jobId, failed(job, fault));
const succeeds: Attempt = (b, job) => b.tasks.reportJob(job.jobId, doneReport(job));
const dies: Attempt = async () => undefined;

let recorders = 0;

/** Attempts at the job, one every few minutes, until so much time has passed or nothing is left to claim. */
async function attemptFor(b: Bench, ms: number, attempt: Attempt): Promise<number> {
  const end = b.clock.wallMs() + ms;
  let attempts = 0;
  while (b.clock.wallMs() < end) {
    const [job] = await claimJobs(b.tasks, `r${(recorders += 1)}`, 1);
    if (job) await attempt(b, job);
    if (job) attempts += 1;
    b.clock.advance(Math.max(5 * 60_000, defaultLeaseMs));
  }
  return attempts;
}

/** Types of the events after 302, with their Status. */
async function told(b: Bench, taskId: string): Promise<string[]> {
  const events = await eventsOf(b.store, taskId);
  const after = events.slice(events.findIndex(({ type }) => type === 302) + 1);
  return after.map(({ type, payload }) => `${type}/${(payload as { Status: number }).Status}`);
}

const jobState = async (b: Bench): Promise<string> =>
  (await b.store.db.selectFrom('job').select('state').executeTakeFirstOrThrow()).state;

for (const [name, attempt] of [
  ['the destination refuses', fails('destination')],
  ['the file cannot be made here', fails('environment')],
  ['every recorder dies of it', dies],
] as const) {
  test(`${name}: told once, tried on, and told to be well when it heals`, async (t) => {
    const { b, taskId } = await oneTask(t);
    await attemptFor(b, 3 * hour, attempt);
    assert.deepEqual(await told(b, taskId), ['311/1', '312/1']);
    const failure = (await eventsOf(b.store, taskId)).find(({ type }) => type === 311);
    const { Errmsg, TencentVod } = failure!.payload as { Errmsg: string; TencentVod: object };
    assert.ok(Errmsg.length > 0);
    assert.deepEqual(Object.keys(TencentVod), ['UserId', 'TrackType', 'CacheFile']);
    assert.ok((await attemptFor(b, 40 * hour, attempt)) > 100, 'it goes on');
    assert.deepEqual(await told(b, taskId), ['311/1', '312/1']);
    await attemptFor(b, 10 * 60_000, succeeds);
    assert.deepEqual(await told(b, taskId), ['311/1', '312/1', '311/0']);
    assert.equal(await attemptFor(b, hour, attempt), 0, 'it is over');
  });

  test(`${name}, for ever: given up at the configured age, and the segments stay`, async (t) => {
    const { b, taskId } = await oneTask(t);
    await attemptFor(b, giveUpMs - hour, attempt);
    assert.equal(await jobState(b), 'open');
    await attemptFor(b, 2 * hour, attempt);
    assert.equal(await jobState(b), 'failed');
    assert.deepEqual(await told(b, taskId), ['311/1', '312/1'], 'nothing is told twice');
    assert.deepEqual(await b.tasks.sweepable({ taskIds: [taskId] }), { settled: [] });
  });
}

test('where the age is shorter than what is waited for before telling, the end is told as one: Status 2', async (t) => {
  const b = await bench(t, { giveUpMs: hour / 2 });
  const taskId = await recordTask(b, [recordedFile('a')]);
  await attemptFor(b, 3 * hour, fails('environment'));
  assert.deepEqual(await told(b, taskId), ['311/2', '312/1']);
});

test('one file that does not arrive: the others are told as they come, 312 once', async (t) => {
  const { b, taskId } = await oneTask(t, ['a', 'b']);
  const [first, second] = await claimJobs(b.tasks, 'r');
  await fails('destination')(b, first!);
  await succeeds(b, second!);
  assert.deepEqual(await told(b, taskId), ['311/0']);
  await attemptFor(b, hour, fails('destination'));
  assert.deepEqual(await told(b, taskId), ['311/0', '311/1', '312/1']);
  await attemptFor(b, 10 * 60_000, succeeds);
  assert.deepEqual(await told(b, taskId), ['311/0', '311/1', '312/1', '311/0']);
});

test('a fault that changes from day to day ends as the last one says', async (t) => {
  const { b, taskId } = await oneTask(t);
  for (const fault of ['destination', 'environment', 'content', 'destination', 'content'] as const)
    await attemptFor(b, 5 * 60_000, fails(fault));
  assert.deepEqual(await told(b, taskId), []);
  await attemptFor(b, 5 * 60_000, fails('content'));
  assert.deepEqual(await told(b, taskId), ['311/1', '312/1']);
  assert.equal(await attemptFor(b, hour, succeeds), 0, 'content is not tried again');
});

test('a server that was away for longer than the age tries once more before it gives up', async (t) => {
  const { b, taskId } = await oneTask(t);
  await attemptFor(b, 5 * hour, fails('destination'));
  b.clock.advance(3 * giveUpMs);
  const tasks = await serviceOn(b.store, b.clock, { giveUpMs });
  await attemptFor({ ...b, tasks }, 10 * 60_000, succeeds);
  assert.deepEqual(await told(b, taskId), ['311/1', '312/1', '311/0']);
});

test('how far an upload is goes to the next attempt, and never to or from a stale one', async (t) => {
  const { b } = await oneTask(t, ['a'], { destination: bucket });
  const upload: UploadProgress = {
    key: 'T/a.mp4',
    uploadId: 'u',
    partBytes: 8,
    sizeBytes: 20,
    sha256: 'ab'.repeat(32),
    parts: [{ etag: '"e"', md5: 'cd'.repeat(16) }],
  };
  const [job] = await claimJobs(b.tasks, 'one');
  assert.equal(job!.upload, undefined);
  const progress = (epoch: number): JobReport => ({ kind: 'progress', epoch, upload });
  assert.deepEqual(await b.tasks.reportJob(job!.jobId, progress(job!.epoch)), { accepted: true });
  b.clock.advance(defaultLeaseMs);
  const [again] = await claimJobs(b.tasks, 'two');
  assert.deepEqual(again!.upload, upload);
  const late = { kind: 'progress', epoch: job!.epoch, upload: { ...upload, uploadId: 'late' } } as const;
  assert.deepEqual(await b.tasks.reportJob(job!.jobId, late), { accepted: false, reason: 'stale' });
  await fails('destination')(b, again!);
  b.clock.advance(60_000);
  const [third] = await claimJobs(b.tasks, 'three');
  assert.deepEqual(third!.upload, upload);
  await succeeds(b, third!);
  assert.deepEqual(await b.tasks.reportJob(job!.jobId, progress(third!.epoch)), { accepted: false, reason: 'stale' });
  const row = await b.store.db.selectFrom('job').selectAll().executeTakeFirstOrThrow();
  assert.deepEqual([row.state, row.upload], ['done', null]);
});
