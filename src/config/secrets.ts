import { randomBytes, randomInt } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { hashPasswordNow, makePassword } from '../accounts/passwords.ts';
import { replaceFileNow } from '../durable-folder.ts';
import type { Config } from './schema.ts';

/** What an installation makes for itself on a fresh data directory; kept in `secrets.json`, readable by its owner only. */
export interface InstallationSecrets {
  /** Bearer token between the roles. */
  readonly token: string;
  /** Bearer token of the admin API; absent in a data directory of an earlier version that nobody gave one yet. */
  readonly adminToken?: string | undefined;
  /** Hash of the password that the first administrator begins with; the store has the one that holds. */
  readonly adminPasswordHash?: string | undefined;
  /** Demo account and app, used when the configuration names none. */
  readonly demo: {
    readonly secretId: string;
    readonly secretKey: string;
    readonly sdkAppId: number;
    readonly appSecret: string;
  };
}

const secretsSchema = z.object({
  token: z.string().min(32),
  adminToken: z.string().min(16).optional(),
  adminPasswordHash: z.string().optional(),
  demo: z.object({ secretId: z.string(), secretKey: z.string(), sdkAppId: z.int(), appSecret: z.string() }),
});

/** Reads the data directory's secrets; undefined when there are none. @throws Error when they cannot be read */
export function readSecrets(dataDir: string): InstallationSecrets | undefined {
  try {
    return secretsSchema.parse(JSON.parse(readFileSync(join(dataDir, 'secrets.json'), 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return undefined;
  }
}

/** Reads the data directory's secrets, making them first when there are none. `fresh` tells which. */
export function openSecrets(dataDir: string): { secrets: InstallationSecrets; fresh: boolean } {
  const known = readSecrets(dataDir);
  if (known) return { secrets: known, fresh: false };
  const secrets = makeSecrets();
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  writeSecrets(dataDir, secrets);
  return { secrets, fresh: true };
}

/** The same secrets with a token of the admin API, which is made and kept where there is none. */
export function withAdminToken(
  dataDir: string,
  secrets: InstallationSecrets,
): InstallationSecrets & { readonly adminToken: string } {
  const { adminToken } = secrets;
  if (adminToken !== undefined) return { ...secrets, adminToken };
  const complete = { ...secrets, adminToken: randomText(32) };
  writeSecrets(dataDir, complete);
  return complete;
}

/** Makes the first administrator's password where there was none, and keeps its hash; undefined where there was one. */
export function firstAdminPassword(dataDir: string, secrets: InstallationSecrets): string | undefined {
  if (secrets.adminPasswordHash !== undefined) return undefined;
  const password = makePassword();
  writeSecrets(dataDir, { ...secrets, adminPasswordHash: hashPasswordNow(password) });
  return password;
}

function writeSecrets(dataDir: string, secrets: InstallationSecrets): void {
  replaceFileNow(join(dataDir, 'secrets.json'), JSON.stringify(secrets, undefined, 2));
}

const randomText = (bytes: number): string => randomBytes(bytes).toString('hex');

function makeSecrets(): InstallationSecrets {
  return {
    token: randomText(32),
    adminToken: randomText(32),
    demo: {
      secretId: `AKID${randomText(16)}`,
      secretKey: randomText(16),
      sdkAppId: 1_400_000_000 + randomInt(1, 99_999_999),
      appSecret: randomText(32),
    },
  };
}

/** The configuration with the demo account and app filled in where it names none. */
export function withDemoAccount(config: Config, secrets: InstallationSecrets): Config {
  if (config.apps.length > 0) return config;
  const { secretId, secretKey, sdkAppId, appSecret } = secrets.demo;
  const limits = { concurrent_tasks: 100, queries_per_second: 20, streams_per_task: 25 };
  return {
    ...config,
    apps: [
      {
        sdk_app_id: sdkAppId,
        secret_key: appSecret,
        advanced_permission: false,
        limits,
        play_link_hours: 72,
        storage: { library: {} },
        auto_record: [],
      },
    ],
    accounts: [{ secret_id: secretId, secret_key: secretKey, apps: [sdkAppId] }],
  };
}
