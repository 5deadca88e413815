import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { AppStorage } from '../../src/config/apps.ts';
import type { LocalPart } from '../../src/deliver/deliverer.ts';
import { toLibrary } from '../../src/deliver/library.ts';
import { publishFile } from '../../src/finish/publish.ts';
import { FinishRunner } from '../../src/recorder/finish-runner.ts';
import { beginFinishing } from '../../src/recorder/finishing.ts';
import { Spool } from '../../src/recorder/spool.ts';
import { FakeClock } from '../../src/clock.ts';
import { toWallMs } from '../../src/units.ts';
import type { JobReport, LeasedJob } from '../../src/worker-api/messages.ts';
import { startFaultyProxy, type SeenRequest, type Treatment } from '../kit/faulty-proxy.ts';
import { recordLargePictures } from '../kit/large-pictures.ts';
import { startS3 } from '../kit/s3-server.ts';
import { smallDisk } from '../kit/small-disk.ts';
import { TencentVodSpeaker } from '../kit/tencent-vod-speaker.ts';
import { leasedJob, silent } from '../recorder/recorder-kit.ts';
import { at, tempDir } from '../single/recorder-kit.ts';

// A destination may say that all is well and have something else. Then nothing here may go.

const job: LeasedJob = {
  ...leasedJob(1),
  fileKey: 'anchor1_main',
  trackType: 'video',
  startMs: toWallMs(at(0)),
  endMs: toWallMs(at(4000)),
};

/** Does the job as a recorder would, with a server that frees the segments of whatever is reported as done. */
async function finish(t: TestContext, destination: LeasedJob['destination'], storage: AppStorage, bytes: number) {
  const dataDir = tempDir(t);
  const spool = new Spool(join(dataDir, 'spool'));
  await recordLargePictures(spool.folder(job.taskId, 1, job.fileKey), { count: 100, bytes });
  const reports: JobReport[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const runner = new FinishRunner({
    begin: (leased) => beginFinishing(leased, { spool, dataDir, storageOf: () => storage, privateBuckets: true }),
    report: async (_jobId, report) => {
      reports.push(report);
      return { accepted: true, spoolFree: true };
    },
    onConfirmed: ({ taskId, fileKey }) => void spool.removeFile(taskId, fileKey),
    clock: new FakeClock(),
    log: silent,
  });
  runner.start({ ...job, destination }, { isHeld: () => true, onEnded: resolve });
  await promise;
  assert.equal(spool.foldersOf(job.taskId, job.fileKey).length, 1, 'the segments are there');
  const [report] = reports;
  assert.ok(report?.kind === 'failed' && report.fault === 'destination' && !report.permanent, JSON.stringify(report));
  return report.reason;
}

const no = `"${'0'.repeat(32)}"`;
const lies: readonly [string, number, (seen: SeenRequest) => Treatment][] = [
  ['another checksum', 1000, ({ method }) => (method === 'PUT' ? { rewrite: { etag: no } } : 'pass')],
  ['another size', 1000, ({ method }) => (method === 'HEAD' ? { rewrite: { 'content-length': '3' } } : 'pass')],
  [
    'another size in all',
    200_000,
    ({ method }) => (method === 'HEAD' ? { rewrite: { 'content-length': '3' } } : 'pass'),
  ],
  [
    'a part with another checksum',
    200_000,
    ({ url }) => (url.includes('partNumber=2') ? { rewrite: { etag: no } } : 'pass'),
  ],
];

for (const [what, bytes, treat] of lies) {
  test(`a bucket that answers 200 and has ${what}`, async (t) => {
    const s3 = await startS3(t);
    const proxy = await startFaultyProxy(t, s3.host);
    proxy.treat = treat;
    const reason = await finish(t, s3.destination(proxy.host), { kind: 'library' }, bytes);
    assert.match(reason, /did not store the bytes that it was sent/);
  });
}

test('Tencent VOD that answers 200 and has other bytes', async (t) => {
  const speaker = await TencentVodSpeaker.start();
  t.after(() => speaker.close());
  speaker.misbehave('part', { how: 'corrupt' });
  const { endpoint, secretId, secretKey } = speaker;
  const account = { subAppId: undefined, region: undefined, endpoint, cosDomain: endpoint, protocol: 'http' } as const;
  const reason = await finish(t, job.destination, { kind: 'tencent-vod', secretId, secretKey, ...account }, 1000);
  assert.match(reason, /holds other bytes/);
  assert.equal(speaker.count('CommitUpload'), 0);
});

test('a library that has another number of bytes than were finished has confirmed nothing', async (t) => {
  const dir = tempDir(t);
  const path = join(dir, 'part-1.mp4');
  writeFileSync(path, 'half');
  const part = { path, container: 'mp4', part: 1, sizeBytes: 8 } as LocalPart;
  const deliver = toLibrary({ root: join(dir, 'library'), subAppId: 7, fileId: job.fileId });
  await assert.rejects(deliver(part, new AbortController().signal), /has 4 bytes of the file instead of 8/);
});

test('a finished file goes to a library on another disk only when its copy is there whole', async (t) => {
  const disk = smallDisk(t, 2);
  if (!disk) return t.skip('nothing may be mounted here');
  const path = join(tempDir(t), 'part-1.mp4');
  const target = join(disk, '7', '1', '1.mp4');
  writeFileSync(path, Buffer.alloc(4 * 1024 * 1024, 1));
  await assert.rejects(publishFile(path, target), { code: 'ENOSPC' });
  assert.ok(existsSync(path), 'the file is where it was');
  assert.ok(!existsSync(target), 'half a file is none');
  writeFileSync(path, Buffer.alloc(1024, 1));
  copyFileSync(path, `${path}.copy`);
  mkdirSync(join(disk, '8'));
  await publishFile(path, join(disk, '8', '1.mp4'));
  assert.ok(!existsSync(path));
});
