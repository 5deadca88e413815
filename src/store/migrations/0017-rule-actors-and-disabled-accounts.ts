import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Who set each revision of a rule, read from the audit for those of before; administrators who may not sign in. */
export const ruleActorsAndDisabledAccounts: Migration = {
  async up(db: Kysely<unknown>) {
    const rules = db.schema.alterTable('auto_record_rule');
    await rules.addColumn('actor', 'text', (c) => c.notNull().defaultTo('')).execute();
    await sql`update auto_record_rule set actor = coalesce((
      select audit.actor from audit
      where audit.at_ms = auto_record_rule.effective_ms and audit.subject = 'app ' || auto_record_rule.sdk_app_id
      order by audit.id desc limit 1), '')`.execute(db);
    await db.schema.alterTable('admin_account').addColumn('disabled_ms', 'bigint').execute();
  },
};
