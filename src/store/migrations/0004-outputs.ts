import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { StoreEngine } from '../engine.ts';

/**
 * A recording may be delivered in several forms, in several parts, to a library or a bucket, and its plan may change
 * while it runs. Files and jobs get tables anew, because what makes a file unique has changed.
 */
export const outputs = (engine: StoreEngine): Migration => ({
  async up(db: Kysely<unknown>) {
    await widenTask(db);
    await createFile(db);
    await createJob(db, engine);
    await moveRows(db);
    await createPlaylist(db);
  },
});

async function widenTask(db: Kysely<unknown>): Promise<void> {
  const task = db.schema.alterTable('task');
  await task.addColumn('destination', 'text', (c) => c.notNull().defaultTo('{}')).execute();
  await task.addColumn('revision', 'integer', (c) => c.notNull().defaultTo(0)).execute();
  await task.addColumn('upload_began', 'integer').execute();
  await task.addColumn('upload_stop', 'integer').execute();
  await sql`update task set destination = '{"kind":"vod","subAppId":' || sub_app_id || ',"expireSeconds":' ||
    expire_seconds || ',"classId":0}'`.execute(db);
  await task.dropColumn('sub_app_id').execute();
  await task.dropColumn('expire_seconds').execute();
}

async function createFile(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('file_new')
    .addColumn('file_id', 'text', (c) => c.primaryKey())
    .addColumn('task_id', 'text', (c) => c.notNull().references('task.id'))
    .addColumn('file_key', 'text', (c) => c.notNull())
    .addColumn('container', 'text', (c) => c.notNull())
    .addColumn('part', 'integer', (c) => c.notNull())
    .addColumn('user_id', 'text', (c) => c.notNull())
    .addColumn('media_id', 'text', (c) => c.notNull())
    .addColumn('track_type', 'text', (c) => c.notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('sub_app_id', 'bigint', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('start_ms', 'bigint', (c) => c.notNull())
    .addColumn('end_ms', 'bigint', (c) => c.notNull())
    .addColumn('size_bytes', 'bigint')
    .addColumn('duration_ms', 'bigint')
    .addColumn('sha256', 'text')
    .addColumn('streams', 'text')
    .addColumn('width', 'integer')
    .addColumn('height', 'integer')
    .addColumn('facts', 'text')
    .addColumn('remote_id', 'text')
    .addColumn('url', 'text')
    .addColumn('done_ms', 'bigint')
    .addColumn('expires_ms', 'bigint')
    .addColumn('removed_ms', 'bigint')
    .addColumn('error', 'text')
    .addUniqueConstraint('file_part_once', ['task_id', 'file_key', 'container', 'part'])
    .execute();
}

async function createJob(db: Kysely<unknown>, engine: StoreEngine): Promise<void> {
  await db.schema
    .createTable('job_new')
    .addColumn('id', 'integer', engine.identity)
    .addColumn('task_id', 'text', (c) => c.notNull().references('task.id'))
    .addColumn('file_id', 'text', (c) => c.notNull().references('file_new.file_id'))
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('owner', 'text')
    .addColumn('epoch', 'integer', (c) => c.notNull())
    .addColumn('claimable_ms', 'bigint', (c) => c.notNull())
    .addColumn('attempts', 'integer', (c) => c.notNull())
    .addColumn('content_faults', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('destination_faults', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('created_ms', 'bigint', (c) => c.notNull())
    .addColumn('error', 'text')
    .addUniqueConstraint('job_file_once', ['file_id'])
    .execute();
}

async function moveRows(db: Kysely<unknown>): Promise<void> {
  await sql`insert into file_new (file_id, task_id, file_key, container, part, user_id, media_id, track_type, name,
      sub_app_id, state, start_ms, end_ms, size_bytes, duration_ms, sha256, streams, width, height, done_ms, expires_ms, error)
    select file_id, task_id, file_key, 'mp4', 1, user_id, media_id, track_type, name,
      sub_app_id, state, start_ms, end_ms, size_bytes, duration_ms, sha256, streams, width, height, done_ms, expires_ms, error
    from file`.execute(db);
  await sql`insert into job_new (id, task_id, file_id, state, owner, epoch, claimable_ms, attempts, content_faults, created_ms, error)
    select id, task_id, file_id, state, owner, epoch, claimable_ms, attempts, content_faults, created_ms, error from job`.execute(
    db,
  );
  await db.schema.dropTable('job').execute();
  await db.schema.dropTable('file').execute();
  await db.schema.alterTable('file_new').renameTo('file').execute();
  await db.schema.alterTable('job_new').renameTo('job').execute();
  await sql`create index job_claim on job (claimable_ms) where state = 'open'`.execute(db);
  await sql`create index file_open on file (task_id) where state = 'finishing'`.execute(db);
  await sql`create index file_expiry on file (expires_ms) where state = 'done' and expires_ms is not null`.execute(db);
  await sql`create index file_library on file (sub_app_id, done_ms) where state = 'done'`.execute(db);
}

async function createPlaylist(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('playlist')
    .addColumn('task_id', 'text', (c) => c.notNull().references('task.id'))
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('user_id', 'text', (c) => c.notNull())
    .addColumn('media_id', 'text', (c) => c.notNull())
    .addColumn('track_type', 'text', (c) => c.notNull())
    .addColumn('begin_ms', 'bigint', (c) => c.notNull())
    .addColumn('listed', 'integer', (c) => c.notNull())
    .addPrimaryKeyConstraint('playlist_key', ['task_id', 'name'])
    .execute();
}
