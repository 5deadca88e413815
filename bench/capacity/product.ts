import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { settlePort } from '../../src/process/installation.ts';
import { SDK_APP_ID, TestServer } from '../../test/kit/server.ts';

/**
 * Which part of the product is under load. `whole`: publishers, rooms and recorders as in life. `rooms`: publishers and
 * rooms, whose packets are only counted. `recorders`: a stand-in for rooms and publishers, which costs neither ICE nor
 * DTLS nor SRTP, and the recorders.
 */
export type Part = 'whole' | 'rooms' | 'recorders';

const RECORDERS = 2;
const limits = { concurrent_tasks: 1000, queries_per_second: 1000 };

/** What all processes of a run have in common. */
export function commonEnv(roomsPort: number, callback?: object): Record<string, string> {
  const app = { sdk_app_id: SDK_APP_ID, secret_key: appSecret, limits, ...(callback ? { callback } : {}) };
  return {
    ROOMTAPE_APPS: JSON.stringify([app]),
    ROOMTAPE_ROOMS__PORT: String(roomsPort),
    // Whoever is not yet sending must not be taken for gone.
    ROOMTAPE_ROOMS__ANCHOR_TIMEOUT_SECONDS: '600',
    ROOMTAPE_LOG__LEVEL: 'warn',
  };
}

/** That of the test kit, whose UserSigs are used. */
const appSecret = '5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e';

/** The server, with recorders of its own, with some that are started apart, or with none. */
export class Product {
  readonly server: TestServer;
  readonly roomsPort: number;
  readonly #part: Part;
  #apart: ChildProcess[] = [];

  private constructor(server: TestServer, roomsPort: number, part: Part) {
    this.server = server;
    this.roomsPort = roomsPort;
    this.#part = part;
  }

  /** Starts what the part consists of, but for recorders that need the stand-in's port. */
  static async start(part: Part): Promise<Product> {
    const roomsPort = await settlePort('127.0.0.1', 0);
    const processes = { ROOMTAPE_RECORDERS__PROCESSES: String(part === 'whole' ? RECORDERS : 0) };
    const server = await TestServer.start((callback) => ({ ...commonEnv(roomsPort, callback), ...processes }));
    return new Product(server, roomsPort, part);
  }

  /** Recorder processes as they are on a machine of their own, but for the rooms that they are told. */
  async startRecorders(roomsPort: number): Promise<void> {
    const url = this.server.process.url;
    const env = { ...commonEnv(roomsPort), ROOMTAPE_RECORDERS__SERVER_URL: url };
    const script = new URL('../../src/process/role.ts', import.meta.url);
    const args = (n: number): string[] => ['--role=recorder', `--name=bench-${n}`, '--data-dir', this.server.dataDir];
    await this.#startApart(Array.from({ length: RECORDERS }, (_, n) => [script, args(n), env] as const));
  }

  /** What takes the packets of those rooms in the recorders' place. */
  async startTaker(roomIds: readonly string[]): Promise<void> {
    const script = new URL('taker.ts', import.meta.url);
    const args = [this.server.dataDir, `http://127.0.0.1:${this.roomsPort}`, ...roomIds];
    await this.#startApart([[script, args, {}]]);
  }

  /** Packets that the taker took. */
  async taken(): Promise<number> {
    const [taker] = this.#apart;
    if (this.#part !== 'rooms' || !taker) throw new Error('there is no taker');
    const answer = once(taker, 'message') as Promise<[number]>;
    taker.send('figures');
    return (await answer)[0];
  }

  /** Process ids of the product's roles. */
  pids(): [string, readonly number[]][] {
    const { process: main } = this.server;
    const apart = this.#apart.map(({ pid }) => pid!);
    const recorders = [...main.pids('recorder'), ...(this.#part === 'recorders' ? apart : [])];
    const rooms = this.#part === 'recorders' ? [] : main.pids('rooms');
    const taker: [string, readonly number[]][] = this.#part === 'rooms' ? [['taker', apart]] : [];
    const own: [string, readonly number[]][] = [
      ['server', main.pids('server')],
      ['rooms', rooms],
      ['recorders', recorders],
    ];
    return [...own.filter(([, pids]) => pids.length > 0), ...taker];
  }

  /** Lets go of the leases and writes what is held: the spool is complete. Idempotent. */
  async drain(): Promise<void> {
    await Promise.all(this.#apart.map((child) => endOf(child, this.#part)));
    this.#apart = [];
    await this.server.process.stop();
  }

  /** Drains and removes the data. */
  async close(): Promise<void> {
    await this.drain();
    await this.server.close();
  }

  async #startApart(specs: readonly (readonly [URL, readonly string[], Record<string, string>])[]): Promise<void> {
    this.#apart = specs.map(([script, args, env]) =>
      fork(fileURLToPath(script), args, { env: { ...process.env, ...env } }),
    );
    await Promise.all(this.#apart.map((child) => readiness(child)));
  }
}

async function readiness(child: ChildProcess): Promise<void> {
  const died = once(child, 'exit').then(([code]) => {
    throw new Error(`a process of the product ended with ${String(code)}`);
  });
  await Promise.race([once(child, 'message'), died]);
}

async function endOf(child: ChildProcess, part: Part): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  if (part === 'rooms') child.disconnect();
  else child.kill('SIGTERM');
  await ended;
}
