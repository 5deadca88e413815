import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** What decides whether, and how soon, a task may change its recorder. */
export const takeovers: Migration = {
  async up(db: Kysely<unknown>) {
    const task = db.schema.alterTable('task');
    await task.addColumn('claimed_ms', 'bigint', (c) => c.notNull().defaultTo(0)).execute();
    await task.addColumn('short_lives', 'integer', (c) => c.notNull().defaultTo(0)).execute();
    await task.addColumn('sig_until_ms', 'bigint').execute();
  },
};
