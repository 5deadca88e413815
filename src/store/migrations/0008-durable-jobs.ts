import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * How far a job's upload in parts has come, so that another attempt goes on from there; and how many attempts said how
 * they ended. Of those before now that is taken for granted.
 */
export const durableJobs: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable('job').addColumn('upload', 'text').execute();
    await db.schema
      .alterTable('job')
      .addColumn('reported', 'integer', (c) => c.notNull().defaultTo(0))
      .execute();
    await sql`update job set reported = attempts`.execute(db);
  },
};
