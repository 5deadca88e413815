import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StepReporter } from '../../src/recorder/step-reporter.ts';
import { FinishMeter } from '../../src/finish/finish-meter.ts';
import { FakeClock } from '../../src/clock.ts';
import type { JobReport, JobStep, LeasedJob } from '../../src/worker-api/messages.ts';
import { claimJobs, recordedFile, recordTask } from '../tasks/fixture.ts';
import { adminBench } from './admin-fixture.ts';

test('how far a file is stands in its task, with its speed, by the holder of the job alone', async (t) => {
  const b = await adminBench(t);
  const taskId = await recordTask(b, [recordedFile('alice')]);
  const progress = async () => (await b.ask(`/tasks/${encodeURIComponent(taskId)}`)).body.files[0].progress;
  const nothing = { step: null, doneBytes: 0, totalBytes: 0, bytesPerSecond: null, nextTryMs: null, lastError: null };
  assert.deepEqual(await progress(), { ...nothing, state: 'queued', attempts: 0 });
  const [{ jobId, epoch }] = (await claimJobs(b.tasks, 'r')) as [LeasedJob];
  assert.deepEqual(await progress(), { ...nothing, state: 'running', attempts: 1 });
  const tell = (doneBytes: number, by = epoch) =>
    b.tasks.reportJob(jobId, { kind: 'step', epoch: by, step: 'making', doneBytes, totalBytes: 10_000 });
  assert.deepEqual(await tell(1000), { accepted: true });
  b.clock.advance(2000);
  assert.deepEqual(await tell(5000), { accepted: true });
  assert.deepEqual(await tell(9999, epoch - 1), { accepted: false, reason: 'stale' });
  assert.deepEqual(await progress(), {
    ...nothing,
    state: 'running',
    attempts: 1,
    step: 'making',
    doneBytes: 5000,
    totalBytes: 10_000,
    bytesPerSecond: 2000,
  });
  const failed = {
    kind: 'failed',
    epoch,
    reason: 'the bucket is away',
    permanent: false,
    fault: 'destination',
  } as const;
  await b.tasks.reportJob(jobId, failed);
  const waiting = await progress();
  assert.deepEqual([waiting.state, waiting.step, waiting.lastError], ['retrying', null, 'the bucket is away']);
  assert.ok(waiting.nextTryMs > b.clock.wallMs());
  assert.deepEqual(await tell(6000), { accepted: false, reason: 'stale' });
});

test('parts that a bucket has confirmed count while the next attempt is waited for', async (t) => {
  const b = await adminBench(t);
  const taskId = await recordTask(b, [recordedFile('alice')]);
  const [{ jobId, epoch }] = (await claimJobs(b.tasks, 'r')) as [LeasedJob];
  const part = { etag: 'e', md5: '0'.repeat(32) };
  const upload = { key: 'k', uploadId: 'u', partBytes: 8, sizeBytes: 20, sha256: '0'.repeat(64), parts: [part, part] };
  await b.tasks.reportJob(jobId, { kind: 'progress', epoch, upload });
  await b.tasks.reportJob(jobId, { kind: 'failed', epoch, reason: 'cut', permanent: false });
  const [file] = (await b.ask(`/tasks/${encodeURIComponent(taskId)}`)).body.files;
  assert.deepEqual([file.progress.doneBytes, file.progress.totalBytes], [16, 20]);
});

test('a job tells at most every two seconds, always the latest, and nothing once it is over', async () => {
  const clock = new FakeClock();
  const told: JobReport[] = [];
  const report = async (_: number, one: JobReport) => (told.push(one), { accepted: true });
  const steps = new StepReporter({ jobId: 1, epoch: 2 }, { report, clock });
  const step = (doneBytes: number): JobStep => ({ step: 'making', doneBytes, totalBytes: 10 });
  for (const done of [1, 2, 3]) steps.tell(step(done));
  assert.deepEqual(told, [{ kind: 'step', epoch: 2, ...step(1) }]);
  clock.advance(2000);
  assert.deepEqual(told.slice(1), [{ kind: 'step', epoch: 2, ...step(3) }]);
  steps.tell(step(4));
  steps.close();
  clock.advance(10_000);
  assert.equal(told.length, 2);
});

test('a meter tells the beginning of each step and now and then how far it is', () => {
  const told: JobStep[] = [];
  let now = 0;
  const meter = new FinishMeter(
    (step) => told.push(step),
    () => now,
  );
  meter.begin('making', 100);
  meter.reachShare(0.1);
  now = 600;
  meter.reachShare(0.25);
  meter.reach(1000);
  meter.begin('sending', 0);
  now = 1200;
  meter.reach(7);
  assert.deepEqual(
    told.map(({ step, doneBytes, totalBytes }) => [step, doneBytes, totalBytes]),
    [
      ['making', 0, 100],
      ['making', 25, 100],
      ['making', 100, 100],
      ['sending', 0, 0],
      ['sending', 7, 0],
    ],
  );
});
