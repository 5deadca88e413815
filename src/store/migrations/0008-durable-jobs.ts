import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * How far a job's upload in parts has come, so that another attempt goes on from there; and how many attempts said how
 * they ended, which of those before now is taken for granted; and whether it waits for room on the disk.
 */
export const durableJobs: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable('job').addColumn('upload', 'text').execute();
    await db.schema
      .alterTable('job')
      .addColumn('reported', 'integer', (c) => c.notNull().defaultTo(0))
      .execute();
    await db.schema
      .alterTable('job')
      .addColumn('waits_for_space', 'integer', (c) => c.notNull().defaultTo(0))
      .execute();
    await sql`update job set reported = attempts`.execute(db);
  },
};
