import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Which failed images of a task were told of, so that a repeated report is not told again. */
export const imageFailures: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('image_failure')
      .addColumn('task_id', 'text', (c) => c.notNull().references('task.id'))
      .addColumn('revision', 'integer', (c) => c.notNull())
      .addColumn('url_sha256', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('image_failure_key', ['task_id', 'revision', 'url_sha256'])
      .execute();
  },
};
