import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { trtc } from 'tencentcloud-sdk-nodejs/tencentcloud/services/trtc/index.js';
import { FakeClock, systemClock } from '../../src/clock.ts';
import { fileKey } from '../../src/naming/file-key.ts';
import type { Store } from '../../src/store/store.ts';
import { createUsageQueries } from '../../src/usage/recorded-time.ts';
import { claimJobs, doneReport, recordedFile, recordTask, serviceOn, tempStore } from '../tasks/fixture.ts';
import { wallMs } from '../../src/units.ts';
import { foreignAppId, sdkAppId, secretId, secretKey, startApi } from './recording-api.ts';

/** The statistics by the official SDK, over files that a task left in a real store. */

type Client = InstanceType<typeof trtc.v20190722.Client>;

/** 22:13:20 in UTC, so the next day in Beijing: 06:13:20 on 2023-11-15. */
const START = 1_700_000_000_000;
const MINUTE = 60_000;

async function world(t: TestContext): Promise<{ client: Client; store: Store }> {
  const clock = new FakeClock(START);
  const store = await tempStore(t, clock);
  const tasks = await serviceOn(store, clock);
  const span = (startMs: number, endMs: number) => ({ startMs: wallMs(startMs), endMs: wallMs(endMs) });
  await recordTask({ store, tasks, clock }, [
    recordedFile('alice', span(START, START + 10 * MINUTE)),
    recordedFile('bob', { trackType: 'audio', ...span(START, START + 90_500) }),
    recordedFile('', { mediaId: 'mix', ...span(START, START + 4 * MINUTE) }),
    recordedFile('failed', span(START, START + MINUTE)),
  ]);
  const sizes = new Map([
    [fileKey('alice', 'main'), { width: 640, height: 360 }],
    [fileKey('bob', 'main'), { width: 0, height: 0 }],
    [fileKey('', 'mix'), { width: 1920, height: 1080 }],
  ]);
  for (const job of await claimJobs(tasks, 'r')) {
    const size = sizes.get(job.fileKey);
    const { startMs, endMs } = job;
    if (size) await tasks.reportJob(job.jobId, doneReport(job, { ...size, startMs, endMs }));
  }
  const api = await startApi({ clock: systemClock({ unref: true }), usage: createUsageQueries(store) });
  const httpProfile = { endpoint: api.host, protocol: 'http://', reqMethod: 'POST' as const, reqTimeout: 10 };
  const credential = { secretId, secretKey };
  const client = new trtc.v20190722.Client({ credential, region: 'ap-guangzhou', profile: { httpProfile } });
  return { client, store };
}

const period = { StartTime: '2023-11-14', EndTime: '2023-11-15', SdkAppId: sdkAppId };

test('DescribeRecordStatistic: seconds by class, by day over days and by five minutes within one', async (t) => {
  const { client } = await world(t);
  const { SdkAppIdUsages } = await client.DescribeRecordStatistic(period);
  assert.deepEqual(SdkAppIdUsages, [
    {
      SdkAppId: String(sdkAppId),
      Usages: [
        { TimeKey: '2023-11-14', Class1VideoTime: 0, Class2VideoTime: 0, Class3VideoTime: 0, AudioTime: 0 },
        { TimeKey: '2023-11-15', Class1VideoTime: 600, Class2VideoTime: 0, Class3VideoTime: 240, AudioTime: 91 },
      ],
    },
  ]);
  const day = await client.DescribeRecordStatistic({ StartTime: '2023-11-15', EndTime: '2023-11-15' });
  assert.equal(day.SdkAppIdUsages[0]?.SdkAppId, '0');
  const busy = day.SdkAppIdUsages[0]?.Usages?.filter(({ Class1VideoTime }) => Class1VideoTime !== 0);
  assert.deepEqual(
    busy?.map(({ TimeKey, Class1VideoTime }) => [TimeKey, Class1VideoTime]),
    [
      ['2023-11-15 06:10:00', 100],
      ['2023-11-15 06:15:00', 300],
      ['2023-11-15 06:20:00', 200],
    ],
  );
});

