import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Apps whose files are served to signed addresses only, so that this is known when their configuration is gone. */
export const protectedApps: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('protected_app')
      .addColumn('sdk_app_id', 'bigint', (column) => column.primaryKey())
      .execute();
  },
};
