import { resolve } from 'node:path';
import { ConfigError, loadConfig } from '../config/load.ts';
import { readSecrets } from '../config/secrets.ts';
import type { Config } from '../config/schema.ts';
import { listeningAt, localUrl } from '../process/listening.ts';

/** Which installation of this machine is meant. */
export interface LocalChoice {
  readonly config?: string | undefined;
  readonly 'data-dir'?: string | undefined;
}

/** What this machine's configuration says of its server. Nothing is made by asking. */
export interface LocalServer {
  readonly config: Config;
  readonly dataDir: string;
  /** How it is reached from this machine. */
  readonly url: string;
  /** Hosts that are this server: what its token may be sent to. */
  readonly hosts: ReadonlySet<string>;
  readonly token: string | undefined;
  /** Whether a server has ever been started on the data directory. */
  readonly wasStarted: boolean;
  /** Apps of the configuration, or the demo app. */
  readonly apps: readonly number[];
}

const loopback = ['127.0.0.1', 'localhost', '[::1]'];

/** Reads configuration and secrets. @throws Error when one of them cannot be read */
export function readLocalServer(choice: LocalChoice, env: Readonly<Record<string, string | undefined>>): LocalServer {
  const config = readConfig(choice, env);
  const dataDir = resolve(config.data_dir);
  const secrets = secretsOf(dataDir);
  const { host, port, public_url: publicUrl } = config.http;
  const url = listeningAt(dataDir) ?? localUrl(host, port);
  return {
    config,
    dataDir,
    url,
    hosts: new Set([
      ...loopback,
      new URL(url).hostname,
      ...(publicUrl === undefined ? [] : [new URL(publicUrl).hostname]),
    ]),
    token: config.admin.token ?? secrets?.adminToken,
    wasStarted: secrets !== undefined,
    apps: config.apps.length > 0 ? config.apps.map((app) => app.sdk_app_id) : secrets ? [secrets.demo.sdkAppId] : [],
  };
}

/** A parser's message says nothing to whoever did not write the file. */
function secretsOf(dataDir: string): ReturnType<typeof readSecrets> {
  try {
    return readSecrets(dataDir);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== undefined) throw error;
    throw new ConfigError(`secrets.json in ${dataDir} is damaged`, { cause: error });
  }
}

/** The same as words of `npm start`. */
export const wordsOf = (choice: LocalChoice): string[] =>
  (['config', 'data-dir'] as const).flatMap((flag) => {
    const value = choice[flag];
    return value === undefined ? [] : [`--${flag}`, value];
  });

/** The configuration that a server started here would have. @throws ConfigError */
export function readConfig(choice: LocalChoice, env: Readonly<Record<string, string | undefined>>): Config {
  const loaded = loadConfig({ args: wordsOf(choice), env });
  if (loaded.kind === 'help') throw new Error('--help is no configuration');
  return loaded.config;
}
