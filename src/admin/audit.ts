import type { Selectable } from 'kysely';
import { z } from 'zod';
import type { Store, StoreTransaction } from '../store/store.ts';
import type { AuditTable } from '../store/tables.ts';
import { ms } from './fields.ts';

type AuditRow = Selectable<AuditTable>;

/** A change that an administrator or the configuration made; before and after without secrets, undefined for nothing. */
export interface AuditedChange {
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly before: unknown;
  readonly after: unknown;
}

const jsonText = (value: unknown): string | null => (value === undefined ? null : JSON.stringify(value));

/** Writes a change down, in the transaction that makes it. */
export async function recordAudit({ db, wall }: StoreTransaction, change: AuditedChange): Promise<void> {
  const { actor, action, subject, before, after } = change;
  const row = { at_ms: wall, actor, action, subject, before: jsonText(before), after: jsonText(after) };
  await db.insertInto('audit').values(row).execute();
}

/** The newest first, from behind that number on; one more than `limit` when there are more. */
export function findAudit({ db }: Store, limit: number, after: number | undefined): Promise<AuditRow[]> {
  const query = db.selectFrom('audit').selectAll().orderBy('id', 'desc');
  return (after === undefined ? query : query.where('id', '<', after)).limit(limit + 1).execute();
}

type State = Readonly<Record<string, unknown>> | null;

const state = z.record(z.string(), z.unknown()).nullable();

/** A change in an answer. */
export const auditView = z
  .object({
    id: z.int(),
    atMs: ms,
    actor: z.string().describe('Who: an administrator, `admin token`, or `configuration` at a start.'),
    action: z.string().describe('What was done: `auto-record.set`, `app.callback`, `app.key.rotate` and the like.'),
    subject: z.string().describe('To what.'),
    before: state.describe('How it was, without secrets; null for nothing.'),
    after: state.describe('How it is, without secrets; null for nothing.'),
  })
  .meta({ id: 'AuditedChange' });

const read = (text: string | null): State => (text === null ? null : (JSON.parse(text) as State));

/** A row as it is shown. */
export const viewAudit = ({ id, at_ms: atMs, before, after, ...row }: AuditRow): z.input<typeof auditView> => ({
  id,
  atMs,
  ...row,
  before: read(before),
  after: read(after),
});
