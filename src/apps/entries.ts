import type { Account, App } from '../config/apps.ts';
import { toApp } from '../config/directory.ts';
import type { Config } from '../config/schema.ts';
import type { AppSettingRow } from '../store/app-tables.ts';
import { wallMs, type WallMs } from '../units.ts';
import { keyRingSchema, type KeyRing } from './key-ring.ts';
import { readSection, sectionNames, type AppSections, type SectionName } from './sections.ts';
import { accountSubject, appSubject, CREATED } from './setting-rows.ts';

/** When, where and by whom something was last set. */
export interface LastChange {
  readonly origin: AppSettingRow['origin'];
  readonly changedMs: WallMs;
  readonly changedBy: string;
}

/** An app with where its settings come from. A section that nobody has touched has no last change. */
export interface AppEntry {
  readonly app: App;
  /** Whether the configuration lists it. */
  readonly isConfigured: boolean;
  readonly sections: AppSections;
  readonly changes: { readonly [Name in SectionName | 'key']?: LastChange };
}

/** An API account with where it comes from. */
export interface AccountEntry {
  readonly account: Account;
  readonly isConfigured: boolean;
  readonly key: LastChange;
}

/** All apps and API accounts, by their ids. */
export interface Entries {
  readonly apps: ReadonlyMap<number, AppEntry>;
  readonly accounts: ReadonlyMap<string, AccountEntry>;
}

/** Ids of what the configuration lists. */
export interface Configured {
  readonly apps: readonly Config['apps'][number][];
  readonly accounts: readonly Config['accounts'][number][];
}

type Rows = ReadonlyMap<string, AppSettingRow>;

/** What holds by the rows of the store. Rows of what is neither configured nor created are left alone. */
export function entriesOf(rows: readonly AppSettingRow[], configured: Configured): Entries {
  const bySubject = new Map(
    [...Map.groupBy(rows, ({ subject }) => subject)].map(([subject, own]) => [
      subject,
      new Map(own.map((row) => [row.section, row])) as Rows,
    ]),
  );
  const created = (kind: string): string[] =>
    [...bySubject]
      .filter(([subject, own]) => subject.startsWith(kind) && own.has(CREATED))
      .map(([s]) => s.slice(kind.length));
  const configuredApps = new Set(configured.apps.map((app) => app.sdk_app_id));
  const configuredAccounts = new Set(configured.accounts.map((account) => account.secret_id));
  const appIds = new Set([...configuredApps, ...created('app ').map(Number)]);
  const secretIds = new Set([...configuredAccounts, ...created('account ')]);
  return {
    apps: new Map([...appIds].map((id) => [id, appEntry(id, configuredApps.has(id), bySubject.get(appSubject(id))!)])),
    accounts: new Map(
      [...secretIds].map((id) => [
        id,
        accountEntry(id, configuredAccounts.has(id), bySubject.get(accountSubject(id))!),
      ]),
    ),
  };
}

function appEntry(sdkAppId: number, isConfigured: boolean, rows: Rows): AppEntry {
  const sections = Object.fromEntries(
    sectionNames.map((name) => [name, readSection(name, rows.get(name)?.value)]),
  ) as unknown as AppSections;
  const { callback, limits, storage, playback, entry, naming } = sections;
  const { current, retiring } = ringOfRow(rows);
  const app = toApp({
    sdk_app_id: sdkAppId,
    secret_key: current,
    callback: callback ?? undefined,
    limits,
    storage,
    ...playback,
    ...entry,
    file_names: naming.file_names ?? undefined,
  });
  const changes = Object.fromEntries([...rows.values()].map((row) => [row.section, lastChange(row)]));
  return { app: { ...app, retiringKeys: retiring }, isConfigured, sections, changes };
}

function accountEntry(secretId: string, isConfigured: boolean, rows: Rows): AccountEntry {
  const { current, retiring } = ringOfRow(rows);
  const apps = JSON.parse(rows.get('apps')?.value ?? '[]') as number[];
  return {
    account: { secretId, secretKey: current, retiringKeys: retiring, apps },
    isConfigured,
    key: lastChange(rows.get('key')!),
  };
}

const ringOfRow = (rows: Rows): KeyRing => keyRingSchema.parse(JSON.parse(rows.get('key')!.value));

const lastChange = ({ origin, changed_ms: ms, changed_by: changedBy }: AppSettingRow): LastChange => ({
  origin,
  changedMs: wallMs(ms),
  changedBy,
});
