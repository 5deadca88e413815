import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test, type TestContext } from 'node:test';
import type { TencentVodStorage } from '../../src/config/apps.ts';
import { beginFinishing, type FinishingOptions } from '../../src/recorder/finishing.ts';
import { Spool } from '../../src/recorder/spool.ts';
import { toWallMs } from '../../src/units.ts';
import type { JobReport, LeasedJob } from '../../src/worker-api/messages.ts';
import { tone } from '../codec/sound.ts';
import { startS3, s3Keys } from '../kit/s3-server.ts';
import { TencentVodSpeaker } from '../kit/tencent-vod-speaker.ts';
import { camera } from '../single/pictures.ts';
import { at, play, record, tempDir, voice } from '../single/recorder-kit.ts';

// One anchor of 125 s; with parts of a minute that makes three.
const seconds = 125;

const job: LeasedJob = {
  jobId: 1,
  epoch: 2,
  taskId: 'task',
  sdkAppId: 1_400_000_000,
  fileKey: 'anchor1_main',
  mediaId: 'main',
  trackType: 'audio_video',
  container: 'mp4',
  separateMedia: false,
  nameStem: '1400000000_10001_UserId_s_YW5jaG9yMQ.._UserId_e_main',
  fileId: '5145403699454155159',
  destination: { kind: 'vod', subAppId: 7, expireSeconds: 0, classId: 3, sourceContext: 'where' },
  maxFileMinutes: 1,
  startMs: toWallMs(at(0)),
  endMs: toWallMs(at(seconds * 1000)),
  attempt: 1,
};

const spoolOnce = mkdtempSync(join(tmpdir(), 'roomtape-'));
after(() => rmSync(spoolOnce, { recursive: true, force: true }));
const recording = await record(new Spool(spoolOnce).folder(job.taskId, 1, job.fileKey));
const pictures = await camera({ from: at(0), count: seconds * 5, step: 200_000, gop: 25, width: 64, height: 48 });
await play(recording, [...pictures, ...(await voice(tone(500), 0, seconds * 50))], seconds * 1000 + 100);
await recording.finish(at(seconds * 1000));

/** A data directory with the recording on its spool. */
function recorded(t: TestContext) {
  const dataDir = tempDir(t);
  cpSync(spoolOnce, join(dataDir, 'spool'), { recursive: true });
  const spool = new Spool(join(dataDir, 'spool'));
  const options: FinishingOptions = { spool, dataDir, storageOf: () => ({ kind: 'library' }), privateBuckets: true };
  const unfinished = (): string[] => readdirSync(join(dataDir, 'library', 'unfinished'));
  return { dataDir, options, unfinished };
}

const finish = (change: Partial<LeasedJob>, options: FinishingOptions): Promise<JobReport> =>
  beginFinishing({ ...job, ...change }, options).outcome;

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

const names = [1, 2, 3].map((part) => `${job.nameStem}_${part}.mp4`);

test('the parts of a job lie in the library under ids that are the same on every try', async (t) => {
  const { dataDir, options, unfinished } = recorded(t);
  const done = await finish({}, options);
  assert.ok(done.kind === 'done', JSON.stringify(done));
  assert.deepEqual(
    done.parts.map(({ name }) => name),
    names,
  );
  assert.equal(done.parts[0]!.fileId, job.fileId);
  for (const { fileId, sizeBytes, ...part } of done.parts) {
    const bytes = readFileSync(join(dataDir, 'library', '7', fileId, `${fileId}.mp4`));
    assert.deepEqual([part.sha256, sizeBytes], [sha256(bytes), bytes.length]);
  }
  const spans = done.parts.map(({ startMs, endMs }) => [startMs - job.startMs, endMs - job.startMs]);
  assert.deepEqual(spans, [
    [0, 60_000],
    [60_000, 120_000],
    [120_000, 125_000],
  ]);
  assert.deepEqual(await finish({ attempt: 2 }, options), done);
  assert.equal(readdirSync(join(dataDir, 'library', '7')).length, 3);
  assert.deepEqual(unfinished(), []);
});

test('parts go into a bucket, and those that are there are not sent again', async (t) => {
  const { options, unfinished } = recorded(t);
  const s3 = await startS3(t);
  const destination = { ...s3.destination(), prefix: ['a', 'b'] };
  const done = await finish({ destination }, options);
  assert.ok(done.kind === 'done', JSON.stringify(done));
  assert.deepEqual(
    await s3.list(),
    names.map((name) => `a/b/task/${name}`),
  );
  for (const { name, fileId, url, ...part } of done.parts) {
    assert.deepEqual([fileId, url], ['', undefined]);
    assert.equal(sha256(await s3.get(`a/b/task/${name}`)), part.sha256);
  }
  assert.equal(await s3.typeOf(`a/b/task/${names[0]}`), 'video/mp4');
  await s3.close();
  // The bucket is gone: what is asked for again is known to be there.
  assert.deepEqual(await finish({ destination, attempt: 2 }, options), done);
  const refused = await finish({ destination, container: 'aac', fileId: '5145403699454155160' }, options);
  assert.ok(
    refused.kind === 'failed' && refused.fault === 'destination' && !refused.permanent,
    JSON.stringify(refused),
  );
  assert.match(refused.reason, /bucket/);
  assert.ok(!JSON.stringify(refused).includes(s3Keys.secretKey));
  const left = unfinished().map((name) => name.replace(/^[0-9a-f]{32}/, ''));
  // The finished parts of the job that is open still, and what is known of the other until its end is reported.
  assert.deepEqual(left.toSorted(), ['.delivered', '.made', '.made'], 'no attempt leaves anything of its own');
});

