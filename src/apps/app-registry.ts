import { randomInt } from 'node:crypto';
import type { Account, App, AppDirectory } from '../config/apps.ts';
import type { Store, StoreTransaction } from '../store/store.ts';
import type { WallMs } from '../units.ts';
import { adoptAccount, adoptApp } from './adopt.ts';
import { entriesOf, type AccountEntry, type AppEntry, type Configured, type Entries } from './entries.ts';
import { keyRingSchema, newAppKey, newSecretId, newSecretKey, ringOf, rotated } from './key-ring.ts';
import { forEverybody, withKeptSecrets } from './section-secrets.ts';
import { readSection, type AppSections, type SectionName } from './sections.ts';
import {
  accountSubject,
  appSubject,
  auditSetting,
  CREATED,
  readRow,
  readRows,
  removeSubject,
  writeApps,
  writeCreated,
  writeSetting,
  type SettingAuthor,
} from './setting-rows.ts';

/** A key that was just made: told once, and never again. */
export interface NewKey {
  readonly secretKey: string;
  /** Until when those before it are taken; undefined where none is. */
  readonly earlierUntilMs: WallMs | undefined;
}

/** A key pair of an API account that was just made. */
export interface NewAccount {
  readonly secretId: string;
  readonly secretKey: string;
}

/**
 * Apps and API accounts as they are now: those of the configuration with what the admin API changed of them, and those
 * that it made. Each section goes its own way: the latest change holds, wherever it was made. This process is the only
 * one that writes them, so that what it keeps in memory is what the store has.
 */
export class AppRegistry implements AppDirectory {
  readonly #store: Store;
  readonly #configured: Configured;
  readonly #listeners = new Set<() => void>();
  #entries: Entries;

  /** Use {@link openAppRegistry}. */
  constructor(store: Store, configured: Configured, entries: Entries) {
    this.#store = store;
    this.#configured = configured;
    this.#entries = entries;
  }

  app(sdkAppId: number): App | undefined {
    return this.#entries.apps.get(sdkAppId)?.app;
  }

  account(secretId: string): Account | undefined {
    return this.#entries.accounts.get(secretId)?.account;
  }

  /** All apps, those of the configuration first. */
  apps(): readonly AppEntry[] {
    return [...this.#entries.apps.values()];
  }

  /** An app with where its settings come from. */
  entry(sdkAppId: number): AppEntry | undefined {
    return this.#entries.apps.get(sdkAppId);
  }

  /** All API accounts, those of the configuration first. */
  accounts(): readonly AccountEntry[] {
    return [...this.#entries.accounts.values()];
  }

  /** An API account with where it comes from. */
  accountEntry(secretId: string): AccountEntry | undefined {
    return this.#entries.accounts.get(secretId);
  }

  /** Calls back after every change. Returns what ends that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * Sets a section of an app. A secret written as HIDDEN_SECRET stays as it is; rejects with a HiddenSecretError when there
   * is none that could.
   */
  async set<Name extends SectionName>(
    sdkAppId: number,
    name: Name,
    section: AppSections[Name],
    author: SettingAuthor,
  ): Promise<void> {
    const subject = appSubject(sdkAppId);
    await this.#change(async (tx) => {
      const before = readSection(name, (await readRow(tx, subject, name))?.value);
      const after = withKeptSecrets(name, section, before);
      const value = JSON.stringify(after);
      if (value === JSON.stringify(before)) return;
      const shown = (one: AppSections[Name]): unknown => forEverybody(name, one) ?? undefined;
      const told = { action: `app.${name}`, before: shown(before), after: shown(after) };
      await writeSetting(tx, { subject, section: name, value, author, told });
    });
  }

  /** Gives an app a new key; those before it are taken for `graceMs` more. */
  rotateAppKey(sdkAppId: number, graceMs: number, author: SettingAuthor): Promise<NewKey> {
    return this.#rotate(appSubject(sdkAppId), 'app.key', newAppKey(), graceMs, author);
  }

  /** The same of an API account, whose SecretId stays. */
  rotateAccountKey(secretId: string, graceMs: number, author: SettingAuthor): Promise<NewKey> {
    return this.#rotate(accountSubject(secretId), 'account.key', newSecretKey(), graceMs, author);
  }

