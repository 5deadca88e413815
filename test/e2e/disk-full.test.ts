import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { freeMbAt } from '../../src/disk-space.ts';
import { forkSyntheticAnchor } from '../../src/synthetic/forked-anchor.ts';
import { committedFiles, TestServer } from '../kit/server.ts';
import { smallDisk } from '../kit/small-disk.ts';

const ROOM = { roomId: '902' };

/** Waits as long as a slow machine may need. */
async function until(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
  for (const deadline = Date.now() + 120_000; !(await holds()); await sleep(200))
    assert.ok(Date.now() < deadline, `it never came to be that ${what}`);
}

async function waitingJobs(server: TestServer): Promise<number> {
  const text = await (await fetch(`${server.process.url}/metrics`)).text();
  return Number(/^roomtape_backlog_jobs_waiting_for_space (\S+)$/m.exec(text)?.[1]);
}

test('a disk that fills up: Create is refused, recordings end with what they have, files come when there is room', async (t) => {
  const disk = smallDisk(t, 400);
  if (!disk) return t.skip('nothing may be mounted here');
  const { TMPDIR } = process.env;
  process.env['TMPDIR'] = disk;
  const server = await TestServer.start({
    ROOMTAPE_RECORDERS__PROCESSES: '1',
    ROOMTAPE_RECORDERS__LEAST_FREE_MB: '200',
    ROOMTAPE_RECORDERS__STOP_FREE_MB: '100',
  });
  t.after(() => server.close());
  if (TMPDIR === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = TMPDIR;
  assert.ok(server.dataDir.startsWith(disk));
  const ballast = join(disk, 'ballast');
  const freeTo = (mb: number): void => {
    rmSync(ballast, { force: true });
    writeFileSync(ballast, Buffer.alloc(Math.floor(freeMbAt(disk) - mb) * 1024 * 1024));
  };
  const { url, token } = server.whip(ROOM, 'alice');
  const alice = await forkSyntheticAnchor({ url, token, name: 'alice', colour: '#c03030', beepHz: 1000 });
  t.after(() => alice.close());
  const tasks = [await server.record(ROOM, 1, {}, 'one'), await server.record(ROOM, 1, {}, 'two')];
  for (const task of tasks) await server.untilStatus(task, 'InProgress');

  freeTo(150);
  const refused = async (): Promise<boolean> =>
    server.record(ROOM, 1, {}, 'three').then(
      (task) => server.stop(task).then(() => false),
      (error: { code?: string }) => error.code === 'FailedOperation.RestrictedConcurrency',
    );
  await until('Create is refused', refused);
  for (const task of tasks) assert.equal(await server.status(task), 'InProgress', 'those that run go on');

  freeTo(90);
  const left = (task: string) => server.receiver.events(task, 302)[0];
  await until('both have ended', () => tasks.every(left));
  for (const task of tasks) assert.deepEqual(left(task)!.EventInfo.Payload, { LeaveCode: 100 });
  await until('the jobs wait', async () => (await waitingJobs(server)) === 2);

  rmSync(ballast);
  const ended = (task: string) => server.receiver.events(task, 312).length > 0;
  await until('the files are there', () => tasks.every(ended));
  for (const task of tasks) {
    const events = server.receiver.events(task);
    const [file] = committedFiles(events);
    assert.ok((await server.download(file!)).length > 0);
    assert.deepEqual(
      events.map(({ EventType }) => EventType),
      [301, 302, 311, 312],
    );
  }
  assert.equal(await waitingJobs(server), 0);
});