test('HLS goes into a bucket from the spool, sound and pictures apart where the task says so', async (t) => {
  const { options } = recorded(t);
  const s3 = await startS3(t);
  const change = { destination: s3.destination(), container: 'hls', separateMedia: true } as const;
  const done = await finish(change, options);
  assert.ok(done.kind === 'done', JSON.stringify(done));
  const lists = ['audio', 'video'].map((medium) => `${job.nameStem}_${medium}.m3u8`);
  assert.deepEqual(
    done.parts.map(({ name }) => name),
    lists,
  );
  for (const { name, sha256: hash } of done.parts) assert.equal(sha256(await s3.get(`task/${name}`)), hash);
  assert.ok((await s3.list()).filter((key) => key.endsWith('.ts')).length >= 20);
  await s3.close();
  const refused = await finish({ ...change, attempt: 2 }, options);
  assert.ok(refused.kind === 'failed' && refused.fault === 'destination', JSON.stringify(refused));
  const [startMs, endMs] = [toWallMs(at(-9000)), toWallMs(at(-8000))];
  const nothing = await finish({ ...change, startMs, endMs }, options);
  assert.ok(nothing.kind === 'failed' && nothing.permanent && nothing.fault === 'content', JSON.stringify(nothing));
});

test('a bucket in a private network is refused where the configuration says so', async (t) => {
  const { options } = recorded(t);
  const s3 = await startS3(t);
  const refused = await finish({ destination: s3.destination() }, { ...options, privateBuckets: false });
  assert.ok(refused.kind === 'failed' && refused.fault === 'destination', JSON.stringify(refused));
  assert.deepEqual(await s3.list(), []);
});

test('an app’s account at Tencent VOD gets the parts, each once, with what the task and the app say', async (t) => {
  const { options } = recorded(t);
  const vod = await TencentVodSpeaker.start();
  t.after(() => vod.close());
  const account: TencentVodStorage = {
    kind: 'tencent-vod',
    secretId: vod.secretId,
    secretKey: vod.secretKey,
    subAppId: 251,
    region: 'ap-shanghai',
    endpoint: vod.endpoint,
    protocol: 'http',
    cosDomain: vod.endpoint,
  };
  const own = { ...options, storageOf: () => account };
  // The third part is refused once: the first two stay as they are.
  vod.misbehave('CommitUpload', { how: 'delay', ms: 1 }, 2);
  vod.misbehave('CommitUpload', { how: 'refuse', code: 'InternalError' }, 1);
  const refused = await finish({}, own);
  assert.ok(
    refused.kind === 'failed' && refused.fault === 'destination' && !refused.permanent,
    JSON.stringify(refused),
  );
  assert.match(refused.reason, /CommitUpload/);
  for (const secret of [vod.secretKey, ...vod.secretsGiven]) assert.ok(!refused.reason.includes(secret));
  assert.equal(vod.files.length, 2);
  const done = await finish({ attempt: 2 }, own);
  assert.ok(done.kind === 'done', JSON.stringify(done));
  assert.equal(vod.files.length, 3);
  for (const [index, part] of done.parts.entries()) {
    const file = vod.files[index]!;
    assert.deepEqual([part.fileId, part.url], [file.fileId, file.mediaUrl]);
    assert.equal(part.sha256, sha256(file.bytes));
    const { MediaName, MediaType, SubAppId, ClassId, StorageRegion, SourceContext } = file.applied;
    assert.deepEqual([MediaName, MediaType, SubAppId], [names[index]!.slice(0, -4), 'mp4', 251]);
    assert.deepEqual([ClassId, StorageRegion, SourceContext], [3, 'ap-shanghai', 'where']);
  }
  const hls = await finish({ container: 'hls', fileId: '5145403699454155160' }, own);
  assert.ok(hls.kind === 'done', JSON.stringify(hls));
  assert.equal(vod.files[3]!.applied['MediaType'], 'm3u8');
  const listed = vod.files[3]!.bytes.toString()
    .split('\n')
    .filter((line) => line.endsWith('.ts'));
  assert.deepEqual([...vod.files[3]!.beside.keys()].sort(), listed);
});

test('a job that is cancelled leaves nothing behind', async (t) => {
  const { dataDir, options, unfinished } = recorded(t);
  const handle = beginFinishing(job, options);
  while (!existsSync(join(dataDir, 'library', 'unfinished')) || unfinished().length === 0) {
    await new Promise((resume) => setTimeout(resume, 5));
  }
  handle.cancel();
  const report = await handle.outcome;
  assert.ok(report.kind === 'failed' && !report.permanent);
  assert.deepEqual(unfinished(), []);
  assert.equal(existsSync(join(dataDir, 'library', '7')), false);
});
