import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** What a task's manifest is made of, beside its files and events. */
export const evidence: Migration = {
  async up(db: Kysely<unknown>) {
    await createPlanRevision(db);
    await createTimeline(db);
    await createChains(db);
    await createFileDigests(db);
    await createEvidenceDue(db);
  },
};

async function createPlanRevision(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('plan_revision')
    .addColumn('task_id', 'text', (c) => c.notNull().references('task.id'))
    .addColumn('revision', 'integer', (c) => c.notNull())
    .addColumn('at_ms', 'bigint', (c) => c.notNull())
    .addColumn('plan', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('plan_revision_key', ['task_id', 'revision'])
    .execute();
}

async function createTimeline(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('timeline_entry')
    .addColumn('task_id', 'text', (c) => c.notNull().references('task.id'))
    .addColumn('epoch', 'integer', (c) => c.notNull())
    .addColumn('seq', 'integer', (c) => c.notNull())
    .addColumn('at_ms', 'bigint', (c) => c.notNull())
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('entry', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('timeline_entry_key', ['task_id', 'epoch', 'seq'])
    .execute();
}

async function createChains(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('chain_head')
    .addColumn('task_id', 'text', (c) => c.notNull().references('task.id'))
    .addColumn('file_key', 'text', (c) => c.notNull())
    .addColumn('epoch', 'integer', (c) => c.notNull())
    .addColumn('segments', 'integer', (c) => c.notNull())
    .addColumn('chain', 'text', (c) => c.notNull())
    .addColumn('told_ms', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('chain_head_key', ['task_id', 'file_key', 'epoch'])
    .execute();
  await db.schema
    .createTable('chain_check')
    .addColumn('task_id', 'text', (c) => c.notNull().references('task.id'))
    .addColumn('file_key', 'text', (c) => c.notNull())
    .addColumn('container', 'text', (c) => c.notNull())
    .addColumn('epoch', 'integer', (c) => c.notNull())
    .addColumn('checked_ms', 'bigint', (c) => c.notNull())
    .addColumn('result', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('chain_check_key', ['task_id', 'file_key', 'container', 'epoch'])
    .execute();
}

async function createFileDigests(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('file_digests')
    .addColumn('file_id', 'text', (c) => c.primaryKey())
    .addColumn('digests', 'text', (c) => c.notNull())
    .execute();
}

async function createEvidenceDue(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('evidence_due')
    .addColumn('task_id', 'text', (c) => c.primaryKey().references('task.id'))
    .addColumn('marks', 'integer', (c) => c.notNull())
    .execute();
}
