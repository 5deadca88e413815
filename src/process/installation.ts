import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { ConfigError, loadConfig, type ConfigSources } from '../config/load.ts';
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
  /** Whether the page at `/demo/` is served. */
  readonly demoPage: boolean;
}

/** Loads configuration and secrets. Gives the help text instead when it was asked for. Throws ConfigError. */
export function openInstallation(sources: ConfigSources): Installation | string {
  const loaded = loadConfig(sources);
  if (loaded.kind === 'help') return loaded.text;
  const dataDir = resolve(loaded.config.data_dir);
  const { secrets, fresh } = secretsOf(dataDir);
  const config = withDemoAccount({ ...loaded.config, data_dir: dataDir }, secrets);
  return { config, secrets, fresh, publicUrl: publicUrl(config), demoPage: demoPageIsOn(config, secrets) };
}

function secretsOf(dataDir: string): ReturnType<typeof openSecrets> {
  try {
    return openSecrets(dataDir);
  } catch (error) {
    const reason =
      (error as NodeJS.ErrnoException).code === undefined ? 'secrets.json is damaged' : (error as Error).message;
    throw new ConfigError(`data_dir: ${dataDir} cannot be used: ${reason}`, { cause: error });
  }
}

const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]', '::1'];

/**
 * Whoever opens the page may publish and record, so by itself it is only for the machine's own users: not behind a proxy
 * that others reach, and only with the demo app.
 */
function demoPageIsOn({ http, demo_page, apps }: Config, secrets: InstallationSecrets): boolean {
  if (demo_page !== 'auto') return demo_page === 'on';
  const publicHost = http.public_url === undefined ? http.host : new URL(http.public_url).hostname;
  return LOOPBACK.includes(http.host) && LOOPBACK.includes(publicHost) && apps[0]?.sdk_app_id === secrets.demo.sdkAppId;
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
