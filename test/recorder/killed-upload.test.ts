import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, statSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import fastify from 'fastify';
import { systemClock } from '../../src/clock.ts';
import { openInstallation } from '../../src/process/installation.ts';
import { Spool } from '../../src/recorder/spool.ts';
import { toWallMs } from '../../src/units.ts';
import { registerWorkerApi } from '../../src/worker-api/routes.ts';
import { startFaultyProxy, type FaultyProxy } from '../kit/faulty-proxy.ts';
import { recordLargePictures } from '../kit/large-pictures.ts';
import { startS3 } from '../kit/s3-server.ts';
import { at, tempDir } from '../single/recorder-kit.ts';
import { eventsOf, newTask, recordedFile, recordTask, serviceOn, tempStore, type Bench } from '../tasks/fixture.ts';

const roleFile = fileURLToPath(new URL('../../src/process/role.ts', import.meta.url));
const part = 8 * 1024 * 1024;
const pictures = 700;

/** A server for recorders with one job, and whoever does it. */
async function bench(t: TestContext) {
  const dataDir = tempDir(t);
  const clock = systemClock({ unref: true });
  const opened = openInstallation({ args: [], env: { ROOMTAPE_DATA_DIR: dataDir } });
  assert.ok(typeof opened !== 'string');
  const store = await tempStore(t, clock);
  const tasks = await serviceOn(store, clock, { leaseMs: 5000 });
  const http = fastify();
  await registerWorkerApi(http, { tasks, token: opened.secrets.token, clock });
  await http.listen({ port: 0, host: '127.0.0.1' });
  t.after(() => http.close());
  const url = `http://127.0.0.1:${(http.server.address() as AddressInfo).port}`;
  const env = {
    ROOMTAPE_DATA_DIR: dataDir,
    ROOMTAPE_RECORDERS__SERVER_URL: url,
    ROOMTAPE_RECORDERS__LEASE_SECONDS: '5',
  };
  const recorder = (name: string): ChildProcess => {
    const quiet = { ...process.env, ...env, ROOMTAPE_LOG__LEVEL: 'silent' };
    const child = fork(roleFile, ['--role=recorder', `--name=${name}`], { env: quiet });
    t.after(() => child.kill('SIGKILL'));
    return child;
  };
  return { dataDir, store, tasks, recorder, spool: new Spool(join(dataDir, 'spool')) };
}

const partNumbers = ({ seen }: FaultyProxy): number[] =>
  seen.flatMap(({ url }) => /partNumber=(\d+)/.exec(url)?.slice(1).map(Number) ?? []);

const until = async (what: string, holds: () => boolean | Promise<boolean>): Promise<void> => {
  for (let tries = 0; tries < 1200; tries += 1) {
    if (await holds()) return;
    await wait(50);
  }
  assert.fail(`${what} did not come`);
};

test('a recorder that is killed while it uploads: another goes on, and the file is in the bucket once', async (t) => {
  const { dataDir, store, tasks, recorder, spool } = await bench(t);
  const s3 = await startS3(t);
  const proxy = await startFaultyProxy(t, s3.host);
  const file = recordedFile('anchor1', {
    trackType: 'video',
    startMs: toWallMs(at(0)),
    endMs: toWallMs(at(pictures * 40)),
  });
  const destination = s3.destination(proxy.host);
  // The task is the server's before its segments can have a place.
  const noTime = { advance: () => {}, wallMs: () => toWallMs(at(0)) } as unknown as Bench['clock'];
  const taskId = await recordTask({ tasks, store, clock: noTime }, [file], newTask({ destination }));
  await recordLargePictures(spool.folder(taskId, 1, file.fileKey), { count: pictures, bytes: 60_000 });
  proxy.treat = ({ url }) => (url.includes('partNumber=') ? { delayMs: 100 } : 'pass');

  const first = recorder('one');
  await until('the fourth part', () => partNumbers(proxy).includes(4));
  first.kill('SIGKILL');
  await once(first, 'exit');
  const before = partNumbers(proxy).length;
  const unfinished = join(dataDir, 'library', 'unfinished');
  const made = readdirSync(unfinished).filter((name) => name.endsWith('.made'));
  assert.equal(made.length, 1, 'the finished file waits for the next attempt');
  const jobs = () => store.db.selectFrom('job').selectAll().executeTakeFirstOrThrow();
  assert.ok((await jobs()).upload, 'how far it was is in the store');
  const { ino } = statSync(join(unfinished, made[0]!, 'part-1.mp4'));

  recorder('two');
  await until('another part', () => partNumbers(proxy).length > before);
  assert.equal(statSync(join(unfinished, made[0]!, 'part-1.mp4')).ino, ino, 'it was not made anew');
  await until('the end of the job', async () => (await jobs()).state === 'done');

  const row = await store.db.selectFrom('file').selectAll().executeTakeFirstOrThrow();
  const bytes = await s3.get(`${taskId}/${row.name}`);
  assert.ok(bytes.length > 4 * part, `${bytes.length} bytes`);
  assert.deepEqual([bytes.length, createHash('sha256').update(bytes).digest('hex')], [row.size_bytes, row.sha256]);
  const sent = proxy.seen.reduce(
    (sum, { url, headers }) => sum + (url.includes('partNumber=') ? Number(headers['content-length']) : 0),
    0,
  );
  assert.ok(sent <= bytes.length + 2 * part, `${sent} bytes were sent of ${bytes.length}`);
  assert.deepEqual(s3.openUploads(), []);
  await until('the clearing up', () => readdirSync(unfinished).length === 0 && spool.taskIds().length === 0);
  const types = (await eventsOf(store, taskId)).map(({ type }) => type);
  for (const type of [303, 305, 310]) assert.equal(types.filter((one) => one === type).length, 1, `${type}`);
});
