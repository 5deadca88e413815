import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { App } from '../../src/config/apps.ts';
import { boundExpiry } from '../../src/library/keep-bound.ts';
import {
  bench,
  claimJobs,
  claimTask,
  create,
  doneReport,
  library,
  newTask,
  oneApp,
  recordedFile,
  recordTask,
  sdkAppId,
  serviceOn,
  silentLog,
  type Bench,
  bucket,
} from './fixture.ts';

const day = 86_400_000;

/** A file of so many bytes; at Tencent VOD when it has an address of its own. */
async function finished(
  b: Bench,
  sizeBytes: number,
  change: { url?: string; expireSeconds?: number } = {},
): Promise<string> {
  const { expireSeconds = 0, ...part } = change;
  const taskId = await recordTask(b, [recordedFile('a')], newTask({ destination: library({ expireSeconds }) }));
  const [job] = await claimJobs(b.tasks, 'r');
  await b.tasks.reportJob(job!.jobId, doneReport(job!, { sizeBytes, ...part }));
  return taskId;
}

const withLimit = (libraryGb: number, change: Partial<App> = {}) => {
  const app = oneApp().app(sdkAppId)!;
  return { app: () => ({ ...app, ...change, limits: { ...app.limits, libraryGb } }) };
};

test('an app whose files in the library are at their limit gets no further task that goes there', async (t) => {
  const b = await bench(t, { apps: withLimit(0.001) });
  await finished(b, 999_999);
  assert.ok(await create(b.tasks));
  await claimTask(b.tasks, 'busy');
  await finished(b, 2);
  assert.equal(await b.tasks.create(newTask({ botUserId: 'next' })), 'library full');
  assert.equal(typeof (await b.tasks.create(newTask({ botUserId: 'elsewhere', destination: bucket }))), 'object');
  const remote = await serviceOn(b.store, b.clock, {
    apps: withLimit(0.001, { storage: { kind: 'tencent-vod' } as App['storage'] }),
  });
  assert.equal(typeof (await remote.create(newTask({ botUserId: 'vod' }))), 'object', 'its files go to Tencent VOD');
  await b.store.db.updateTable('file').set({ state: 'removed' }).where('size_bytes', '=', 2).execute();
  assert.equal(typeof (await b.tasks.create(newTask({ botUserId: 'again' }))), 'object', 'there is room again');
});

test('files of the library stay for the configured days at most, those at Tencent VOD as they were told', async (t) => {
  const b = await bench(t, { libraryKeepMs: 10 * day });
  const keptDays = async (taskId: string): Promise<number | undefined> => {
    const row = await b.store.db.selectFrom('file').selectAll().where('task_id', '=', taskId).executeTakeFirstOrThrow();
    return row.expires_ms === null ? undefined : (row.expires_ms - row.done_ms!) / day;
  };
  assert.equal(await keptDays(await finished(b, 1)), 10);
  assert.equal(await keptDays(await finished(b, 1, { expireSeconds: 86_400 })), 1);
  assert.equal(await keptDays(await finished(b, 1, { expireSeconds: 86_400 * 100 })), 10);
  assert.equal(
    await keptDays(await finished(b, 1, { url: 'http://vod.example/a.mp4', expireSeconds: 86_400 * 100 })),
    100,
  );
});

test('a bound that is configured later holds for what is there already, and for no other file', async (t) => {
  const b = await bench(t);
  const forever = await finished(b, 1);
  const short = await finished(b, 1, { expireSeconds: 86_400 });
  const remote = await finished(b, 1, { url: 'http://vod.example/a.mp4' });
  await boundExpiry(b.store, 5 * day, silentLog);
  const rows = await b.store.db.selectFrom('file').selectAll().execute();
  const daysOf = (id: string): number | undefined => {
    const { expires_ms: ms, done_ms: done } = rows.find(({ task_id: task }) => task === id)!;
    return ms === null ? undefined : (ms - done!) / day;
  };
  assert.deepEqual([daysOf(forever), daysOf(short), daysOf(remote)], [5, 1, undefined]);
});

test('segments that were never delivered are kept as long as configured, and while anything is tried', async (t) => {
  const b = await bench(t, { spoolKeepMs: 3 * day, giveUpMs: 5 * day });
  const delivered = await finished(b, 1);
  const lost = await recordTask(b, [recordedFile('a')]);
  const [job] = await claimJobs(b.tasks, 'r');
  const failed = { kind: 'failed', reason: 'no picture', permanent: true } as const;
  await b.tasks.reportJob(job!.jobId, { ...failed, epoch: job!.epoch });
  const stuck = await recordTask(b, [recordedFile('a')]);
  for (let i = 0; i < 6; i += 1) {
    const [again] = await claimJobs(b.tasks, 'r');
    const refused = { ...failed, epoch: again!.epoch, permanent: false, fault: 'destination' } as const;
    await b.tasks.reportJob(again!.jobId, refused);
    b.clock.advance(61_000);
  }
  const running = await create(b.tasks, newTask({ botUserId: 'runs' }));
  const taskIds = [delivered, lost, stuck, running];
  const expired = async (tasks = b.tasks) => (await tasks.sweepable({ taskIds })).expired?.toSorted();
  b.clock.advance(3 * day - 3_600_000);
  assert.deepEqual(await expired(), []);
  b.clock.advance(3_600_000);
  assert.deepEqual(await expired(), [delivered, lost].toSorted(), 'what is still tried stays');
  assert.equal(await expired(await serviceOn(b.store, b.clock)), undefined, 'for ever by default');
});
