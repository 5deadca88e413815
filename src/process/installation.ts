import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { loadConfig, type ConfigSources } from '../config/load.ts';
import { openSecrets, withDemoAccount, type InstallationSecrets } from '../config/secrets.ts';
import type { Config } from '../config/schema.ts';

/** Everything a process of this installation knows about it. */
export interface Installation {
  /** Configuration with the demo account filled in and the data directory absolute. */
  readonly config: Config;
  readonly secrets: InstallationSecrets;
  /** True when this start made the data directory's secrets. */
  readonly fresh: boolean;
  /** Base of links that others use, no trailing slash. */
  readonly publicUrl: string;
}

/** Loads configuration and secrets. Gives the help text instead when it was asked for. Throws ConfigError. */
export function openInstallation(sources: ConfigSources): Installation | string {
  const loaded = loadConfig(sources);
  if (loaded.kind === 'help') return loaded.text;
  const dataDir = resolve(loaded.config.data_dir);
  const { secrets, fresh } = openSecrets(dataDir);
  const config = withDemoAccount({ ...loaded.config, data_dir: dataDir }, secrets);
  return { config, secrets, fresh, publicUrl: publicUrl(config) };
}

function publicUrl(config: Config): string {
  const given = config.http.public_url ?? `http://${config.http.host}:${config.http.port}`;
  return given.replace(/\/+$/, '');
}

/** The port itself, or a free one of that host for 0, so that a restarted child listens where its first life did. */
export async function settlePort(host: string, port: number): Promise<number> {
  if (port !== 0) return port;
  const probe = createServer().listen(0, host);
  await once(probe, 'listening');
  const free = (probe.address() as AddressInfo).port;
  probe.close();
  await once(probe, 'close');
  return free;
}