test('DescribeRecordingUsage: minutes of single files or of mixes', async (t) => {
  const { client } = await world(t);
  const single = await client.DescribeRecordingUsage({ ...period, MixType: 'single' });
  assert.deepEqual(single.UsageKey, ['Audio', 'SD', 'HD', 'FullHD', '2K', '4K']);
  assert.deepEqual(single.UsageList, [
    { TimeKey: '2023-11-14 00:00:00', TimeStampKey: 1_699_891_200, UsageValue: [0, 0, 0, 0, 0, 0] },
    { TimeKey: '2023-11-15 00:00:00', TimeStampKey: 1_699_977_600, UsageValue: [2, 10, 0, 0, 0, 0] },
  ]);
  const mixed = await client.DescribeRecordingUsage({ ...period, MixType: 'multi' });
  assert.deepEqual(mixed.UsageList?.[1]?.UsageValue, [0, 0, 0, 4, 0, 0]);
});

test('what was delivered in two forms was recorded once, in all its parts', async (t) => {
  const { client, store } = await world(t);
  const [file] = await store.db.selectFrom('file').selectAll().where('user_id', '=', 'alice').execute();
  const copy = (change: object) =>
    store.db
      .insertInto('file')
      .values({ ...file!, ...change })
      .execute();
  await copy({ file_id: 'h', container: 'hls' });
  await copy({ file_id: 'p', part: 2, start_ms: file!.end_ms, end_ms: file!.end_ms + MINUTE });
  const { SdkAppIdUsages } = await client.DescribeRecordStatistic(period);
  assert.equal(SdkAppIdUsages[0]?.Usages?.[1]?.Class1VideoTime, 660);
});

test('sound and picture in playlists of their own were recorded once, as a picture', async (t) => {
  const { client, store } = await world(t);
  const alice = store.db.updateTable('file').where('user_id', '=', 'alice');
  await alice.set({ container: 'hls', track_type: 'audio', width: 0, height: 0 }).execute();
  const [sound] = await store.db.selectFrom('file').selectAll().where('user_id', '=', 'alice').execute();
  const picture = { file_id: 'v', part: 2, track_type: 'video', width: 640, height: 360 } as const;
  const span = { start_ms: START + MINUTE, end_ms: START + 11 * MINUTE };
  await store.db
    .insertInto('file')
    .values({ ...sound!, ...picture, ...span })
    .execute();
  const { SdkAppIdUsages } = await client.DescribeRecordStatistic(period);
  const day = SdkAppIdUsages[0]?.Usages?.[1];
  assert.deepEqual([day?.Class1VideoTime, day?.AudioTime], [660, 91]);
});

test('the ranges of the statistics', async (t) => {
  const { client } = await world(t);
  const code = (work: Promise<unknown>): Promise<string | undefined> =>
    work.then(
      () => undefined,
      (error: { code?: string }) => error.code,
    );
  const ask = (change: object) => code(client.DescribeRecordStatistic({ ...period, ...change }));
  assert.equal(await ask({ StartTime: '2026-03-01', EndTime: '2026-03-31' }), undefined);
  assert.equal(await ask({ StartTime: '2026-03-01', EndTime: '2026-04-01' }), 'InvalidParameter.QueryScaleOversize');
  assert.equal(await ask({ StartTime: '2026-03-02', EndTime: '2026-03-01' }), 'InvalidParameter.StartTs');
  assert.equal(await ask({ StartTime: '2026-02-30' }), 'InvalidParameter.OutOfRange');
  assert.equal(await ask({ StartTime: '20260301' }), 'InvalidParameter.OutOfRange');
  assert.equal(await ask({ StartTime: undefined }), 'MissingParameter');
  assert.equal(await ask({ SdkAppId: foreignAppId }), 'InvalidParameter.SdkAppId');
  const mix = client.DescribeRecordingUsage({ ...period, MixType: 'both' });
  assert.equal(await code(mix), 'InvalidParameter.OutOfRange');
});
