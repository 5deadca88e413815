import assert from 'node:assert/strict';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { beginFinishing, type FinishingOptions } from '../../src/recorder/finishing.ts';
import { Spool } from '../../src/recorder/spool.ts';
import { toWallMs } from '../../src/units.ts';
import type { JobStep, LeasedJob } from '../../src/worker-api/messages.ts';
import { tone } from '../codec/sound.ts';
import { at, play, record, tempDir, voice } from '../single/recorder-kit.ts';

const job: LeasedJob = {
  jobId: 1,
  epoch: 3,
  taskId: 'task',
  sdkAppId: 1_400_000_000,
  fileKey: 'anchor1_main',
  mediaId: 'main',
  trackType: 'audio',
  container: 'mp4',
  separateMedia: false,
  // As contract §5 may name a file: longer than a file on the disk may be called.
  nameStem: 'n'.repeat(300),
  fileId: '5145403699454155159',
  destination: { kind: 'vod', subAppId: 7, expireSeconds: 0, classId: 0 },
  maxFileMinutes: 1440,
  startMs: toWallMs(at(0)),
  endMs: toWallMs(at(1000)),
  attempt: 1,
};

const options = (spool: Spool, dataDir: string): FinishingOptions => ({
  spool,
  dataDir,
  storageOf: () => ({ kind: 'library' }),
  privateBuckets: true,
});

test('segments that are on no disk here may be on another: that is not final', async (t) => {
  const dataDir = tempDir(t);
  const spool = new Spool(join(dataDir, 'spool'));
  const absent = await beginFinishing(job, options(spool, dataDir)).outcome;
  assert.ok(absent.kind === 'failed' && !absent.permanent && absent.fault === 'environment');
  assert.match(absent.reason, /not on this recorder/);
  mkdirSync(spool.folder(job.taskId, 1, job.fileKey), { recursive: true });
  const withoutRecord = await beginFinishing(job, options(spool, dataDir)).outcome;
  assert.ok(withoutRecord.kind === 'failed' && !withoutRecord.permanent);
});

test('a job becomes a library file, however long its name; a recorded folder without media is final', async (t) => {
  const dataDir = tempDir(t);
  const spool = new Spool(join(dataDir, 'spool'));
  const recording = await record(spool.folder(job.taskId, 1, job.fileKey), { streams: 'audio' });
  await play(recording, await voice(tone(500), 0, 50), 1200);
  recording.close();
  const steps: JobStep[] = [];
  const openSteps: FinishingOptions['openSteps'] = () => ({ tell: (step) => steps.push(step), close: () => {} });
  const done = await beginFinishing(job, { ...options(spool, dataDir), openSteps }).outcome;
  assert.ok(done.kind === 'done', JSON.stringify(done));
  const began = steps.filter(({ doneBytes }) => doneBytes === 0).map(({ step }) => step);
  assert.deepEqual(began, ['checking', 'making', 'checking', 'sending']);
  const made = steps.filter(({ step }) => step === 'making');
  assert.ok(made[0]!.totalBytes > 10_000 && made.every(({ doneBytes, totalBytes }) => doneBytes <= totalBytes));
  assert.deepEqual(done.parts[0]?.streams, ['aac']);
  assert.deepEqual(readdirSync(join(dataDir, 'library', '7', job.fileId)), [`${job.fileId}.mp4`]);
  const [startMs, endMs] = [toWallMs(at(60_000)), toWallMs(at(50_000))];
  const nothing = await beginFinishing({ ...job, startMs, endMs }, options(spool, dataDir)).outcome;
  assert.ok(nothing.kind === 'failed' && nothing.permanent && nothing.fault === 'content');
});
