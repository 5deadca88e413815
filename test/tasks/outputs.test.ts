import assert from 'node:assert/strict';
import { test } from 'node:test';
import { partName } from '../../src/naming/file-name.ts';
import { createTaskQueries } from '../../src/tasks/queries.ts';
import { wallMs } from '../../src/units.ts';
import type { BucketDestination, Container, JobReport, LeasedJob } from '../../src/worker-api/messages.ts';
import {
  bench,
  claimJobs,
  claimTask,
  create,
  doneReport,
  eventsOf,
  newTask,
  plainLinks,
  plan,
  recordedFile,
  recordTask,
  sdkAppId,
  typesOf,
  type Bench,
} from './fixture.ts';

const bucket: BucketDestination = {
  kind: 'bucket',
  vendor: 's3',
  region: 'r',
  bucket: 'b',
  accessKey: 'a',
  secretKey: 's',
  prefix: ['p'],
};
const bucketTask = (outputs: readonly Container[]) =>
  newTask({ destination: bucket, plan: { ...plan, outputs, avMerge: false } });

const refusedBy = (job: LeasedJob): JobReport => ({
  kind: 'failed',
  epoch: job.epoch,
  reason: 'the bucket denies',
  permanent: false,
  fault: 'destination',
});

/** A job whose destination refuses it until that is told. */
async function refuseUntilTold(b: Bench): Promise<void> {
  for (let i = 0; i < 5; i += 1) {
    const [job] = await claimJobs(b.tasks, 'r', 1);
    await b.tasks.reportJob(job!.jobId, refusedBy(job!));
    b.clock.advance(61_000);
  }
}

const playlist = (job: LeasedJob, medium: 'audio' | 'video') =>
  doneReport(job, { name: `${job.nameStem}_${medium}.m3u8`, trackType: medium, fileId: '' }).parts[0]!;

test('a recording that was split is told part by part, with indexes (F4)', async (t) => {
  const b = await bench(t);
  const taskId = await recordTask(b, [recordedFile('a')]);
  const [job] = await claimJobs(b.tasks, 'r');
  const parts = [1, 2, 3].map((part) => ({
    ...doneReport(job!).parts[0]!,
    part,
    name: partName(job!.nameStem, part, 'mp4'),
    fileId: part === 1 ? job!.fileId : `100000000000000000${part}`,
    startMs: wallMs(1_700_000_000_000 + part * 60_000),
    endMs: wallMs(1_700_000_060_000 + part * 60_000),
  }));
  await b.tasks.reportJob(job!.jobId, { kind: 'done', epoch: job!.epoch, parts });
  const told = (await eventsOf(b.store, taskId)).filter(({ type }) => type === 311);
  const vod = told.map(({ payload }) => (payload as { TencentVod: Record<string, unknown> }).TencentVod);
  assert.deepEqual(
    vod.map((file) => [file['CacheFile'], file['StartTimeStamp'], file['FileId']]),
    parts.map((part) => [part.name, part.startMs, part.fileId]),
  );
  assert.match(String(vod[1]!['VideoUrl']), new RegExp(`/vod/${sdkAppId}/1000000000000000002/.*_main_2\\.mp4$`));
  assert.deepEqual(await typesOf(b.store, taskId), [301, 302, 311, 311, 311, 312]);
});

test('each form of a file is a job of its own; segments may go with the last', async (t) => {
  const b = await bench(t);
  const taskId = await recordTask(b, [recordedFile('a')], newTask({ plan: { ...plan, outputs: ['hls', 'mp4'] } }));
  const jobs = await claimJobs(b.tasks, 'r');
  assert.deepEqual(jobs.map((job) => job.container).sort(), ['hls', 'mp4']);
  assert.deepEqual(await b.tasks.reportJob(jobs[0]!.jobId, doneReport(jobs[0]!)), { accepted: true, spoolFree: false });
  assert.deepEqual((await b.tasks.sweepable({ taskIds: [taskId] })).settled, []);
  assert.deepEqual(await b.tasks.reportJob(jobs[1]!.jobId, doneReport(jobs[1]!)), { accepted: true, spoolFree: true });
  assert.deepEqual(await typesOf(b.store, taskId), [301, 302, 311, 311, 312]);
});

