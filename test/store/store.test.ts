import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { FakeClock, systemClock } from '../../src/clock.ts';
import { Migrator } from 'kysely/migration';
import { sqliteEngine } from '../../src/store/engine.ts';
import { storeMigrations } from '../../src/store/migrations.ts';
import { Outbox } from '../../src/callbacks/outbox.ts';
import { openStore, Store } from '../../src/store/store.ts';
import { claimJobs, claimTask, create, doneReport, serviceOn, tempFolder, tempStore } from '../tasks/fixture.ts';

/** Runs the child on the store, kills it with SIGKILL after so many acknowledged steps, and returns those. */
async function killedAfter(path: string, steps: number): Promise<string[]> {
  const script = join(import.meta.dirname, 'commit-child.ts');
  const child = spawn(process.execPath, [script, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const told: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    told.push(line);
    if (told.length === steps) child.kill('SIGKILL');
  }
  await exited;
  assert.ok(told.length >= steps, 'the child ended by itself');
  return told;
}

const expectedTypes: Record<string, number[]> = { created: [], started: [301], stopped: [301, 302] };

/** The next child takes over what a killed one left, which is told as 306. */
const typesWithoutTakeovers = (events: readonly { type: number }[] = []): number[] =>
  events.map(({ type }) => type).filter((type) => type !== 306);

/** Every acknowledged step is there, with its events, files and jobs: all of a transaction or none of it. */
async function verify(store: Store, told: readonly string[]): Promise<void> {
  const events = Map.groupBy(await store.db.selectFrom('event').selectAll().orderBy('seq').execute(), (e) => e.task_id);
  const jobs = Map.groupBy(await store.db.selectFrom('job').selectAll().execute(), (job) => job.task_id);
  const tasks = new Map((await store.db.selectFrom('task').selectAll().execute()).map((task) => [task.id, task]));
  const last = new Map(told.map((line) => line.split(' ').toReversed() as [string, string]));
  for (const [taskId, step] of last) {
    const types = typesWithoutTakeovers(events.get(taskId));
    assert.ok(tasks.has(taskId), `${step} ${taskId} is lost`);
    assert.deepEqual(types.slice(0, expectedTypes[step]!.length), expectedTypes[step]);
  }
  for (const task of tasks.values()) {
    const types = typesWithoutTakeovers(events.get(task.id));
    const full = task.state === 'finishing';
    assert.deepEqual(types, full ? [301, 302] : task.started_ms === null ? [] : [301]);
    assert.equal(task.event_seq, events.get(task.id)?.length ?? 0);
    assert.equal(jobs.get(task.id)?.length ?? 0, full ? 2 : 0);
  }
}

test('kill -9 in the middle of commits loses nothing that was acknowledged', async (t) => {
  const path = join(await tempFolder(t), 'store.sqlite');
  const told: string[] = [];
  for (const steps of [1, 50, 77, 133]) {
    told.push(...(await killedAfter(path, steps)));
    const store = await openStore({ path, clock: systemClock() });
    await verify(store, told);
    await store.close();
  }
});

test('the file is in WAL mode with full synchronisation, and migrations are recorded once', async (t) => {
  const path = join(await tempFolder(t), 'store.sqlite');
  for (let i = 0; i < 2; i += 1) {
    const store = await openStore({ path, clock: new FakeClock() });
    await store.close();
  }
  const file = new DatabaseSync(path);
  t.after(() => file.close());
  assert.deepEqual({ ...file.prepare('pragma journal_mode').get() }, { journal_mode: 'wal' });
  const names = file.prepare('select name from kysely_migration').all();
  const known = Object.keys(await storeMigrations(sqliteEngine).getMigrations());
  assert.deepEqual(
    names.map(({ name }) => name),
    known,
  );
  assert.deepEqual(known, known.toSorted(), 'a migration comes after all that were released before it');
});

/** A store as the program left it whose last migration that was; `file` is open, for rows. */
async function storeOfVersion(t: TestContext, migration: string): Promise<{ path: string; file: DatabaseSync }> {
  const path = join(await tempFolder(t), 'store.sqlite');
  const older = new Store({ path, clock: new FakeClock() });
  const migrator = new Migrator({ db: older.db, provider: storeMigrations(sqliteEngine) });
  assert.equal((await migrator.migrateTo(migration)).error, undefined);
  await older.close();
  return { path, file: new DatabaseSync(path) };
}

test('a running task of a store of the version before goes on, however many epochs it had', async (t) => {
  const clock = new FakeClock();
  const { path, file } = await storeOfVersion(t, '0001-tasks-and-outbox');
  file.exec(`insert into task (id, sdk_app_id, room_kind, room_id, bot_user_id, plan, sub_app_id, expire_seconds,
    created_ms, api_until_ms, state, status, epoch, claimable_ms, started_epoch, event_seq, event_ms)
    values ('old', 1400000000, 'number', '1', 'bot', '{}', 1, 0, 1, 1, 'active', 'Idle', 50, 1, 0, 0, 0)`);
  file.close();
  const store = await openStore({ path, clock });
  t.after(() => store.close());
  assert.equal((await claimTask(await serviceOn(store, clock), 'r')).epoch, 51);
});

test('files of libraries get their category and files of buckets none', async (t) => {
  const clock = new FakeClock();
  const { path, file } = await storeOfVersion(t, '0004-outputs');
  for (const [id, destination] of Object.entries({
    plain: '{"kind":"vod","subAppId":1,"expireSeconds":0,"classId":0}',
    classed: '{"kind":"vod","subAppId":1,"expireSeconds":0,"classId":7}',
    bucket: '{"kind":"bucket"}',
  })) {
    file.exec(`insert into task (id, sdk_app_id, room_kind, room_id, bot_user_id, plan, destination, created_ms,
        api_until_ms, state, status, epoch, claimable_ms, started_epoch, event_seq, event_ms)
      values ('${id}', 1, 'number', '1', 'bot', '{}', '${destination}', 1, 1, 'ended', 'Idle', 1, 1, 0, 0, 0);
      insert into file (file_id, task_id, file_key, container, part, user_id, media_id, track_type, name, sub_app_id,
        state, start_ms, end_ms) values ('${id}', '${id}', 'k', 'mp4', 1, 'a', 'main', 'audio', 'n', 1, 'done', 1, 2)`);
  }
  file.close();
  const store = await openStore({ path, clock });
  t.after(() => store.close());
  const rows = await store.db.selectFrom('file').select(['file_id', 'class_id']).execute();
  const classes = Object.fromEntries(rows.map((row) => [row.file_id, row.class_id]));
  assert.deepEqual(classes, { plain: 0, classed: 7, bucket: null });
});

test('events of a store of the version before are still told, those that wait with the bytes they have', async (t) => {
  const clock = new FakeClock();
  const { path, file } = await storeOfVersion(t, '0002-giving-up');
  file.exec(`insert into task (id, sdk_app_id, room_kind, room_id, bot_user_id, plan, sub_app_id, expire_seconds,
    created_ms, api_until_ms, state, status, epoch, claimable_ms, started_epoch, event_seq, event_ms)
    values ('old', 1400000000, 'number', '1', 'bot', '{}', 1, 0, 1, 1, 'active', 'Idle', 1, 1, 1, 2, 9)`);
  file.exec(`insert into event (task_id, seq, sdk_app_id, type, event_ms, payload, state, body, attempts,
    first_attempt_ms, next_attempt_ms, settled_ms) values
    ('old', 1, 1400000000, 301, 8, '{"Status":0}', 'delivered', 'sent', 0, 8, 8, 9),
    ('old', 2, 1400000000, 302, 9, '{"LeaveCode":0}', 'pending', 'fixed bytes', 1, 9, 9, null)`);
  file.close();
  const store = await openStore({ path, clock });
  t.after(() => store.close());
  const due = await new Outbox(store).due(clock.wallMs(), { streams: [], lanes: [] }, 10);
  assert.deepEqual(
    due.map(({ stream, seq, task_id, event_group, body, room_id }) => [
      stream,
      seq,
      task_id,
      event_group,
      body,
      room_id,
    ]),
    [['old', 2, 'old', 3, 'fixed bytes', '1']],
  );
  assert.equal((await store.db.selectFrom('event').selectAll().execute()).length, 2);
});

test(
  'nobody else of the machine reads the store, which has keys to buckets',
  { skip: process.platform === 'win32' },
  async (t) => {
    const path = join(await tempFolder(t), 'store.sqlite');
    const modes = async (): Promise<number[]> =>
      Promise.all([path, `${path}-wal`].map(async (one) => (await stat(one)).mode & 0o777));
    const open = async () => openStore({ path, clock: new FakeClock() });
    const fresh = await open();
    assert.deepEqual(await modes(), [0o600, 0o600]);
    await fresh.close();
    await chmod(path, 0o664);
    const known = await open();
    t.after(() => known.close());
    assert.deepEqual(await modes(), [0o660, 0o660]);
  },
);

test('files and jobs of a store of the version before go on as the one MP4 that they were', async (t) => {
  const clock = new FakeClock();
  const { path, file } = await storeOfVersion(t, '0002-giving-up');
  file.exec(`insert into task (id, sdk_app_id, room_kind, room_id, bot_user_id, plan, sub_app_id, expire_seconds,
      created_ms, api_until_ms, state, status, epoch, claimable_ms, started_epoch, event_seq, event_ms)
    values ('old', 1400000000, 'number', '1', 'bot', '{"layout":{"mode":"grid"}}', 77, 3600, 1, 1, 'finishing', 'Idle',
      1, 1, 1, 0, 0);
    insert into file (file_id, task_id, file_key, user_id, media_id, track_type, name, sub_app_id, state, start_ms, end_ms)
    values ('1234567890123456789', 'old', 'k', 'a', 'main', 'audio', 'n.mp4', 77, 'finishing', 1, 2);
    insert into job (id, task_id, file_id, state, epoch, claimable_ms, attempts, content_faults, created_ms, error)
    values (41, 'old', '1234567890123456789', 'open', 3, 1, 3, 2, 1, 'disk full')`);
  file.close();
  const store = await openStore({ path, clock });
  t.after(() => store.close());
  const tasks = await serviceOn(store, clock);
  const [job] = await claimJobs(tasks, 'r');
  assert.deepEqual(
    [job?.jobId, job?.epoch, job?.fileId, job?.container, job?.destination],
    [41, 4, '1234567890123456789', 'mp4', { kind: 'vod', subAppId: 77, expireSeconds: 3600, classId: 0 }],
  );
  const { content_faults: faults } = await store.db.selectFrom('job').selectAll().executeTakeFirstOrThrow();
  assert.equal(faults, 2);
  await tasks.reportJob(41, doneReport(job!));
  const done = await store.db.selectFrom('file').select(['part', 'state', 'class_id']).execute();
  assert.deepEqual(
    done.map((row) => ({ ...row })),
    [{ part: 1, state: 'done', class_id: 0 }],
  );
});

test('synchronous is FULL on the connection in use', async (t) => {
  const store = await tempStore(t);
  const { sql } = await import('kysely');
  const { rows } = await sql<{ synchronous: number }>`pragma synchronous`.execute(store.db);
  assert.equal(rows[0]?.synchronous, 2);
  const keys = await sql<{ foreign_keys: number }>`pragma foreign_keys`.execute(store.db);
  assert.equal(keys.rows[0]?.foreign_keys, 1);
});

test('a store of a newer program and a file that is no store are refused', async (t) => {
  const folder = await tempFolder(t);
  const path = join(folder, 'store.sqlite');
  await (await openStore({ path, clock: new FakeClock() })).close();
  const file = new DatabaseSync(path);
  file.exec(`insert into kysely_migration (name, timestamp) values ('9999-future', '2030-01-01')`);
  file.close();
  await assert.rejects(openStore({ path, clock: new FakeClock() }), /brought up to date/);
  const other = join(folder, 'other.sqlite');
  await writeFile(other, 'this is no database, and long enough to be told from an empty one'.repeat(20));
  await assert.rejects(openStore({ path: other, clock: new FakeClock() }));
});

test('a transaction that throws leaves nothing and rings nothing', async (t) => {
  const clock = new FakeClock();
  const store = await tempStore(t, clock);
  const tasks = await serviceOn(store, clock);
  const taskId = await create(tasks);
  let rung = 0;
  store.events.onRing(() => {
    rung += 1;
  });
  const failing = store.transaction(async (tx) => {
    await tx.db.updateTable('task').set({ status: 'InProgress' }).where('id', '=', taskId).execute();
    tx.announce('events');
    throw new Error('no');
  });
  await assert.rejects(failing, /no/);
  assert.equal((await tasks.describe(1400000000, taskId))?.status, 'Idle');
  assert.equal(rung, 0);
  assert.equal(store.stats().rollbacks, 1);
  await store.transaction(async (tx) => tx.announce('events'));
  assert.equal(rung, 1);
});

test('transactions run one after another', async (t) => {
  const store = await tempStore(t);
  const order: string[] = [];
  const slow = store.transaction(async () => {
    order.push('first begins');
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
    order.push('first ends');
  });
  const next = store.transaction(async () => void order.push('second'));
  await Promise.all([slow, next]);
  assert.deepEqual(order, ['first begins', 'first ends', 'second']);
});

test('close is idempotent', async (t) => {
  const store = await tempStore(t);
  await Promise.all([store.close(), store.close()]);
  assert.equal(store.closed, true);
  await assert.rejects(store.transaction(async () => undefined));
});

test('a lock of another process delays a transaction, and not the process', async (t) => {
  const path = join(await tempFolder(t), 'store.sqlite');
  const store = await openStore({ path, clock: systemClock() });
  t.after(() => store.close());
  const other = new DatabaseSync(path);
  t.after(() => other.close());
  other.exec('begin immediate');
  const tasks = serviceOn(store, systemClock());
  for (let turns = 0; turns < 30; turns += 1) await sleep(10);
  other.exec('commit');
  await create(await tasks);
  assert.equal((await claimTask(await tasks, 'a')).epoch, 1);
});
