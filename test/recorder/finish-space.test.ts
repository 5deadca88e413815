import assert from 'node:assert/strict';
import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { freeMbAt } from '../../src/disk-space.ts';
import { beginFinishing, type FinishingOptions } from '../../src/recorder/finishing.ts';
import { FinishSpace } from '../../src/recorder/finish-space.ts';
import { spaceLimits } from '../../src/recorder/free-space.ts';
import { Spool } from '../../src/recorder/spool.ts';
import { toWallMs } from '../../src/units.ts';
import type { JobReport, LeasedJob } from '../../src/worker-api/messages.ts';
import { recordLargePictures } from '../kit/large-pictures.ts';
import { smallDisk } from '../kit/small-disk.ts';
import { at } from '../single/recorder-kit.ts';
import { leasedJob } from './recorder-kit.ts';

const mebibyte = 1024 * 1024;

test('room is claimed, counted and given back; what needs none always gets it', () => {
  let freeMb = 200;
  const space = new FinishSpace({ freeMb: () => freeMb, reserveMb: 100 });
  const first = space.claim(60 * mebibyte);
  assert.ok(typeof first === 'object');
  assert.match(
    JSON.stringify(space.claim(60 * mebibyte)),
    /no room for the file: it needs 60 MB beside the 100 MB .* 140 MB are free"$/,
  );
  assert.equal(typeof space.claim(0), 'object');
  first.release();
  first.release();
  assert.equal(typeof space.claim(100 * mebibyte), 'object');
  freeMb = Number.POSITIVE_INFINITY;
  assert.equal(typeof space.claim(1e15), 'object', 'a disk that does not tell is no reason to wait');
});

test('jobs leave half way between where nothing begins and where recordings end', () => {
  assert.deepEqual(spaceLimits({ least_free_mb: 256 }), { leastMb: 256, stopMb: 48, reserveMb: 152 });
  assert.deepEqual(spaceLimits({ least_free_mb: 20 }), { leastMb: 20, stopMb: 10, reserveMb: 15 });
  assert.deepEqual(spaceLimits({ least_free_mb: 0 }), { leastMb: 0, stopMb: 0, reserveMb: 0 });
  assert.deepEqual(spaceLimits({ least_free_mb: 100, stop_free_mb: 0 }), { leastMb: 100, stopMb: 0, reserveMb: 50 });
});

const job: LeasedJob = {
  ...leasedJob(1),
  fileKey: 'anchor1_main',
  trackType: 'video',
  startMs: toWallMs(at(0)),
  endMs: toWallMs(at(10_000)),
};

test('a disk without room for the file: the job waits, and goes on when there is room', async (t) => {
  const dataDir = smallDisk(t, 64);
  if (!dataDir) return t.skip('nothing may be mounted here');
  const spool = new Spool(join(dataDir, 'spool'));
  await recordLargePictures(spool.folder(job.taskId, 1, job.fileKey), { count: 250, bytes: 100_000 });
  const ballast = join(dataDir, 'ballast');
  const freeTo = (mb: number): void => {
    rmSync(ballast, { force: true });
    writeFileSync(ballast, Buffer.alloc(Math.max(0, Math.floor(freeMbAt(dataDir) - mb)) * mebibyte));
  };
  const options: FinishingOptions = { spool, dataDir, storageOf: () => ({ kind: 'library' }), privateBuckets: true };
  const attempt = (more: Partial<FinishingOptions>, attempt: number): Promise<JobReport> =>
    beginFinishing({ ...job, attempt }, { ...options, ...more }).outcome;
  const space = new FinishSpace({ freeMb: () => freeMbAt(dataDir), reserveMb: 8 });

  freeTo(20);
  const waits = await attempt({ space }, 1);
  assert.ok(waits.kind === 'failed' && waits.waitsForSpace && waits.fault === 'environment', JSON.stringify(waits));
  assert.match(waits.reason, /^the disk has no room for the file: it needs 2\d MB/);
  const library = join(dataDir, 'library');
  assert.throws(() => statSync(library), 'nothing was begun');

  // Without the check the disk becomes full in the middle: that is no fault of the recording.
  const full = await attempt({}, 2);
  assert.ok(full.kind === 'failed' && full.fault === 'environment' && !full.permanent, JSON.stringify(full));
  assert.match(full.reason, /disk became full/);
  assert.deepEqual(readdirSync(join(library, 'unfinished')), [], 'what was made of it is gone');
  assert.ok(freeMbAt(dataDir) > 19);

  rmSync(ballast);
  const done = await attempt({ space }, 3);
  assert.ok(done.kind === 'done', JSON.stringify(done));
  const { fileId, sizeBytes } = done.parts[0]!;
  assert.equal(statSync(join(library, String(job.sdkAppId), fileId, `${fileId}.mp4`)).size, sizeBytes);
  assert.equal(spool.taskIds().length, 1, 'the segments are the server’s to give free');
});
