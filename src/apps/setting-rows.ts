import { isDeepStrictEqual } from 'node:util';
import { recordAudit } from '../admin/audit.ts';
import type { Account } from '../config/apps.ts';
import type { StoreTransaction } from '../store/store.ts';
import type { AppSettingRow } from '../store/app-tables.ts';
import type { KeyRing } from './key-ring.ts';

/** Who changes a setting. */
export interface SettingAuthor {
  /** For the audit: an administrator's name, `admin token` or `configuration`. */
  readonly actor: string;
  readonly origin: AppSettingRow['origin'];
}

/** The configuration at a start. */
export const configuration: SettingAuthor = { actor: 'configuration', origin: 'configuration' };

/** A change of one section, as it is written; values are JSON. */
export interface SettingChange {
  readonly subject: string;
  readonly section: string;
  readonly value: string;
  readonly author: SettingAuthor;
  /** What of it is told in the audit, without secrets. */
  readonly told: { readonly action: string; readonly before: unknown; readonly after: unknown };
}

/** Section of what was made by the admin API and not by the configuration. */
export const CREATED = 'created';

/** Subject of an app's rows. */
export const appSubject = (sdkAppId: number): string => `app ${sdkAppId}`;
/** Subject of an API account's rows. */
export const accountSubject = (secretId: string): string => `account ${secretId}`;

/** Every row there is. */
export const readRows = ({ db }: Pick<StoreTransaction, 'db'>): Promise<AppSettingRow[]> =>
  db.selectFrom('app_setting').selectAll().orderBy('subject').orderBy('section').execute();

/** A row, or undefined. */
export const readRow = (
  { db }: Pick<StoreTransaction, 'db'>,
  subject: string,
  section: string,
): Promise<AppSettingRow | undefined> =>
  db
    .selectFrom('app_setting')
    .selectAll()
    .where('subject', '=', subject)
    .where('section', '=', section)
    .executeTakeFirst();

/** Writes a value and its audit. What was last taken over from the configuration stays noted. */
export async function writeSetting(tx: StoreTransaction, change: SettingChange): Promise<void> {
  const { subject, section, value, author, told } = change;
  const written = { value, origin: author.origin, changed_ms: tx.wall, changed_by: author.actor };
  await tx.db
    .insertInto('app_setting')
    .values({ subject, section, adopted: null, ...written })
    .onConflict((conflict) => conflict.columns(['subject', 'section']).doUpdateSet(written))
    .execute();
  await auditSetting(tx, subject, author, told);
}

/** Writes down who changed what. */
export const auditSetting = (
  tx: StoreTransaction,
  subject: string,
  { actor }: SettingAuthor,
  told: SettingChange['told'],
): Promise<void> => recordAudit(tx, { actor, subject, ...told });

/** Begins an app or account of the admin API: what one of that name had before is not inherited. */
export async function writeCreated(
  tx: StoreTransaction,
  subject: string,
  ring: KeyRing,
  { actor, origin }: SettingAuthor,
): Promise<void> {
  await removeSubject(tx, subject);
  const written = { subject, adopted: null, origin, changed_ms: tx.wall, changed_by: actor };
  const rows = [
    { section: CREATED, value: '{}', ...written },
    { section: 'key', value: JSON.stringify(ring), ...written },
  ];
  await tx.db.insertInto('app_setting').values(rows).execute();
}

/** Says for which apps an account may act. */
export async function writeApps(
  tx: StoreTransaction,
  { secretId, apps: before }: Pick<Account, 'secretId' | 'apps'>,
  apps: readonly number[],
  author: SettingAuthor,
  action = 'account.apps',
): Promise<void> {
  const told = { action, before: { apps: before }, after: { apps } };
  const subject = accountSubject(secretId);
  await writeSetting(tx, { subject, section: 'apps', value: JSON.stringify(apps), author, told });
}

/** Forgets all of a subject. */
export async function removeSubject({ db }: StoreTransaction, subject: string): Promise<void> {
  await db.deleteFrom('app_setting').where('subject', '=', subject).execute();
}

/** What the configuration says of one section, and how it is compared with what it said before. */
export interface ConfiguredSection {
  readonly subject: string;
  readonly section: string;
  /** What is taken over. */
  readonly value: string;
  /** What is noted of it. */
  readonly adopted: string;
  /** It is not in the configuration: what the API has set stays. */
  readonly isAbsent: boolean;
  /** What a noted text meant, so that what an earlier version did not know counts as its default. */
  readonly meaning: (adopted: string) => unknown;
  readonly told: (before: string) => SettingChange['told'];
}

/**
 * Takes over what the configuration says when that differs from what was taken over last: the latest change holds,
 * wherever it was made. A first look is not audited.
 */
export async function adoptSection(tx: StoreTransaction, configured: ConfiguredSection): Promise<void> {
  const { subject, section, value, adopted, meaning } = configured;
  const row = await readRow(tx, subject, section);
  if (row && row.adopted !== null && isDeepStrictEqual(meaning(row.adopted), meaning(adopted))) return;
  const isKept = row?.origin === 'api' && configured.isAbsent;
  if (!row) {
    const first = { origin: 'configuration', changed_ms: tx.wall, changed_by: configuration.actor } as const;
    await tx.db
      .insertInto('app_setting')
      .values({ subject, section, value, adopted, ...first })
      .execute();
    return;
  }
  if (!isKept && row.value !== value)
    await writeSetting(tx, { subject, section, value, author: configuration, told: configured.told(row.value) });
  await tx.db
    .updateTable('app_setting')
    .set({ adopted })
    .where('subject', '=', subject)
    .where('section', '=', section)
    .execute();
}
