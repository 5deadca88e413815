import { isDeepStrictEqual } from 'node:util';
import { recordAudit } from '../admin/audit.ts';
import type { Store, StoreTransaction } from '../store/store.ts';
import type { AutoRecordRuleRow } from '../store/tables.ts';
import { wallMs, type WallMs } from '../units.ts';
import type { RuleRevision } from './decision.ts';
import { autoRecordRuleSchema, type AutoRecordRule } from './rule.ts';
import { withKeptSecrets, withoutSecrets } from './secrets.ts';

/** A revision of an app's rule, and where it was set. */
export interface StoredRule extends RuleRevision {
  readonly effectiveMs: WallMs;
  readonly origin: 'configuration' | 'api';
  /** Who set it, as in the audit. */
  readonly actor: string;
}

/** Who sets a rule. */
export interface RuleAuthor {
  /** For the audit: an administrator's name, or `configuration`. */
  readonly actor: string;
  readonly origin: StoredRule['origin'];
}

/**
 * The rules of auto recording, revision by revision; the latest of an app is in force from the moment it was written.
 * Every change is in the audit, without secrets. This process is the only one that writes them.
 */
export class AutoRecordRules {
  readonly #store: Store;
  /** All revisions by app, oldest first; undefined until they were read. */
  #known: Promise<Map<number, StoredRule[]>> | undefined;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Apps that have, or had, a rule. */
  async apps(): Promise<number[]> {
    return [...(await this.#all()).keys()];
  }

  /** The revisions of an app's rule, oldest first. */
  async revisions(sdkAppId: number): Promise<readonly StoredRule[]> {
    return (await this.#all()).get(sdkAppId) ?? [];
  }

  /** The rule in force; undefined when the app records nothing by rule. */
  async current(sdkAppId: number): Promise<StoredRule | undefined> {
    const latest = (await this.revisions(sdkAppId)).at(-1);
    return latest?.rule && latest;
  }

  /**
   * Sets an app's rule for rooms created from now on. A secret written as HIDDEN_SECRET stays as it is. Resolves with the
   * revision in force, which is the one before when nothing differs; rejects with a HiddenSecretError when there is no
   * secret to stay.
   */
  async set(sdkAppId: number, rule: AutoRecordRule, author: RuleAuthor): Promise<StoredRule> {
    return this.#change(sdkAppId, author, (before) => withKeptSecrets(rule, before));
  }

  /** Ends recording by rule: nothing begins any more. An app without a rule stays without. */
  async remove(sdkAppId: number, author: RuleAuthor): Promise<void> {
    if (await this.current(sdkAppId)) await this.#change(sdkAppId, author, () => undefined);
  }

  /**
   * Takes over what the configuration says at a start. A rule there counts when it differs from what was taken over last:
   * the latest change holds, made here or by the API. One that is gone from it ends a rule that came from it.
   */
  async adopt(sdkAppId: number, rule: AutoRecordRule | undefined): Promise<void> {
    const revisions = await this.revisions(sdkAppId);
    const adopted = revisions.findLast(({ origin }) => origin === 'configuration');
    if (isDeepStrictEqual(adopted?.rule, rule)) return;
    if (!rule && revisions.at(-1)?.origin !== 'configuration') return;
    const author = { actor: 'configuration', origin: 'configuration' } as const;
    await (rule ? this.set(sdkAppId, rule, author) : this.remove(sdkAppId, author));
  }

  async #change(
    sdkAppId: number,
    { actor, origin }: RuleAuthor,
    change: (before: AutoRecordRule | undefined) => AutoRecordRule | undefined,
  ): Promise<StoredRule> {
    const changed = await this.#store.transaction(async (tx) => {
      const latest = await latestOf(tx, sdkAppId);
      const [before, after] = [latest?.rule, change(latest?.rule)];
      if (latest && isDeepStrictEqual(before, after)) return latest;
      await recordAudit(tx, {
        actor,
        action: after ? 'auto-record.set' : 'auto-record.remove',
        subject: `app ${sdkAppId}`,
        before: before && withoutSecrets(before),
        after: after && withoutSecrets(after),
      });
      return insert(tx, sdkAppId, after, { actor, origin });
    });
    this.#known = undefined;
    this.#store.rooms.ring();
    return changed;
  }

  #all(): Promise<Map<number, StoredRule[]>> {
    // A store that could not be read is asked again.
    this.#known ??= this.#read().catch((error: unknown) => {
      this.#known = undefined;
      throw error;
    });
    return this.#known;
  }

  async #read(): Promise<Map<number, StoredRule[]>> {
    const rows = await this.#store.db.selectFrom('auto_record_rule').selectAll().orderBy('revision').execute();
    return Map.groupBy(rows.map(storedRule), (_rule, index) => rows[index]!.sdk_app_id);
  }
}

function storedRule({ revision, rule, effective_ms: effectiveMs, origin, actor }: AutoRecordRuleRow): StoredRule {
  // Read through the schema: what a rule of an earlier version does not say is at its default.
  const read = rule === null ? undefined : autoRecordRuleSchema.parse(JSON.parse(rule));
  return { revision, rule: read, effectiveMs: wallMs(effectiveMs), origin, actor };
}

async function latestOf({ db }: StoreTransaction, sdkAppId: number): Promise<StoredRule | undefined> {
  const row = await db
    .selectFrom('auto_record_rule')
    .selectAll()
    .where('sdk_app_id', '=', sdkAppId)
    .orderBy('revision', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row && storedRule(row);
}

async function insert(
  { db, wall }: StoreTransaction,
  sdkAppId: number,
  rule: AutoRecordRule | undefined,
  { actor, origin }: RuleAuthor,
): Promise<StoredRule> {
  const row = await db
    .insertInto('auto_record_rule')
    .values({ sdk_app_id: sdkAppId, rule: rule ? JSON.stringify(rule) : null, effective_ms: wall, origin, actor })
    .returningAll()
    .executeTakeFirstOrThrow();
  return storedRule(row);
}
