import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** How far a job's upload in parts has come, so that another attempt goes on from there. */
export const uploadProgress: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable('job').addColumn('upload', 'text').execute();
  },
};
