import { z } from 'zod';
import type { AccountEntry, AppEntry, LastChange } from '../apps/entries.ts';
import { forEverybody, withoutSecrets } from '../apps/section-secrets.ts';
import { appSections, sectionNames, type AppSections, type SectionName } from '../apps/sections.ts';
import { heldKeys, type KeyHolder } from '../config/apps.ts';
import { ms } from './fields.ts';

const origin = z.enum(['configuration', 'api']).describe('Where it was set last.');
const change = {
  origin,
  changedMs: ms.nullable().describe('When. Null for a default that nobody has touched.'),
  changedBy: z.string().nullable().describe('Who: an administrator, `admin token` or `configuration`.'),
};

const keyView = z.object({
  ...change,
  earlierUntilMs: ms.nullable().describe('Until when the latest key before it is taken; null when none is.'),
});

const settingOf = <Schema extends z.ZodType>(value: Schema) => z.object({ ...change, value });

/** An API account in an answer; its SecretKey is never shown. */
export const apiAccountView = z
  .object({
    secretId: z.string(),
    isConfigured: z.boolean().describe('The configuration lists it: it is removed there.'),
    apps: z.array(z.int()).describe('Apps that it may act for.'),
    key: keyView,
  })
  .meta({ id: 'ApiAccount' });

/** An app in a list. */
export const appSummary = z
  .object({
    app: z.int().describe('SdkAppId.'),
    isConfigured: z.boolean().describe('The configuration lists it: it is removed there.'),
    hasCallback: z.boolean(),
    storage: z.enum(['library', 'tencent-vod']),
    recordsByRule: z.boolean().describe('Its rooms record themselves.'),
    accounts: z.int().describe('API accounts that may act for it.'),
    liveTasks: z.int().describe('Recordings that run.'),
    libraryBytes: z.int().describe('Size of its files in the library.'),
  })
  .meta({ id: 'AppSummary' });

/** An app with all that can be changed of it; secrets are hidden, and from viewers values in addresses as well. */
export const appView = z
  .object({
    ...appSummary.shape,
    key: keyView.describe('Signs and verifies UserSigs.'),
    callback: settingOf(appSections.callback),
    limits: settingOf(appSections.limits),
    storage: settingOf(appSections.storage),
    playback: settingOf(appSections.playback),
    entry: settingOf(appSections.entry),
    naming: settingOf(appSections.naming),
    apiAccounts: z.array(apiAccountView),
  })
  .meta({ id: 'App' });

/** An app in a list, as it is answered. */
export type AppSummaryView = z.output<typeof appSummary>;
/** An app, as it is answered. */
export type AppView = z.output<typeof appView>;
/** An API account, as it is answered. */
export type ApiAccountView = z.output<typeof apiAccountView>;

/** What a list says of an app beside its settings. */
export type AppFacts = Pick<z.output<typeof appSummary>, 'recordsByRule' | 'accounts' | 'liveTasks' | 'libraryBytes'>;

/** An app in a list. */
export const viewSummary = ({ app, isConfigured }: AppEntry, facts: AppFacts): z.output<typeof appSummary> => ({
  app: app.sdkAppId,
  isConfigured,
  hasCallback: app.callback !== undefined || Object.keys(app.roomCallbacks ?? {}).length > 0,
  storage: app.storage.kind,
  ...facts,
});

type AppAnswer = z.input<typeof appView>;

/** How a section is shown to whoever asks. */
export function viewSection<Name extends SectionName>(
  { sections, changes }: AppEntry,
  name: Name,
  isOperator: boolean,
): AppAnswer[Name] {
  const value: AppSections[Name] = isOperator
    ? withoutSecrets(name, sections[name])
    : forEverybody(name, sections[name]);
  return { ...viewChange(changes[name]), value } as AppAnswer[Name];
}

/** An app whole. */
export function viewApp(
  entry: AppEntry,
  facts: AppFacts,
  accounts: readonly AccountEntry[],
  to: { readonly isOperator: boolean; readonly nowMs: number },
): AppAnswer {
  const sections = Object.fromEntries(sectionNames.map((name) => [name, viewSection(entry, name, to.isOperator)]));
  return {
    ...viewSummary(entry, facts),
    ...(sections as Pick<AppAnswer, SectionName>),
    key: { ...viewChange(entry.changes.key), earlierUntilMs: earlierUntil(entry.app, to.nowMs) },
    apiAccounts: accounts.map((account) => viewAccount(account, to.nowMs)),
  };
}

/** An API account. */
export const viewAccount = (
  { account, isConfigured, key }: AccountEntry,
  nowMs: number,
): z.output<typeof apiAccountView> => ({
  secretId: account.secretId,
  isConfigured,
  apps: [...account.apps],
  key: { ...viewChange(key), earlierUntilMs: earlierUntil(account, nowMs) },
});

const viewChange = (last: LastChange | undefined) => ({
  origin: last?.origin ?? 'configuration',
  changedMs: last?.changedMs ?? null,
  changedBy: last?.changedBy ?? null,
});

const earlierUntil = (holder: KeyHolder, nowMs: number): number | null =>
  heldKeys(holder, nowMs).length > 1 ? (holder.retiringKeys?.[0]?.untilMs ?? null) : null;