test('a recording without sound has no AAC, and a task of which nothing is made ends at once', async (t) => {
  const b = await bench(t);
  const silent = recordedFile('a', { trackType: 'video' });
  const taskId = await recordTask(b, [silent], newTask({ plan: { ...plan, outputs: ['aac'] } }));
  assert.deepEqual(await typesOf(b.store, taskId), [301, 302, 312]);
});

test('Tencent VOD names the file and its address itself', async (t) => {
  const b = await bench(t);
  const taskId = await recordTask(b, [recordedFile('a')]);
  const [job] = await claimJobs(b.tasks, 'r');
  const remote = { fileId: '5145403699454155159', url: 'http://vod.example.com/x.mp4' };
  await b.tasks.reportJob(job!.jobId, doneReport(job!, remote));
  const { payload } = (await eventsOf(b.store, taskId)).find(({ type }) => type === 311)!;
  const { TencentVod } = payload as { TencentVod: Record<string, unknown> };
  assert.deepEqual([TencentVod['FileId'], TencentVod['VideoUrl']], [remote.fileId, remote.url]);
});

test('people see where each file plays: here, at Tencent VOD, or nowhere we know of', async (t) => {
  const b = await bench(t);
  const files = [recordedFile('here'), recordedFile('there')];
  const library = await recordTask(b, files, newTask({ botUserId: 'one' }));
  const there = 'http://vod.example.com/x.mp4';
  for (const job of await claimJobs(b.tasks, 'r')) {
    const remote = job.fileKey === files[1]!.fileKey ? { fileId: '5145403699454155159', url: there } : {};
    await b.tasks.reportJob(job.jobId, doneReport(job, remote));
  }
  const inBucket = await recordTask(b, [recordedFile('a')], bucketTask(['mp4']));
  const [job] = await claimJobs(b.tasks, 'r');
  await b.tasks.reportJob(job!.jobId, doneReport(job!, { fileId: '' }));
  const queries = createTaskQueries({ store: b.store, links: plainLinks('http://h') });
  const shown = async (taskId: string) =>
    (await queries.taskDetail(taskId))!.files.map(({ isHere, videoUrl }) => [isHere, videoUrl?.slice(0, 23)]);
  assert.deepEqual(
    (await shown(library)).toSorted(([a], [b]) => Number(a) - Number(b)),
    [
      [false, there.slice(0, 23)],
      [true, `http://h/vod/${sdkAppId}`],
    ],
  );
  assert.deepEqual(await shown(inBucket), [[false, undefined]]);
});

test('what is told of the upload after the task has ended comes too late', async (t) => {
  const b = await bench(t);
  const taskId = await create(b.tasks, bucketTask(['hls']));
  const { epoch } = await claimTask(b.tasks, 'r');
  await b.tasks.reportTask(taskId, { kind: 'started', epoch, startedMs: b.clock.wallMs() });
  await b.tasks.reportTask(taskId, { kind: 'stopped', epoch, leaveCode: 0, atMs: b.clock.wallMs(), files: [] });
  const late = { kind: 'upload-began', epoch, status: 1 } as const;
  assert.deepEqual(await b.tasks.reportTask(taskId, late), { accepted: true });
  assert.deepEqual(await typesOf(b.store, taskId), [301, 302, 305]);
});

