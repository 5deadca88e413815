import { systemClock } from '../clock.ts';
import { ConfigError } from '../config/load.ts';
import { openInstallation, type Installation } from './installation.ts';
import { createLogger, type Logger } from './log.ts';
import type { ReadyMessage, RoleName } from './supervisor.ts';
import type { Clock } from '../clock.ts';

/** A role that is running in this process. */
export interface RunningRole {
  /** Stops cleanly: nothing promised is lost and tasks stay resumable. Idempotent. */
  close(): Promise<void>;
}

/** What every role gets. */
export interface RoleContext {
  readonly installation: Installation;
  readonly clock: Clock;
  readonly log: Logger;
  /** Name of this life of the process, unique among all recorders; undefined when nobody supervises it. */
  readonly name: string | undefined;
}

type StartRole = (context: RoleContext) => Promise<RunningRole>;

/** Each role's code is loaded only where it runs, so the server never loads native media code (design, invariant 7). */
const roles: Record<RoleName, () => Promise<StartRole>> = {
  server: async () => (await import('../server/server-role.ts')).startServerRole,
  rooms: async () => (await import('../rooms/rooms-role.ts')).startRoomsRole,
  recorder: async () => (await import('../recorder/recorder-role.ts')).startRecorderRole,
};

async function main(): Promise<void> {
  const name = roleName(process.argv);
  process.title = `roomtape: ${name}`;
  const opened = openInstallation({ args: process.argv.slice(2), env: process.env });
  if (typeof opened === 'string') throw new ConfigError('--help is for npm start');
  const log = createLogger(name, opened.config.log.level);
  dieOnFault(log);
  const start = await roles[name]();
  const role = await start({
    installation: opened,
    clock: systemClock({ wallOffsetUs: wallOffset(process.argv) }),
    log,
    name: wordOf(process.argv, '--name='),
  });
  closeOnRequest(role, log);
  process.send?.({ kind: 'ready' } satisfies ReadyMessage);
  log.info('ready');
}

function roleName(argv: readonly string[]): RoleName {
  const name = wordOf(argv, '--role=') ?? '';
  if (!(name in roles)) throw new ConfigError(`--role: "${name}" is not one of ${Object.keys(roles).join(', ')}`);
  return name as RoleName;
}

/** How the supervisor's clock stands to the machine's, so that all processes place media alike. */
function wallOffset(argv: readonly string[]): number | undefined {
  const word = wordOf(argv, '--wall-offset=');
  return word === undefined ? undefined : Number(word);
}

const wordOf = (argv: readonly string[], flag: string): string | undefined =>
  argv.find((word) => word.startsWith(flag))?.slice(flag.length);

/** A fault nobody caught leaves unknown state behind: log it and let the supervisor start a fresh process. */
function dieOnFault(log: Logger): void {
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'uncaught fault');
    process.exit(70);
  });
}

/** SIGTERM drains; so does the death of the supervisor, seen as the end of the IPC channel. */
function closeOnRequest(role: RunningRole, log: Logger): void {
  let closing = false;
  const close = (why: string): void => {
    if (closing) return;
    closing = true;
    log.info({ why }, 'draining');
    role.close().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'drain failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', () => close('SIGTERM'));
  // A terminal sends SIGINT to the whole group; the supervisor drains in its own order.
  process.on('SIGINT', () => {});
  process.on('disconnect', () => close('supervisor gone'));
}

try {
  await main();
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`roomtape: ${error.message}\n`);
  process.exitCode = 1;
}
