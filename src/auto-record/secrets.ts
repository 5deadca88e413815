import { HIDDEN_SECRET, type AutoRecordRule } from './rule.ts';

/** A secret is written as hidden, and there is none that it could stand for. */
export class HiddenSecretError extends Error {
  override readonly name = 'HiddenSecretError';

  /** Names the key in the rule. */
  readonly path: string;

  constructor(path: string) {
    super(`${path}: is written as hidden, and there is no secret that could stay`);
    this.path = path;
  }
}

/** A rule as it may be shown: its secrets hidden. */
export function withoutSecrets(rule: AutoRecordRule): AutoRecordRule {
  return mapSecrets(rule, () => HIDDEN_SECRET);
}

/** A rule in which hidden secrets are those of `before`. @throws HiddenSecretError when that has none. */
export function withKeptSecrets(rule: AutoRecordRule, before: AutoRecordRule | undefined): AutoRecordRule {
  return mapSecrets(rule, (secret, path, read) => {
    if (secret !== HIDDEN_SECRET) return secret;
    const kept = before && read(before);
    if (kept === undefined) throw new HiddenSecretError(path);
    return kept;
  });
}

type ReadSecret = (rule: AutoRecordRule) => string | undefined;

const bucketSecret: ReadSecret = ({ storage }) => storage.bucket?.secret_key;
const callbackKey: ReadSecret = ({ callback }) => callback?.key;

/** The rule with each of its secrets replaced. */
function mapSecrets(
  rule: AutoRecordRule,
  map: (secret: string, path: string, read: ReadSecret) => string,
): AutoRecordRule {
  const { storage, callback } = rule;
  const { bucket } = storage;
  const secret = bucket && map(bucket.secret_key, 'storage.bucket.secret_key', bucketSecret);
  const key = callback?.key === undefined ? undefined : map(callback.key, 'callback.key', callbackKey);
  return {
    ...rule,
    ...(bucket && secret !== undefined && { storage: { ...storage, bucket: { ...bucket, secret_key: secret } } }),
    ...(callback && key !== undefined && { callback: { ...callback, key } }),
  };
}