test('E15: a bucket hears of lists while they grow, and of the end', async (t) => {
  const b = await bench(t);
  const taskId = await create(b.tasks, bucketTask(['hls', 'mp4']));
  const { epoch } = await claimTask(b.tasks, 'r');
  await b.tasks.reportTask(taskId, { kind: 'started', epoch, startedMs: b.clock.wallMs() });
  const began = {
    kind: 'playlist-began',
    epoch,
    name: 'x_audio.m3u8',
    userId: 'a',
    mediaId: 'main',
    trackType: 'audio',
    beginMs: b.clock.wallMs(),
  } as const;
  for (let i = 0; i < 2; i += 1) {
    await b.tasks.reportTask(taskId, { kind: 'upload-began', epoch, status: 0 });
    await b.tasks.reportTask(taskId, began);
    await b.tasks.reportTask(taskId, { kind: 'playlist-listed', epoch, name: 'x_audio.m3u8' });
  }
  assert.deepEqual((await b.tasks.describe(sdkAppId, taskId))?.files, [
    { userId: 'a', name: 'x_audio.m3u8', trackType: 'audio', beginMs: began.beginMs },
  ]);
  const atMs = b.clock.wallMs();
  await b.tasks.reportTask(taskId, { kind: 'stopped', epoch, leaveCode: 0, atMs, files: [recordedFile('a')] });
  const jobs = await claimJobs(b.tasks, 'r');
  const hls = jobs.find((job) => job.container === 'hls')!;
  const mp4 = jobs.find((job) => job.container === 'mp4')!;
  assert.deepEqual([hls.destination, hls.separateMedia], [bucket, true]);
  const lists = {
    kind: 'done',
    epoch: hls.epoch,
    parts: [playlist(hls, 'audio'), { ...playlist(hls, 'video'), part: 2 }],
  };
  await b.tasks.reportJob(hls.jobId, lists as JobReport);
  await b.tasks.reportJob(mp4.jobId, doneReport(mp4));
  const events = await eventsOf(b.store, taskId);
  assert.deepEqual(
    events.map(({ type }) => type),
    [301, 303, 307, 304, 302, 307, 304, 307, 304, 305, 310],
  );
  assert.deepEqual(events[2]!.payload, {
    FileName: 'x_audio.m3u8',
    UserId: 'a',
    TrackType: 'audio',
    BeginTimeStamp: began.beginMs,
  });
  assert.deepEqual(events[3]!.payload, { FileList: 'x_audio.m3u8' });
  assert.deepEqual(events.at(-2)!.payload, { Status: 0 });
  const part = doneReport(mp4).parts[0]!;
  assert.deepEqual(events.at(-1)!.payload, {
    Status: 0,
    FileList: [part.name],
    FileMessage: [
      {
        FileName: part.name,
        UserId: 'a',
        TrackType: 'audio_video',
        MediaId: 'main',
        StartTimeStamp: part.startMs,
        EndTimeStamp: part.endMs,
      },
    ],
  });
});

test('playlists of all files are finished before any MP4: 305 is told before 310', async (t) => {
  const b = await bench(t);
  const taskId = await recordTask(b, [recordedFile('a'), recordedFile('b')], bucketTask(['hls', 'mp4']));
  for (const container of ['hls', 'hls', 'mp4', 'mp4']) {
    const [job] = await claimJobs(b.tasks, 'r', 1);
    assert.equal(job!.container, container);
    await b.tasks.reportJob(job!.jobId, doneReport(job!));
  }
  assert.deepEqual((await typesOf(b.store, taskId)).slice(-3), [305, 310, 310]);
});

test('a bucket that gets MP4 alone is told of it after the one 305', async (t) => {
  const b = await bench(t);
  const taskId = await recordTask(b, [recordedFile('a')], bucketTask(['mp4']));
  const [job] = await claimJobs(b.tasks, 'r');
  await b.tasks.reportJob(job!.jobId, doneReport(job!));
  assert.deepEqual(await typesOf(b.store, taskId), [301, 302, 303, 305, 310]);
});

test('a bucket task without media ends with 305', async (t) => {
  const b = await bench(t);
  const taskId = await recordTask(b, [], bucketTask(['hls']));
  assert.deepEqual(await typesOf(b.store, taskId), [301, 302, 305]);
});

