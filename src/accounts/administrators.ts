import type { Store, StoreTransaction } from '../store/store.ts';
import type { AdminAccountRow } from '../store/administrator-tables.ts';

/** What an administrator may do: a viewer reads, an operator writes as well. */
export type Role = AdminAccountRow['role'];

/** An administrator as others see it. */
export interface Administrator {
  readonly name: string;
  readonly role: Role;
  readonly createdMs: number;
  /** When its password was last set. */
  readonly passwordMs: number;
}

/** The account of the first start. */
export const FIRST_ADMINISTRATOR = 'admin';

/** Names are compared without their case. */
export const accountName = (text: string): string => text.trim().toLowerCase();

const viewOf = (row: AdminAccountRow): Administrator => ({
  name: row.name,
  role: row.role,
  createdMs: row.created_ms,
  passwordMs: row.password_ms,
});

/** Accounts of administrators in the store. Passwords come and are kept as hashes. */
export class Administrators {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Makes the first account where there is none at all. */
  seed(passwordHash: string): Promise<void> {
    return this.#store.transaction(async (tx) => {
      const any = await tx.db.selectFrom('admin_account').select('name').limit(1).executeTakeFirst();
      if (!any) await insert(tx, FIRST_ADMINISTRATOR, 'operator', passwordHash);
    });
  }

  /** With its hash; undefined when there is none of that name. */
  find(name: string): Promise<AdminAccountRow | undefined> {
    return this.#store.db.selectFrom('admin_account').selectAll().where('name', '=', name).executeTakeFirst();
  }

  /** All of them by name. */
  async list(): Promise<Administrator[]> {
    return (await this.#store.db.selectFrom('admin_account').selectAll().orderBy('name').execute()).map(viewOf);
  }

  /** Adds an account; undefined when the name is taken. */
  add(name: string, role: Role, passwordHash: string): Promise<Administrator | undefined> {
    return this.#store.transaction(async (tx) => {
      const taken = await tx.db.selectFrom('admin_account').select('name').where('name', '=', name).executeTakeFirst();
      return taken ? undefined : viewOf(await insert(tx, name, role, passwordHash));
    });
  }

  /** Sets a password; its sessions end, but for the one of `keptSession`. False when there is no such account. */
  setPassword(name: string, passwordHash: string, keptSession: string | undefined): Promise<boolean> {
    return this.#store.transaction(async ({ db, wall }) => {
      const { numUpdatedRows } = await db
        .updateTable('admin_account')
        .set({ password: passwordHash, password_ms: wall })
        .where('name', '=', name)
        .executeTakeFirst();
      let others = db.deleteFrom('admin_session').where('account', '=', name);
      if (keptSession !== undefined) others = others.where('id_sha256', '<>', keptSession);
      await others.execute();
      return numUpdatedRows > 0n;
    });
  }

  /** Removes an account and its sessions; the last operator stays, or nobody could make another. */
  remove(name: string): Promise<'removed' | 'unknown' | 'last operator'> {
    return this.#store.transaction(async ({ db }) => {
      const account = await db.selectFrom('admin_account').selectAll().where('name', '=', name).executeTakeFirst();
      if (!account) return 'unknown';
      const operators = await db.selectFrom('admin_account').select('name').where('role', '=', 'operator').execute();
      if (account.role === 'operator' && operators.length === 1) return 'last operator';
      await db.deleteFrom('admin_session').where('account', '=', name).execute();
      await db.deleteFrom('admin_account').where('name', '=', name).execute();
      return 'removed';
    });
  }
}

const insert = ({ db, wall }: StoreTransaction, name: string, role: Role, hash: string): Promise<AdminAccountRow> =>
  db
    .insertInto('admin_account')
    .values({ name, role, password: hash, created_ms: wall, password_ms: wall })
    .returningAll()
    .executeTakeFirstOrThrow();
