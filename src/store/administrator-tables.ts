import type { Generated, Selectable } from 'kysely';

/** Somebody who may use the console and the admin API. */
export interface AdminAccountTable {
  /** In lower case. */
  name: string;
  role: 'operator' | 'viewer';
  /** Hash with its parameters and salt. */
  password: string;
  created_ms: number;
  /** When the password was last set. */
  password_ms: number;
  /** Since when it may not sign in; null for one that may. */
  disabled_ms: Generated<number | null>;
}

/** A session of an administrator's browser. */
export interface AdminSessionTable {
  /** Of its id in hex digits: who reads the store has no session. */
  id_sha256: string;
  account: string;
  /** Where it was begun from. */
  address: string;
  created_ms: number;
  /** Last use, to within a minute. */
  seen_ms: number;
}

/** What an administrator did or tried. */
export interface AuditEntryTable {
  id: Generated<number>;
  at_ms: number;
  /** Name of the account, `token` for the bearer token, empty for who is unknown. */
  actor: string;
  address: string;
  /** Method and path of the route. */
  action: string;
  detail: string;
  /** HTTP status of the answer. */
  result: number;
}

/** An administrator's account as read. */
export type AdminAccountRow = Selectable<AdminAccountTable>;
/** An entry of the audit log as read. */
export type AuditEntryRow = Selectable<AuditEntryTable>;
