import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { StoreEngine } from '../engine.ts';

/** Rules of auto recording by revision, tasks that began by one, and what was changed by whom. */
export const autoRecord = (engine: StoreEngine): Migration => ({
  async up(db: Kysely<unknown>) {
    await createRules(db, engine);
    await createAudit(db, engine);
    const task = db.schema.alterTable('task');
    await task.addColumn('auto_revision', 'integer').execute();
    await task.addColumn('auto_session', 'integer').execute();
    await task.addColumn('callback', 'text').execute();
    const robot = db.schema.alterTable('room_visit');
    await robot.addColumn('robot', 'integer', (c) => c.notNull().defaultTo(0)).execute();
    await sql`create index task_auto on task (auto_session) where auto_session is not null`.execute(db);
    await sql`create index room_session_living on room_session (sdk_app_id) where destroyed_ms is null`.execute(db);
  },
});

async function createRules(db: Kysely<unknown>, engine: StoreEngine): Promise<void> {
  await db.schema
    .createTable('auto_record_rule')
    .addColumn('revision', 'integer', engine.identity)
    .addColumn('sdk_app_id', 'bigint', (c) => c.notNull())
    .addColumn('rule', 'text')
    .addColumn('effective_ms', 'bigint', (c) => c.notNull())
    .addColumn('origin', 'text', (c) => c.notNull())
    .execute();
  await sql`create index auto_record_rule_app on auto_record_rule (sdk_app_id, revision)`.execute(db);
}

async function createAudit(db: Kysely<unknown>, engine: StoreEngine): Promise<void> {
  await db.schema
    .createTable('audit')
    .addColumn('id', 'integer', engine.identity)
    .addColumn('at_ms', 'bigint', (c) => c.notNull())
    .addColumn('actor', 'text', (c) => c.notNull())
    .addColumn('action', 'text', (c) => c.notNull())
    .addColumn('subject', 'text', (c) => c.notNull())
    .addColumn('before', 'text')
    .addColumn('after', 'text')
    .execute();
  await sql`create index audit_time on audit (at_ms)`.execute(db);
}
