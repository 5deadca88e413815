import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { Tables } from '../tables.ts';

/** A file knows its category in a media library, and with it whether it is in one at all; a bucket's file is not. */
export const library: Migration = {
  async up(db: Kysely<Tables>) {
    await db.schema.alterTable('file').addColumn('class_id', 'bigint').execute();
    await classify(db);
    await sql`create index file_created on file (done_ms) where state = 'done' and class_id is not null`.execute(db);
  },
};

/** Destinations are JSON, which SQLite and PostgreSQL do not read alike, so it is read here. */
async function classify(db: Kysely<Tables>): Promise<void> {
  const tasks = await db.selectFrom('task').select(['id', 'destination']).execute();
  for (const { id, destination } of tasks) {
    const { kind, classId = 0 } = JSON.parse(destination) as { kind: string; classId?: number };
    if (kind === 'vod') await db.updateTable('file').set({ class_id: classId }).where('task_id', '=', id).execute();
  }
}
