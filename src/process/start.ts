import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { systemClock, type Clock } from '../clock.ts';
import { FIRST_ADMINISTRATOR } from '../accounts/administrators.ts';
import { ConfigError } from '../config/load.ts';
import { firstAdminPassword, withAdminToken } from '../config/secrets.ts';
import { createWorkerClient } from '../worker-api/client.ts';
import { lockDataDir } from './data-lock.ts';
import { openInstallation, settlePort, type Installation } from './installation.ts';
import { localUrl, noteListening } from './listening.ts';
import { createLogger, type Logger } from './log.ts';
import { RecorderRoll } from './recorder-roll.ts';
import { Supervisor, type ChildSpec } from './supervisor.ts';

/**
 * Opens the installation, keeps the roles running, and says `ready URL` when all of them are; the process ends by
 * SIGTERM or SIGINT. @throws ConfigError when it cannot start
 */
export async function startInstallation(args: readonly string[]): Promise<void> {
  const opened = openInstallation({ args, env: process.env });
  if (typeof opened === 'string') return say(opened);
  const log = createLogger('supervisor', opened.config.log.level);
  process.on('exit', lockDataDir(opened.config.data_dir));
  const secrets = withAdminToken(opened.config.data_dir, opened.secrets);
  const password = firstAdminPassword(opened.config.data_dir, secrets);
  const ports = await settlePorts(opened);
  const clock = systemClock();
  const supervisor = new Supervisor(childSpecs(args, opened, ports), clock, log);
  const roll = keepRoll(supervisor, opened, ports, clock, log);
  drainOnSignal(supervisor, roll, log);
  await supervisor.start();
  process.on('exit', noteListening(opened.config.data_dir, localUrl(opened.config.http.host, ports.http)));
  announce(opened, ports.http, { token: secrets.adminToken, password });
}

interface Ports {
  readonly http: number;
  readonly rooms: number;
}

async function settlePorts({ config }: Installation): Promise<Ports> {
  const { http, rooms } = config;
  await refuseTakenPort('http.port', http.host, http.port);
  await refuseTakenPort('rooms.port', rooms.host, rooms.port);
  return { http: await settlePort(http.host, http.port), rooms: await settlePort(rooms.host, rooms.port) };
}

/** A port in use is the commonest failed start: say so at once instead of restarting a child for ever. */
async function refuseTakenPort(key: string, host: string, port: number): Promise<void> {
  const probe = createServer();
  try {
    probe.listen(port, host);
    await once(probe, 'listening');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError(`${key}: cannot listen on ${host}:${port} (${code})`, { cause: error });
  }
  probe.close();
  await once(probe, 'close');
}

function childSpecs(words: readonly string[], { config }: Installation, ports: Ports): ChildSpec[] {
  const args = words.filter((word) => !word.startsWith('--role'));
  const env = { ROOMTAPE_ROOMS__PORT: String(ports.rooms), ROOMTAPE_HTTP__PORT: String(ports.http) };
  const withoutPort = withoutFlag(args, '--port');
  const start = randomUUID().slice(0, 8);
  const recorders = Array.from({ length: config.recorders.processes }, (_, i) => `recorder-${i + 1}`);
  return [
    { name: 'server', role: 'server', args: withoutPort, env },
    { name: 'rooms', role: 'rooms', args: withoutPort, env },
    ...recorders.map((name): ChildSpec => ({
      name,
      role: 'recorder',
      args: withoutPort,
      env,
      nameOfLife: (life) => recorderId(`${name}-${start}-${life}`),
    })),
  ];
}

/** Tells the server of recorders that died, those included that died with the supervisor before this one. */
function keepRoll(supervisor: Supervisor, opened: Installation, ports: Ports, clock: Clock, log: Logger): RecorderRoll {
  const { config, secrets } = opened;
  const url = config.recorders.server_url ?? `http://${config.http.host}:${ports.http}`;
  const client = createWorkerClient({ url, token: secrets.token });
  const tell = (recorderIds: readonly string[]): Promise<void> => client.gone(recorderIds);
  const roll = new RecorderRoll({ dataDir: config.data_dir, tell, clock, log });
  for (const child of supervisor.children) {
    child.on('begun', (name, pid) => roll.begun(name, pid));
    child.on('died', (name) => roll.died(name));
  }
  roll.tellDead();
  return roll;
}

/** How a recorder is called in the store: unique among machines and over restarts, and of one length at most. */
const recorderId = (name: string): string => `${hostname()}-${name}`.slice(-200);

/** Flags win over the environment, so a port that was settled by the supervisor must not meet the flag again. */
function withoutFlag(args: readonly string[], flag: string): string[] {
  return args.filter((word, i) => word !== flag && args[i - 1] !== flag && !word.startsWith(`${flag}=`));
}

function drainOnSignal(supervisor: Supervisor, roll: RecorderRoll, log: Logger): void {
  let draining = false;
  const drain = (signal: string): void => {
    if (draining) return;
    draining = true;
    log.info({ signal }, 'draining');
    // Who drains gives its leases back by itself.
    roll.close();
    void supervisor.close().then(() => process.exit(0));
  };
  process.on('SIGTERM', () => drain('SIGTERM'));
  process.on('SIGINT', () => drain('SIGINT'));
}

/** How an operator comes in; the password only where it was just made. */
interface AdminEntrance {
  readonly token: string;
  readonly password: string | undefined;
}

function announce(opened: Installation, port: number, admin: AdminEntrance): void {
  const { config, secrets, fresh, publicUrl, demoPage } = opened;
  const listening = `http://${config.http.host}:${port}`;
  const url = config.http.public_url ? publicUrl : listening;
  if (fresh && config.apps[0]?.sdk_app_id === secrets.demo.sdkAppId) say(demoKeys(secrets.demo));
  const isNew = fresh || secrets.adminToken === undefined;
  if (isNew && config.admin.token === undefined) say(`Token of the admin API: ${admin.token}`);
  say(`Console: ${url}/console/`);
  if (admin.password !== undefined) {
    say(`  Sign in as ${FIRST_ADMINISTRATOR} with the password ${admin.password} and change it; it is told this once.`);
  }
  if (demoPage) say(`Demo page: ${url}/demo/`);
  if (url !== listening) say(`Listening on ${listening}`);
  say(`ready ${url}`);
}

function demoKeys(demo: Installation['secrets']['demo']): string {
  return [
    'A demo account and app were made for this data directory:',
    `  SecretId   ${demo.secretId}`,
    `  SecretKey  ${demo.secretKey}`,
    `  SdkAppId   ${demo.sdkAppId}`,
    `  App secret ${demo.appSecret}   (signs UserSigs)`,
  ].join('\n');
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
