import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Counts for giving up what never succeeds, and quick ways to a room's tasks and a task's open files. */
export const givingUp: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .alterTable('task')
      .addColumn('progress_epoch', 'integer', (c) => c.notNull().defaultTo(0))
      .execute();
    // What earlier epochs of a running task did is not known; counting begins now.
    await sql`update task set progress_epoch = epoch`.execute(db);
    await db.schema
      .alterTable('job')
      .addColumn('content_faults', 'integer', (c) => c.notNull().defaultTo(0))
      .execute();
    await sql`create index task_room on task (sdk_app_id, room_kind, room_id, created_ms)`.execute(db);
    await sql`create index file_open on file (task_id) where state = 'finishing'`.execute(db);
  },
};
