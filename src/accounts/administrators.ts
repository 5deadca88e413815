import type { Store, StoreTransaction } from '../store/store.ts';
import type { AdminAccountRow } from '../store/administrator-tables.ts';
import { IDLE_MS, LONGEST_MS } from './sessions.ts';

/** What an administrator may do: a viewer reads, an operator writes as well. */
export type Role = AdminAccountRow['role'];

/** An administrator as others see it. */
export interface Administrator {
  readonly name: string;
  readonly role: Role;
  readonly createdMs: number;
  /** When its password was last set. */
  readonly passwordMs: number;
  /** Since when it may not sign in; null for one that may. */
  readonly disabledMs: number | null;
  /** Sessions that hold, and their latest use; null where there is none. */
  readonly sessions: number;
  readonly seenMs: number | null;
}

/** What can be changed of an administrator by another. */
export interface AdministratorChange {
  readonly role: Role;
  readonly disabled: boolean;
}

/** Why an account stays as it is. */
type Refusal = 'unknown' | 'last operator';

/** The account of the first start. */
export const FIRST_ADMINISTRATOR = 'admin';

/** Names are compared without their case. */
export const accountName = (text: string): string => text.trim().toLowerCase();

type Facts = AdminAccountRow & { readonly sessions: number | string | bigint; readonly seen_ms: number | null };

const viewOf = (row: Facts): Administrator => ({
  name: row.name,
  role: row.role,
  createdMs: row.created_ms,
  passwordMs: row.password_ms,
  disabledMs: row.disabled_ms,
  sessions: Number(row.sessions),
  seenMs: row.seen_ms,
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

  /** All of them by name, with the sessions that hold at that wall time. */
  async list(nowMs: number): Promise<Administrator[]> {
    const rows = await this.#store.db
      .selectFrom('admin_account as a')
      .leftJoin('admin_session as s', (join) =>
        join
          .onRef('s.account', '=', 'a.name')
          .on('s.seen_ms', '>', nowMs - IDLE_MS)
          .on('s.created_ms', '>', nowMs - LONGEST_MS),
      )
      .selectAll('a')
      .select((eb) => [
        eb.fn.count<number | string>('s.id_sha256').as('sessions'),
        eb.fn.max('s.seen_ms').as('seen_ms'),
      ])
      .groupBy('a.name')
      .orderBy('a.name')
      .execute();
    return rows.map(viewOf);
  }

  /** Adds an account; false when the name is taken. */
  add(name: string, role: Role, passwordHash: string): Promise<boolean> {
    return this.#store.transaction(async (tx) => {
      const taken = await tx.db.selectFrom('admin_account').select('name').where('name', '=', name).executeTakeFirst();
      if (!taken) await insert(tx, name, role, passwordHash);
      return !taken;
    });
  }

  /** Changes the role and whether it may sign in; the sessions of one that may not end. The last operator stays one. */
  change(name: string, { role, disabled }: AdministratorChange): Promise<'changed' | Refusal> {
    return this.#store.transaction(async (tx) => {
      const account = await tx.db.selectFrom('admin_account').selectAll().where('name', '=', name).executeTakeFirst();
      if (!account) return 'unknown';
      if ((disabled || role !== 'operator') && (await isLastOperator(tx, account))) return 'last operator';
      const disabledMs = disabled ? (account.disabled_ms ?? tx.wall) : null;
      const changed = tx.db.updateTable('admin_account').set({ role, disabled_ms: disabledMs });
      await changed.where('name', '=', name).execute();
      if (disabled) await tx.db.deleteFrom('admin_session').where('account', '=', name).execute();
      return 'changed';
    });
  }

  /** Ends all sessions of an account. False when there is no such account. */
  endSessions(name: string): Promise<boolean> {
    return this.#store.transaction(async ({ db }) => {
      await db.deleteFrom('admin_session').where('account', '=', name).execute();
      const known = await db.selectFrom('admin_account').select('name').where('name', '=', name).executeTakeFirst();
      return known !== undefined;
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
  remove(name: string): Promise<'removed' | Refusal> {
    return this.#store.transaction(async (tx) => {
      const { db } = tx;
      const account = await db.selectFrom('admin_account').selectAll().where('name', '=', name).executeTakeFirst();
      if (!account) return 'unknown';
      if (await isLastOperator(tx, account)) return 'last operator';
      await db.deleteFrom('admin_session').where('account', '=', name).execute();
      await db.deleteFrom('admin_account').where('name', '=', name).execute();
      return 'removed';
    });
  }
}

/** Whether nobody else could make another: the only operator who may sign in. */
async function isLastOperator({ db }: StoreTransaction, { name }: AdminAccountRow): Promise<boolean> {
  const operators = db.selectFrom('admin_account').select('name').where('role', '=', 'operator');
  const able = await operators.where('disabled_ms', 'is', null).execute();
  return able.length === 1 && able[0]!.name === name;
}

const insert = ({ db, wall }: StoreTransaction, name: string, role: Role, hash: string): Promise<AdminAccountRow> =>
  db
    .insertInto('admin_account')
    .values({ name, role, password: hash, created_ms: wall, password_ms: wall })
    .returningAll()
    .executeTakeFirstOrThrow();
