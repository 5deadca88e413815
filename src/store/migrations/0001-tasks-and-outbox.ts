import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { StoreEngine } from '../engine.ts';

/** Tasks, files, jobs and the outbox. */
export const tasksAndOutbox = (engine: StoreEngine): Migration => ({
  async up(db: Kysely<unknown>) {
    await createTask(db);
    await createFile(db);
    await createJob(db, engine);
    await createEvent(db);
  },
});

async function createTask(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('task')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('sdk_app_id', 'bigint', (c) => c.notNull())
    .addColumn('room_kind', 'text', (c) => c.notNull())
    .addColumn('room_id', 'text', (c) => c.notNull())
    .addColumn('bot_user_id', 'text', (c) => c.notNull())
    .addColumn('plan', 'text', (c) => c.notNull())
    .addColumn('sub_app_id', 'bigint', (c) => c.notNull())
    .addColumn('expire_seconds', 'bigint', (c) => c.notNull())
    .addColumn('user_define_record_id', 'text')
    .addColumn('created_ms', 'bigint', (c) => c.notNull())
    .addColumn('api_until_ms', 'bigint', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('status', 'text', (c) => c.notNull())
    .addColumn('stop_code', 'integer')
    .addColumn('owner', 'text')
    .addColumn('epoch', 'integer', (c) => c.notNull())
    .addColumn('claimable_ms', 'bigint', (c) => c.notNull())
    .addColumn('started_ms', 'bigint')
    .addColumn('started_epoch', 'integer', (c) => c.notNull())
    .addColumn('leave_code', 'integer')
    .addColumn('ended_ms', 'bigint')
    .addColumn('result', 'text')
    .addColumn('event_seq', 'integer', (c) => c.notNull())
    .addColumn('event_ms', 'bigint', (c) => c.notNull())
    .execute();
  await sql`create index task_claim on task (claimable_ms) where state = 'active'`.execute(db);
  await sql`create index task_live on task (sdk_app_id) where state = 'active'`.execute(db);
  await sql`create index task_recent on task (sdk_app_id, created_ms)`.execute(db);
}

async function createFile(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('file')
    .addColumn('file_id', 'text', (c) => c.primaryKey())
    .addColumn('task_id', 'text', (c) => c.notNull().references('task.id'))
    .addColumn('file_key', 'text', (c) => c.notNull())
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
    .addColumn('done_ms', 'bigint')
    .addColumn('expires_ms', 'bigint')
    .addColumn('error', 'text')
    .addUniqueConstraint('file_once', ['task_id', 'file_key'])
    .execute();
}

async function createJob(db: Kysely<unknown>, engine: StoreEngine): Promise<void> {
  await db.schema
    .createTable('job')
    .addColumn('id', 'integer', engine.identity)
    .addColumn('task_id', 'text', (c) => c.notNull().references('task.id'))
    .addColumn('file_id', 'text', (c) => c.notNull().references('file.file_id'))
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('owner', 'text')
    .addColumn('epoch', 'integer', (c) => c.notNull())
    .addColumn('claimable_ms', 'bigint', (c) => c.notNull())
    .addColumn('attempts', 'integer', (c) => c.notNull())
    .addColumn('created_ms', 'bigint', (c) => c.notNull())
    .addColumn('error', 'text')
    .addUniqueConstraint('job_once', ['file_id'])
    .execute();
  await sql`create index job_claim on job (claimable_ms) where state = 'open'`.execute(db);
}

async function createEvent(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('event')
    .addColumn('task_id', 'text', (c) => c.notNull().references('task.id'))
    .addColumn('seq', 'integer', (c) => c.notNull())
    .addColumn('sdk_app_id', 'bigint', (c) => c.notNull())
    .addColumn('type', 'integer', (c) => c.notNull())
    .addColumn('event_ms', 'bigint', (c) => c.notNull())
    .addColumn('payload', 'text', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('body', 'text')
    .addColumn('attempts', 'integer', (c) => c.notNull())
    .addColumn('first_attempt_ms', 'bigint')
    .addColumn('next_attempt_ms', 'bigint', (c) => c.notNull())
    .addColumn('settled_ms', 'bigint')
    .addColumn('error', 'text')
    .addPrimaryKeyConstraint('event_key', ['task_id', 'seq'])
    .execute();
  await sql`create index event_due on event (next_attempt_ms) where state = 'pending'`.execute(db);
}