test('E13: a library that refuses is told once, with 312, and its later success as well', async (t) => {
  const b = await bench(t);
  const taskId = await recordTask(b, [recordedFile('a')]);
  await refuseUntilTold(b);
  const told = await eventsOf(b.store, taskId);
  assert.deepEqual(
    told.map(({ type }) => type),
    [301, 302, 311, 312],
  );
  const name = '1400000000_10001_UserId_s_YQ.._UserId_e_main.mp4';
  assert.deepEqual(told[2]!.payload, {
    Status: 1,
    Errmsg: 'the bucket denies',
    TencentVod: { UserId: 'a', TrackType: 'audio_video', CacheFile: name },
  });
  assert.deepEqual(told[3]!.payload, { Status: 1 });
  const [job] = await claimJobs(b.tasks, 'r');
  assert.ok(job, 'the file is still being tried');
  await b.tasks.reportJob(job.jobId, doneReport(job));
  const healed = await eventsOf(b.store, taskId);
  assert.deepEqual([healed.length, (healed[4]!.payload as { Status: number }).Status], [5, 0]);
});

test('what was stuck on its way to a bucket is told as recovered (305 and 310 Status 2)', async (t) => {
  for (const [container, expected] of [
    ['hls', [303, 305, 307, 304, 305]],
    ['mp4', [303, 305, 310, 305, 310]],
  ] as const) {
    const b = await bench(t);
    const taskId = await recordTask(b, [recordedFile('a')], bucketTask([container]));
    await refuseUntilTold(b);
    const [job] = await claimJobs(b.tasks, 'r');
    await b.tasks.reportJob(job!.jobId, doneReport(job!));
    const events = (await eventsOf(b.store, taskId)).slice(2);
    assert.deepEqual(
      events.map(({ type }) => type),
      expected,
    );
    const statuses = events.filter(({ type }) => type === expected.at(-1)).map(({ payload }) => payload);
    assert.deepEqual(
      statuses.map((payload) => (payload as { Status: number }).Status),
      [1, 2],
    );
    assert.deepEqual(events[0]!.payload, { Status: 1 }, 'the first object could not be written');
  }
});

test('309 names the image that could not be had (E14)', async (t) => {
  const b = await bench(t);
  const taskId = await create(b.tasks);
  const { epoch } = await claimTask(b.tasks, 'r');
  await b.tasks.reportTask(taskId, { kind: 'started', epoch, startedMs: b.clock.wallMs() });
  await b.tasks.reportTask(taskId, { kind: 'image-failed', epoch, url: 'https://h/a.png' });
  const [, event] = await eventsOf(b.store, taskId);
  assert.deepEqual(event, { type: 309, payload: { Url: 'https://h/a.png' } });
});

test('309 is told once for each image of a layout, however often it is reported', async (t) => {
  const b = await bench(t);
  const taskId = await create(b.tasks);
  const { epoch } = await claimTask(b.tasks, 'r');
  await b.tasks.reportTask(taskId, { kind: 'started', epoch, startedMs: b.clock.wallMs() });
  const fail = (url: string) => b.tasks.reportTask(taskId, { kind: 'image-failed', epoch, url });
  for (const url of ['https://h/a.png', 'https://h/b.png', 'https://h/a.png']) {
    assert.deepEqual(await fail(url), { accepted: true });
  }
  await b.tasks.modify(sdkAppId, taskId, ({ layout, subscription }) => ({ layout, subscription }));
  for (let i = 0; i < 2; i += 1) await fail('https://h/a.png');
  const told = (await eventsOf(b.store, taskId)).filter(({ type }) => type === 309);
  assert.deepEqual(
    told.map(({ payload }) => payload),
    ['a', 'b', 'a'].map((name) => ({ Url: `https://h/${name}.png` })),
  );
});

test('files whose destination refuses come after everybody else’s', async (t) => {
  const b = await bench(t);
  const first = await recordTask(b, [recordedFile('a')], bucketTask(['mp4']));
  const [refused] = await claimJobs(b.tasks, 'r', 1);
  await b.tasks.reportJob(refused!.jobId, refusedBy(refused!));
  b.clock.advance(61_000);
  const second = await recordTask(b, [recordedFile('b')], newTask({ room: { sdkAppId, kind: 'number', roomId: '2' } }));
  const claimed = [await claimJobs(b.tasks, 'r', 1), await claimJobs(b.tasks, 'other', 1)].flat();
  assert.deepEqual(
    claimed.map(({ taskId }) => taskId),
    [second, first],
  );
});
