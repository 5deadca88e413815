import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { accessSync, constants, existsSync, mkdtempSync, rmdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Config } from '../../config/schema.ts';
import { freeMbAt } from '../../disk-space.ts';
import type { Facts, IceFacts } from './facts.ts';

/** Gathers what this machine says of itself, without a server; nothing that it makes stays. */

const run = promisify(execFile);
const errorText = (error: unknown): string => (error instanceof Error ? error.message.split('\n')[0]! : String(error));

/** The folder itself, or the nearest one above it that is there. */
function standing(path: string): string {
  let at = path;
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at);
  return at;
}

/** Tries to write, since modes tell nothing about root and read-only disks. */
export function dataDirFacts(path: string): Facts['dataDir'] {
  const at = standing(path);
  try {
    rmdirSync(mkdtempSync(join(at, '.roomtape-doctor-')));
    return { path, state: at === path ? 'writable' : 'missing' };
  } catch (error) {
    return { path, state: 'refused', reason: errorText(error) };
  }
}

/** Free space where the data directory is, or will be. */
export const diskFacts = (path: string, { recorders }: Config): Facts['disk'] => {
  return { path, freeMb: freeMbAt(standing(path)), leastMb: recorders.least_free_mb };
};

/** Who may read the keys. */
export function secretsFacts(dataDir: string): Facts['secrets'] {
  const path = join(dataDir, 'secrets.json');
  const mode = existsSync(path) ? statSync(path).mode & 0o777 : undefined;
  if (mode === undefined) return { path, state: 'missing', mode: '' };
  const isOpen = process.platform !== 'win32' && (mode & 0o077) !== 0;
  return { path, state: isOpen ? 'open' : 'private', mode: mode.toString(8) };
}

/** Whether the font can be read that texts are drawn with. */
export function fontFacts(): Facts['font'] {
  try {
    const require = createRequire(import.meta.url);
    accessSync(require.resolve('@openfonts/noto-sans-sc_all/files/noto-sans-sc-all-400.woff'), constants.R_OK);
    return {};
  } catch (error) {
    return { error: errorText(error) };
  }
}

/** Opens what is there for reading only; a new one would be made, which an empty one in memory stands for. */
export function storeFacts(dataDir: string): Facts['store'] {
  const path = join(dataDir, 'store.sqlite');
  const isThere = existsSync(path);
  try {
    const store = new DatabaseSync(isThere ? path : ':memory:', { readOnly: isThere });
    store.prepare(isThere ? 'select count(*) from task' : 'select 1').all();
    store.close();
    return { path, state: isThere ? 'opens' : 'new' };
  } catch (error) {
    return { path, state: 'broken', error: errorText(error) };
  }
}

/** What the library under the media sockets asks for. */
const ASKED_BYTES = 1024 * 1024;

/** Asks for a receive buffer and reads back what was granted. */
export async function udpBufferFacts(): Promise<Facts['udpBuffer']> {
  const socket = createSocket('udp4');
  try {
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    socket.setRecvBufferSize(ASKED_BYTES);
    // Linux counts its own book-keeping in, and says twice as much.
    const grantedBytes = socket.getRecvBufferSize() / (process.platform === 'linux' ? 2 : 1);
    return { askedBytes: ASKED_BYTES, grantedBytes };
  } finally {
    socket.close();
  }
}

/** Ports of a large range that are tried. */
const MOST_TRIED = 200;

/** Binds UDP sockets as the rooms role does. */
export async function iceFacts({ rooms }: Config): Promise<IceFacts> {
  const address = rooms.ice_bind_address ?? '0.0.0.0';
  const about = { address, range: rooms.ice_ports, sessions: rooms.max_sessions };
  const error = await bindFault(address, 0);
  const [first, last] = rooms.ice_ports ?? [1, 0];
  const ports = Array.from({ length: Math.max(0, Math.min(last - first + 1, MOST_TRIED)) }, (_, i) => first + i);
  const faults = error === undefined ? await Promise.all(ports.map((port) => bindFault(address, port))) : [];
  return { ...about, error, tried: faults.length, free: faults.filter((fault) => fault === undefined).length };
}

async function bindFault(address: string, port: number): Promise<string | undefined> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  try {
    socket.bind(port, address);
    await once(socket, 'listening');
    return undefined;
  } catch (error) {
    return errorText(error);
  } finally {
    socket.close();
  }
}

const WATCH_MS = 500;

/** Watches both clocks for a moment. */
export async function clockFacts(): Promise<Facts['clock']> {
  const from = { wall: Date.now(), mono: performance.now() };
  await sleep(WATCH_MS);
  const watchedMs = performance.now() - from.mono;
  return { strayedMs: Date.now() - from.wall - watchedMs, watchedMs };
}

/** By what systemd leaves or says; other services cannot be asked without their own programs. */
export async function timeSyncFacts(): Promise<Facts['timeSync']> {
  if (existsSync('/run/systemd/timesync/synchronized')) return { synchronised: true };
  try {
    const { stdout } = await run('timedatectl', ['show', '--property=NTPSynchronized', '--value'], { timeout: 2000 });
    const said = stdout.trim();
    return { synchronised: said === 'yes' ? true : said === 'no' ? false : undefined };
  } catch {
    return { synchronised: undefined };
  }
}

const PROBE_MS = 30_000;

/** Loads the native packages in a process of their own. */
export async function libraryFacts(): Promise<Facts['library']> {
  const entry = fileURLToPath(new URL('native-probe.ts', import.meta.url));
  try {
    const { stdout } = await run(process.execPath, [entry], { timeout: PROBE_MS });
    return JSON.parse(stdout) as Facts['library'];
  } catch (error) {
    const { signal, stderr = '', message } = error as { signal?: string; stderr?: string; message: string };
    const said = stderr.split('\n').find((line) => /error/i.test(line));
    return { pictures: 0, error: signal ? `it ended by ${signal}` : (said ?? message.split('\n')[0]!) };
  }
}
