import { createHash } from 'node:crypto';
import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { StoreEngine } from '../engine.ts';
import type { Tables } from '../tables.ts';

/**
 * Events know the name that receivers see, every attempt to deliver one is kept, and events that are to be sent again
 * wait in a queue of their own. Whoever makes `event` anew must copy these two tables as well: they refer to it.
 */
export const callbackLog = (engine: StoreEngine): Migration => ({
  async up(db: Kysely<Tables>) {
    await nameMessages(db);
    await createAttempt(db, engine);
    await createReplay(db);
    await sql`create index event_time on event (event_ms, message_id)`.execute(db);
    await sql`create index event_of_app on event (sdk_app_id, event_ms, message_id)`.execute(db);
    await sql`create index event_dropped on event (event_ms) where state = 'dropped'`.execute(db);
    await sql`create index event_of_task on event (settled_ms) where task_id is not null`.execute(db);
    await sql`create index task_time on task (created_ms, id)`.execute(db);
  },
});

/** The names that the version before gave its messages: a receiver may have seen them. */
async function nameMessages(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .alterTable('event')
    .addColumn('message_id', 'text', (c) => c.notNull().defaultTo(''))
    .execute();
  for (const { stream, seq } of await db.selectFrom('event').select(['stream', 'seq']).execute()) {
    const hash = createHash('sha256').update(`${stream}\n${seq}`).digest('hex');
    const named = { message_id: `evt_${hash.slice(0, 32)}` };
    await db.updateTable('event').set(named).where('stream', '=', stream).where('seq', '=', seq).execute();
  }
  await sql`create unique index event_message on event (message_id)`.execute(db);
}

async function createAttempt(db: Kysely<Tables>, engine: StoreEngine): Promise<void> {
  await db.schema
    .createTable('callback_attempt')
    .addColumn('id', 'integer', engine.identity)
    .addColumn('stream', 'text', (c) => c.notNull())
    .addColumn('seq', 'integer', (c) => c.notNull())
    .addColumn('attempt', 'integer', (c) => c.notNull())
    .addColumn('replay_ms', 'bigint')
    .addColumn('started_ms', 'bigint', (c) => c.notNull())
    .addColumn('duration_ms', 'bigint', (c) => c.notNull())
    .addColumn('url', 'text', (c) => c.notNull())
    .addColumn('status', 'integer')
    .addColumn('error', 'text')
    .addColumn('answer', 'text', (c) => c.notNull())
    .addColumn('outcome', 'text', (c) => c.notNull())
    .addForeignKeyConstraint('callback_attempt_event', ['stream', 'seq'], 'event', ['stream', 'seq'], (c) =>
      c.onDelete('cascade'),
    )
    .execute();
  await sql`create index callback_attempt_of on callback_attempt (stream, seq, id)`.execute(db);
  await sql`create index callback_attempt_time on callback_attempt (started_ms)`.execute(db);
}

async function createReplay(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('callback_replay')
    .addColumn('stream', 'text', (c) => c.notNull())
    .addColumn('seq', 'integer', (c) => c.notNull())
    .addColumn('requested_ms', 'bigint', (c) => c.notNull())
    .addColumn('attempts', 'integer', (c) => c.notNull())
    .addColumn('first_attempt_ms', 'bigint')
    .addColumn('next_attempt_ms', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('callback_replay_key', ['stream', 'seq'])
    .addForeignKeyConstraint('callback_replay_event', ['stream', 'seq'], 'event', ['stream', 'seq'])
    .execute();
  await sql`create index callback_replay_due on callback_replay (next_attempt_ms, stream, seq)`.execute(db);
}
