import { sql, type ExpressionBuilder, type SqlBool } from 'kysely';
import type { Clock } from '../clock.ts';
import type { Store } from '../store/store.ts';
import type { AuditEntryRow } from '../store/administrator-tables.ts';
import type { Tables } from '../store/tables.ts';

/** Entries are kept this long. */
const keptMs = 400 * 86_400_000;
/** Longest text of what was done. */
const longestDetail = 1000;

/** Something that an administrator did or tried. */
export interface Deed {
  /** Name of the account, `token` for the bearer token, empty for who is unknown. */
  readonly actor: string;
  readonly address: string;
  /** Method and path of the route, such as `POST /session`. */
  readonly action: string;
  /** Path as it was, and what the body said; never a secret. */
  readonly detail: string;
  /** HTTP status of the answer. */
  readonly result: number;
}

/** Which deeds are looked for; what is undefined does not count. Times are wall times in milliseconds. */
export interface AuditSearch {
  readonly actor?: string | undefined;
  /** In the action or its detail, whatever the case of ASCII letters. */
  readonly text?: string | undefined;
  readonly outcome?: 'done' | 'refused' | undefined;
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
}

/** Who did what, when, from where, and how it went. */
export class AuditLog {
  readonly #store: Store;
  readonly #clock: Clock;

  constructor(options: { readonly store: Store; readonly clock: Clock }) {
    this.#store = options.store;
    this.#clock = options.clock;
  }

  /** Keeps a deed. */
  async add(deed: Deed): Promise<void> {
    const row = { ...deed, detail: deed.detail.slice(0, longestDetail), at_ms: this.#clock.wallMs() };
    await this.#store.db.insertInto('audit_entry').values(row).execute();
  }

  /** The newest first that fit, those before that number; one more than `limit` when there are more. */
  list(search: AuditSearch, limit: number, before: number | undefined): Promise<AuditEntryRow[]> {
    const { actor, text, outcome, fromMs, toMs } = search;
    let entries = this.#store.db.selectFrom('audit_entry').selectAll();
    if (before !== undefined) entries = entries.where('id', '<', before);
    if (actor !== undefined) entries = entries.where('actor', '=', actor);
    if (text !== undefined) entries = entries.where((eb) => contains(eb, text));
    if (outcome !== undefined) entries = entries.where('result', outcome === 'done' ? '<' : '>=', 400);
    if (fromMs !== undefined) entries = entries.where('at_ms', '>=', fromMs);
    if (toMs !== undefined) entries = entries.where('at_ms', '<', toMs);
    return entries
      .orderBy('id', 'desc')
      .limit(limit + 1)
      .execute();
  }

  /** Removes what is too old. */
  async prune(): Promise<void> {
    const before = this.#clock.wallMs() - keptMs;
    await this.#store.db.deleteFrom('audit_entry').where('at_ms', '<', before).execute();
  }
}

const contains = (eb: ExpressionBuilder<Tables, 'audit_entry'>, text: string) => {
  const pattern = `%${text.toLowerCase().replaceAll(/[\\%_]/g, '\\$&')}%`;
  return sql<SqlBool>`lower(${eb.ref('action')} || ' ' || ${eb.ref('detail')}) like ${pattern} escape '\\'`;
};
