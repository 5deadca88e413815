import type { Config } from '../config/schema.ts';
import type { StoreTransaction } from '../store/store.ts';
import { keyDigest, keyRingSchema, ringOf } from './key-ring.ts';
import { forEverybody } from './section-secrets.ts';
import { readSection, sectionNames, type AppSections, type SectionName } from './sections.ts';
import { accountSubject, adoptSection, appSubject } from './setting-rows.ts';

type ConfiguredApp = Config['apps'][number];
type ConfiguredAccount = Config['accounts'][number];

const sectionOf = (app: ConfiguredApp): AppSections => ({
  callback: app.callback ?? null,
  limits: app.limits,
  storage: app.storage,
  playback: { ...(app.play_key === undefined ? {} : { play_key: app.play_key }), play_link_hours: app.play_link_hours },
  entry: { advanced_permission: app.advanced_permission },
  naming: { file_names: app.file_names ?? null },
});

/** Takes over what the configuration says of an app, where it says something new. */
export async function adoptApp(tx: StoreTransaction, app: ConfiguredApp): Promise<void> {
  const subject = appSubject(app.sdk_app_id);
  await adoptKey(tx, subject, 'app.key', app.secret_key);
  const configured = sectionOf(app);
  for (const name of sectionNames) await adoptAppSection(tx, subject, name, configured[name]);
}

function adoptAppSection<Name extends SectionName>(
  tx: StoreTransaction,
  subject: string,
  name: Name,
  configured: AppSections[Name],
): Promise<void> {
  const value = JSON.stringify(configured);
  const shown = (json: string): unknown => forEverybody(name, readSection(name, json)) ?? undefined;
  return adoptSection(tx, {
    subject,
    section: name,
    value,
    adopted: value,
    isAbsent: configured === null,
    meaning: (adopted) => readSection(name, adopted),
    told: (before) => ({ action: `app.${name}`, before: shown(before), after: shown(value) }),
  });
}

/** Takes over what the configuration says of an API account, where it says something new. */
export async function adoptAccount(tx: StoreTransaction, account: ConfiguredAccount): Promise<void> {
  const subject = accountSubject(account.secret_id);
  await adoptKey(tx, subject, 'account.key', account.secret_key);
  const value = JSON.stringify(account.apps);
  await adoptSection(tx, {
    subject,
    section: 'apps',
    value,
    adopted: value,
    isAbsent: false,
    meaning: (adopted) => JSON.parse(adopted) as unknown,
    told: (before) => ({
      action: 'account.apps',
      before: { apps: JSON.parse(before) as unknown },
      after: { apps: account.apps },
    }),
  });
}

/** A key that was replaced in the configuration ends those before it at once, as it always did. */
function adoptKey(tx: StoreTransaction, subject: string, action: string, key: string): Promise<void> {
  return adoptSection(tx, {
    subject,
    section: 'key',
    value: JSON.stringify(ringOf(key)),
    adopted: JSON.stringify(keyDigest(key)),
    isAbsent: false,
    meaning: (adopted) => JSON.parse(adopted) as unknown,
    told: (before) => ({
      action,
      before: undefined,
      after: { earlierKeys: keyRingSchema.parse(JSON.parse(before)).retiring.length + 1, heldUntilMs: null },
    }),
  });
}
