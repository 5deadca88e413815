import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { StoreEngine } from '../engine.ts';

/** Administrators, their sessions, and what they did. */
export const administrators = (engine: StoreEngine): Migration => ({
  async up(db: Kysely<unknown>) {
    await createAccount(db);
    await createSession(db);
    await createAudit(db, engine);
    await sql`create index task_of_room on task (room_id, created_ms)`.execute(db);
    await sql`create index task_unwell on task (ended_ms) where result <> 'ok'`.execute(db);
    await sql`create index file_unwell on file (end_ms) where state in ('failed', 'stuck')`.execute(db);
  },
});

const createAccount = (db: Kysely<unknown>): Promise<void> =>
  db.schema
    .createTable('admin_account')
    .addColumn('name', 'text', (c) => c.primaryKey())
    .addColumn('role', 'text', (c) => c.notNull())
    .addColumn('password', 'text', (c) => c.notNull())
    .addColumn('created_ms', 'bigint', (c) => c.notNull())
    .addColumn('password_ms', 'bigint', (c) => c.notNull())
    .execute();

const createSession = (db: Kysely<unknown>): Promise<void> =>
  db.schema
    .createTable('admin_session')
    .addColumn('id_sha256', 'text', (c) => c.primaryKey())
    .addColumn('account', 'text', (c) => c.notNull().references('admin_account.name'))
    .addColumn('address', 'text', (c) => c.notNull())
    .addColumn('created_ms', 'bigint', (c) => c.notNull())
    .addColumn('seen_ms', 'bigint', (c) => c.notNull())
    .execute();

const createAudit = (db: Kysely<unknown>, engine: StoreEngine): Promise<void> =>
  db.schema
    .createTable('audit_entry')
    .addColumn('id', 'integer', engine.identity)
    .addColumn('at_ms', 'bigint', (c) => c.notNull())
    .addColumn('actor', 'text', (c) => c.notNull())
    .addColumn('address', 'text', (c) => c.notNull())
    .addColumn('action', 'text', (c) => c.notNull())
    .addColumn('detail', 'text', (c) => c.notNull())
    .addColumn('result', 'integer', (c) => c.notNull())
    .execute();
