import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../src/clock.ts';
import { FinishRunner } from '../../src/recorder/finish-runner.ts';
import { wallMs } from '../../src/units.ts';
import type { JobReport, ReportResponse } from '../../src/worker-api/messages.ts';
import { leasedJob, settle, silent } from './recorder-kit.ts';

const done: JobReport = {
  kind: 'done',
  epoch: 1,
  parts: [
    {
      part: 1,
      name: 'alice.mp4',
      fileId: '5145403699454155159',
      trackType: 'audio_video',
      sizeBytes: 1000,
      durationMs: 1000,
      sha256: 'ab',
      streams: ['h264', 'aac'],
      width: 320,
      height: 180,
      startMs: wallMs(0),
      endMs: wallMs(1000),
    },
  ],
};
const failed: JobReport = { kind: 'failed', epoch: 1, reason: 'no picture', permanent: false };

/** A runner whose jobs end, and whose reports are answered, when the test says so. */
function bench() {
  const clock = new FakeClock();
  const begun: { end: (report: JobReport) => void; cancelled: boolean }[] = [];
  const reports: { report: JobReport; accept: () => void; answer: PromiseWithResolvers<ReportResponse> }[] = [];
  const removed: string[] = [];
  const ended: number[] = [];
  const runner = new FinishRunner({
    begin: () => {
      const { promise, resolve } = Promise.withResolvers<JobReport>();
      const entry = { end: resolve, cancelled: false };
      begun.push(entry);
      return { outcome: promise, cancel: () => (entry.cancelled = true) };
    },
    report: (_jobId, report) => {
      const answer = Promise.withResolvers<ReportResponse>();
      reports.push({ report, answer, accept: () => answer.resolve({ accepted: true, spoolFree: true }) });
      return answer.promise;
    },
    onConfirmed: (job) => void removed.push(job.fileKey),
    clock,
    log: silent,
  });
  const start = (jobId: number, epoch = 1): void =>
    runner.start(leasedJob(jobId, epoch), { isHeld: () => true, onEnded: () => ended.push(jobId) });
  return { clock, runner, begun, reports, removed, ended, start };
}

test('the segments go only when the server has accepted the finished file (invariant 2)', async () => {
  const { runner, begun, reports, removed, ended, start } = bench();
  start(7);
  assert.deepEqual(runner.held(), [{ jobId: 7, epoch: 1 }]);
  begun[0]!.end(done);
  await settle();
  assert.deepEqual(reports[0]?.report, done);
  assert.deepEqual([removed, ended, runner.size], [[], [], 1], 'the lease is kept until the server has answered');
  reports[0].accept();
  await settle();
  assert.deepEqual([removed, ended, runner.size], [['alice_main'], [7], 0]);
});

test('a refused report leaves the segments to the next owner', async () => {
  const { begun, reports, removed, ended, start } = bench();
  start(7);
  begun[0]!.end(done);
  await settle();
  reports[0]!.answer.resolve({ accepted: false, reason: 'stale' });
  await settle();
  assert.deepEqual([removed, ended], [[], [7]]);
});

test('a failed job is reported and its segments stay', async () => {
  const { begun, reports, removed, ended, start } = bench();
  start(7);
  begun[0]!.end(failed);
  await settle();
  assert.deepEqual(reports[0]?.report, failed);
  reports[0].accept();
  await settle();
  assert.deepEqual([removed, ended], [[], [7]]);
});

test('a report is repeated until the server answers; until then nothing goes and the lease is kept', async () => {
  const { clock, runner, begun, reports, removed, ended, start } = bench();
  start(7);
  begun[0]!.end(done);
  for (let tries = 1; tries <= 3; tries += 1) {
    await settle();
    assert.equal(reports.length, tries);
    reports.at(-1)!.answer.reject(new Error('connection refused'));
    await settle();
    assert.deepEqual([removed, ended, runner.size], [[], [], 1]);
    clock.advance(500);
  }
  await settle();
  reports.at(-1)!.accept();
  await settle();
  assert.deepEqual([removed, ended, runner.size], [['alice_main'], [7], 0]);
});

test('a report that waits for the server is not repeated once the lease is gone', async () => {
  const { clock, runner, begun, reports, ended, removed, start } = bench();
  start(7);
  begun[0]!.end(done);
  await settle();
  reports[0]!.answer.reject(new Error('connection refused'));
  await settle();
  runner.abandon(7);
  clock.advance(60_000);
  await settle();
  assert.deepEqual([reports.length, removed, ended], [1, [], []]);
});

test('nor once the job runs here under a new lease', async () => {
  const { clock, runner, begun, reports, start } = bench();
  start(7, 1);
  begun[0]!.end(done);
  await settle();
  reports[0]!.answer.reject(new Error('connection refused'));
  await settle();
  runner.abandon(7);
  start(7, 2);
  clock.advance(60_000);
  await settle();
  assert.equal(reports.length, 1);
});

test('an abandoned job is cancelled, and its result is told to nobody', async () => {
  const { runner, begun, reports, removed, ended, start } = bench();
  start(7);
  runner.abandon(7);
  assert.equal(begun[0]!.cancelled, true);
  begun[0]!.end(done);
  await settle();
  assert.deepEqual([runner.size, reports.length, removed, ended], [0, 0, [], []]);
});

test('a job that is granted anew while its old report is on the way stays held under the new lease', async () => {
  const { runner, begun, reports, ended, start } = bench();
  start(7, 1);
  begun[0]!.end(done);
  await settle();
  runner.abandon(7);
  start(7, 2);
  reports[0]!.answer.resolve({ accepted: false, reason: 'stale' });
  await settle();
  assert.deepEqual(runner.held(), [{ jobId: 7, epoch: 2 }]);
  assert.deepEqual(ended, []);
  begun[1]!.end({ ...done, epoch: 2 });
  await settle();
  assert.equal(reports[1]?.report.epoch, 2);
});

test('jobs do not know of each other', async () => {
  const { runner, begun, ended, reports, start } = bench();
  start(7);
  start(8);
  begun[1]!.end(failed);
  await settle();
  reports[0]!.accept();
  await settle();
  assert.deepEqual([ended, runner.held()], [[8], [{ jobId: 7, epoch: 1 }]]);
});

test('closing cancels everything', async () => {
  const { runner, begun, start } = bench();
  start(7);
  start(8);
  runner.close();
  runner.close();
  assert.deepEqual([begun.map((one) => one.cancelled), runner.size], [[true, true], 0]);
});
