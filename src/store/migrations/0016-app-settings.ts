import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** What the admin API changed of apps and API accounts, and the form of names that a task began with. */
export const appSettings: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('app_setting')
      .addColumn('subject', 'text', (c) => c.notNull())
      .addColumn('section', 'text', (c) => c.notNull())
      .addColumn('value', 'text', (c) => c.notNull())
      .addColumn('adopted', 'text')
      .addColumn('origin', 'text', (c) => c.notNull())
      .addColumn('changed_ms', 'bigint', (c) => c.notNull())
      .addColumn('changed_by', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('app_setting_pk', ['subject', 'section'])
      .execute();
    await db.schema.alterTable('task').addColumn('file_names', 'text').execute();
  },
};
