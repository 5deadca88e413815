import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { StoreEngine } from '../engine.ts';

/** Who was in which room when, and an outbox whose events belong to a stream: a task's, or a room's. */
export const rooms = (engine: StoreEngine): Migration => ({
  async up(db: Kysely<unknown>) {
    await createSession(db, engine);
    await createVisit(db, engine);
    await createCursor(db);
    await widenEvent(db);
  },
});

async function createSession(db: Kysely<unknown>, engine: StoreEngine): Promise<void> {
  await db.schema
    .createTable('room_session')
    .addColumn('id', 'integer', engine.identity)
    .addColumn('boot', 'text', (c) => c.notNull())
    .addColumn('number', 'integer', (c) => c.notNull())
    .addColumn('sdk_app_id', 'bigint', (c) => c.notNull())
    .addColumn('room_kind', 'text', (c) => c.notNull())
    .addColumn('room_id', 'text', (c) => c.notNull())
    .addColumn('comm_id', 'text', (c) => c.notNull())
    .addColumn('creator', 'text', (c) => c.notNull())
    .addColumn('created_ms', 'bigint', (c) => c.notNull())
    .addColumn('destroyed_ms', 'bigint')
    .addUniqueConstraint('room_session_once', ['boot', 'number'])
    .execute();
  await sql`create index room_session_time on room_session (sdk_app_id, created_ms)`.execute(db);
  await sql`create index room_session_comm on room_session (comm_id)`.execute(db);
  await sql`create index room_session_open on room_session (boot) where destroyed_ms is null`.execute(db);
}

async function createVisit(db: Kysely<unknown>, engine: StoreEngine): Promise<void> {
  await db.schema
    .createTable('room_visit')
    .addColumn('id', 'integer', engine.identity)
    .addColumn('session_id', 'integer', (c) => c.notNull().references('room_session.id'))
    .addColumn('user_id', 'text', (c) => c.notNull())
    .addColumn('role', 'integer', (c) => c.notNull())
    .addColumn('terminal', 'integer', (c) => c.notNull())
    .addColumn('user_type', 'integer', (c) => c.notNull())
    .addColumn('software', 'text', (c) => c.notNull())
    .addColumn('client_ip', 'text', (c) => c.notNull())
    .addColumn('media', 'text', (c) => c.notNull())
    .addColumn('joined_ms', 'bigint', (c) => c.notNull())
    .addColumn('left_ms', 'bigint')
    .addColumn('leave_reason', 'integer')
    .execute();
  await sql`create index room_visit_session on room_visit (session_id, joined_ms)`.execute(db);
  await sql`create unique index room_visit_open on room_visit (session_id, user_id) where left_ms is null`.execute(db);
}

async function createCursor(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('journal_cursor')
    .addColumn('name', 'text', (c) => c.primaryKey())
    .addColumn('boot', 'text', (c) => c.notNull())
    .addColumn('seq', 'bigint', (c) => c.notNull())
    .addColumn('seen_ms', 'bigint', (c) => c.notNull())
    .execute();
}

/** SQLite cannot loosen a column: the table is made anew with what was in it. A task's stream is named by its id. */
async function widenEvent(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('event').renameTo('event_of_task').execute();
  await createEvent(db);
  await sql`insert into event (stream, seq, task_id, sdk_app_id, event_group, type, event_ms, payload, state, body,
      attempts, first_attempt_ms, next_attempt_ms, settled_ms, error)
    select task_id, seq, task_id, sdk_app_id, 3, type, event_ms, payload, state, body,
      attempts, first_attempt_ms, next_attempt_ms, settled_ms, error from event_of_task`.execute(db);
  await db.schema.dropTable('event_of_task').execute();
  await sql`create index event_due on event (next_attempt_ms) where state = 'pending'`.execute(db);
  // A room's stream may be long: what was settled in it must not be read to find the first that waits.
  await sql`create index event_waiting on event (stream, seq) where state = 'pending'`.execute(db);
  await sql`create index event_of_room on event (settled_ms) where task_id is null`.execute(db);
}

async function createEvent(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('event')
    .addColumn('stream', 'text', (c) => c.notNull())
    .addColumn('seq', 'integer', (c) => c.notNull())
    .addColumn('task_id', 'text', (c) => c.references('task.id'))
    .addColumn('sdk_app_id', 'bigint', (c) => c.notNull())
    .addColumn('event_group', 'integer', (c) => c.notNull())
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
    .addPrimaryKeyConstraint('event_in_stream', ['stream', 'seq'])
    .execute();
}