  /** Makes an app, of a free number where none is wished. Undefined when there is one of that number. */
  async createApp(
    wished: number | undefined,
    author: SettingAuthor,
  ): Promise<{ readonly sdkAppId: number; readonly secretKey: string } | undefined> {
    const sdkAppId = wished ?? this.#freeAppId();
    if (this.entry(sdkAppId)?.isConfigured) return undefined;
    const subject = appSubject(sdkAppId);
    const secretKey = newAppKey();
    const isMade = await this.#change(async (tx) => {
      if (await readRow(tx, subject, CREATED)) return false;
      await writeCreated(tx, subject, ringOf(secretKey), author);
      await auditSetting(tx, subject, author, { action: 'app.create', before: undefined, after: { sdkAppId } });
      return true;
    });
    return isMade ? { sdkAppId, secretKey } : undefined;
  }

  /**
   * Removes an app that the admin API made; accounts no longer act for it. False, and nothing is removed, while a
   * recording of it runs or is finished: where its files go is the app's to say.
   */
  async removeApp(sdkAppId: number, author: SettingAuthor): Promise<boolean> {
    const subject = appSubject(sdkAppId);
    return this.#change(async (tx) => {
      if ((await unendedTasks(tx, sdkAppId)) > 0) return false;
      await removeSubject(tx, subject);
      await auditSetting(tx, subject, author, { action: 'app.remove', before: { sdkAppId }, after: undefined });
      for (const { account } of this.accounts())
        if (account.apps.includes(sdkAppId))
          await writeApps(
            tx,
            account,
            account.apps.filter((id) => id !== sdkAppId),
            author,
          );
      return true;
    });
  }

  /** Makes an API account for those apps. */
  async createAccount(apps: readonly number[], author: SettingAuthor): Promise<NewAccount> {
    const [secretId, secretKey] = [newSecretId(), newSecretKey()];
    const subject = accountSubject(secretId);
    await this.#change(async (tx) => {
      await writeCreated(tx, subject, ringOf(secretKey), author);
      await writeApps(tx, { secretId, apps: [] }, apps, author, 'account.create');
    });
    return { secretId, secretKey };
  }

  /** Says for which apps an account may act. */
  async setAccountApps(secretId: string, apps: readonly number[], author: SettingAuthor): Promise<void> {
    await this.#change((tx) => writeApps(tx, this.account(secretId)!, apps, author));
  }

  /** Removes an account that the admin API made. */
  async removeAccount(secretId: string, author: SettingAuthor): Promise<void> {
    const subject = accountSubject(secretId);
    await this.#change(async (tx) => {
      const before = { apps: this.account(secretId)?.apps ?? [] };
      await removeSubject(tx, subject);
      await auditSetting(tx, subject, author, { action: 'account.remove', before, after: undefined });
    });
  }

  async #rotate(subject: string, action: string, key: string, graceMs: number, author: SettingAuthor): Promise<NewKey> {
    return this.#change(async (tx) => {
      const row = await readRow(tx, subject, 'key');
      const ring = rotated(keyRingSchema.parse(JSON.parse(row!.value)), key, tx.wall, graceMs);
      const earlierUntilMs = ring.retiring[0]?.untilMs;
      const told = { action: `${action}.rotate`, before: undefined, after: { earlierUntilMs: earlierUntilMs ?? null } };
      await writeSetting(tx, { subject, section: 'key', value: JSON.stringify(ring), author, told });
      return { secretKey: key, earlierUntilMs };
    });
  }

  /** Makes a change and reads what it led to in one transaction, so that what is known here is never older. */
  async #change<T>(change: (tx: StoreTransaction) => Promise<T>): Promise<T> {
    const { result, rows } = await this.#store.transaction(async (tx) => {
      const result = await change(tx);
      return { result, rows: await readRows(tx) };
    });
    this.#entries = entriesOf(rows, this.#configured);
    for (const listener of this.#listeners) listener();
    return result;
  }

  /** In the range that the official consoles give, so that SDKs take it. */
  #freeAppId(): number {
    for (;;) {
      const id = 1_400_000_000 + randomInt(1, 99_999_999);
      if (!this.app(id)) return id;
    }
  }
}

/** Recordings of an app of which something is still to be recorded, made or delivered. */
async function unendedTasks({ db }: StoreTransaction, sdkAppId: number): Promise<number> {
  const { unended } = await db
    .selectFrom('task')
    .select((eb) => eb.fn.countAll<number | string>().as('unended'))
    .where('sdk_app_id', '=', sdkAppId)
    .where('state', '!=', 'ended')
    .executeTakeFirstOrThrow();
  return Number(unended);
}

/** Opens the registry and takes over what the configuration has to say. `onReplaced` hears of keys there that no longer hold. */
export async function openAppRegistry(
  store: Store,
  configured: Configured,
  onReplaced: (subject: string) => void = () => undefined,
): Promise<AppRegistry> {
  const rows = await store.transaction(async (tx) => {
    for (const app of configured.apps) await adoptApp(tx, app);
    for (const account of configured.accounts) await adoptAccount(tx, account);
    return readRows(tx);
  });
  const entries = entriesOf(rows, configured);
  for (const app of configured.apps)
    if (entries.apps.get(app.sdk_app_id)?.app.secretKey !== app.secret_key) onReplaced(appSubject(app.sdk_app_id));
  for (const { secret_id: id, secret_key: key } of configured.accounts)
    if (entries.accounts.get(id)?.account.secretKey !== key) onReplaced(accountSubject(id));
  return new AppRegistry(store, configured, entries);
}
