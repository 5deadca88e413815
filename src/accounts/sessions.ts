import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { Store } from '../store/store.ts';
import type { Role } from './administrators.ts';

/** A session nobody used for this long has ended. */
export const IDLE_MS = 2 * 3_600_000;
/** A session ends after this long, however it is used. */
export const LONGEST_MS = 24 * 3_600_000;
/** How exactly the last use is kept: a write for every request would be one too many. */
const touchMs = 60_000;

/** A session that holds. */
export interface Session {
  /** Name in the store: SHA-256 of the id, in hex digits. */
  readonly key: string;
  readonly account: string;
  readonly role: Role;
  /** What writes must repeat, so that another site's page cannot make them. */
  readonly csrf: string;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
/** 256 random bits in base64url. */
const idForm = /^[\w-]{43}$/;

/** Only whoever has the id knows it, and it does not tell the id. */
const csrfOf = (id: string): string => sha256(`csrf ${id}`);

/** Sessions of administrators. The id is in the browser's cookie and nowhere else: the store has its hash. */
export class Sessions {
  readonly #store: Store;
  readonly #clock: Clock;

  constructor(options: { readonly store: Store; readonly clock: Clock }) {
    this.#store = options.store;
    this.#clock = options.clock;
  }

  /** Begins a session of that account and gives its id. */
  async begin(account: { readonly name: string; readonly role: Role }, address: string) {
    const id = randomBytes(32).toString('base64url');
    const now = this.#clock.wallMs();
    const row = { id_sha256: sha256(id), account: account.name, created_ms: now, seen_ms: now, address };
    await this.#store.db.insertInto('admin_session').values(row).execute();
    return { id, session: { key: row.id_sha256, account: account.name, role: account.role, csrf: csrfOf(id) } };
  }

  /** The session of that id if it still holds. `used` is false for what a page asks by itself: it keeps none alive. */
  async find(id: string, used = true): Promise<Session | undefined> {
    if (!idForm.test(id)) return undefined;
    const key = sha256(id);
    const now = this.#clock.wallMs();
    const row = await this.#store.db
      .selectFrom('admin_session as s')
      .innerJoin('admin_account as a', 'a.name', 's.account')
      .select(['s.account', 's.seen_ms', 'a.role'])
      .where('s.id_sha256', '=', key)
      .where('a.disabled_ms', 'is', null)
      .where('s.seen_ms', '>', now - IDLE_MS)
      .where('s.created_ms', '>', now - LONGEST_MS)
      .executeTakeFirst();
    if (!row) return undefined;
    if (used && now - row.seen_ms >= touchMs) await this.#touch(key, now);
    return { key, account: row.account, role: row.role, csrf: csrfOf(id) };
  }

  /** Ends a session. */
  async end(key: string): Promise<void> {
    await this.#store.db.deleteFrom('admin_session').where('id_sha256', '=', key).execute();
  }

  /** Removes what has ended by time. */
  async prune(): Promise<void> {
    const now = this.#clock.wallMs();
    await this.#store.db
      .deleteFrom('admin_session')
      .where((eb) => eb.or([eb('seen_ms', '<=', now - IDLE_MS), eb('created_ms', '<=', now - LONGEST_MS)]))
      .execute();
  }

  async #touch(key: string, now: number): Promise<void> {
    await this.#store.db.updateTable('admin_session').set({ seen_ms: now }).where('id_sha256', '=', key).execute();
  }
}
