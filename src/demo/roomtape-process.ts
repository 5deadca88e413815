import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { RoleName } from '../process/supervisor.ts';

/** How a server is started beside the caller, as `npm start` would. */
export interface RoomtapeOptions {
  readonly dataDir: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** Overrides, such as `ROOMTAPE_LOG__LEVEL`. */
  readonly env: Readonly<Record<string, string>>;
  /** File that takes the log lines. */
  readonly logFile: string;
}

/** A running `npm start`. */
export interface RoomtapeProcess {
  readonly url: string;
  /** What it said to people before it was ready, line by line. */
  readonly said: readonly string[];
  /** Process id of the supervisor, whose children are the roles. */
  readonly pid: number;
  /** Live process ids of the children of a role (Linux only). */
  pids(role: RoleName): number[];
  /** SIGTERM and wait: drains. Idempotent. */
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 60_000;

/** Starts the whole server as a process of its own and waits for its `ready` line. Rejects with what it said instead. */
export async function startRoomtape(options: RoomtapeOptions): Promise<RoomtapeProcess> {
  const entry = fileURLToPath(new URL('../process/main.ts', import.meta.url));
  const args = [entry, '--data-dir', options.dataDir, '--port', String(options.port)];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  mkdirSync(dirname(options.logFile), { recursive: true });
  child.stderr.pipe(createWriteStream(options.logFile, { flags: 'a' }));
  const refusal = refusalOf(child);
  const said: string[] = [];
  const url = await readyUrl(child, said);
  if (url === undefined) throw new Error(`${await refusal}; its log is in ${options.logFile}`);
  return { url, said, pid: child.pid!, pids: (role) => childPids(child.pid!, role), stop: () => stopProcess(child) };
}

/** Resolves, when the process has said its last, with why it refused to start. */
async function refusalOf(child: ChildProcess): Promise<string> {
  let refusal = 'the server did not start';
  for await (const line of createInterface({ input: child.stderr! })) {
    // Logs are JSON; this is what the program says to people.
    if (line.startsWith('roomtape: ')) refusal = line.slice('roomtape: '.length);
  }
  return refusal;
}

async function readyUrl(child: ChildProcess, said: string[]): Promise<string | undefined> {
  const giveUp = setTimeout(() => child.kill('SIGKILL'), START_TIMEOUT_MS);
  for await (const line of createInterface({ input: child.stdout! })) {
    const url = /^ready (\S+)$/.exec(line)?.[1];
    if (!url) {
      said.push(line);
      continue;
    }
    clearTimeout(giveUp);
    return url;
  }
  clearTimeout(giveUp);
  return undefined;
}

async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

/** Children name their role in their command line (design §4). */
function childPids(parent: number, role: RoleName): number[] {
  const numbers = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return numbers.map(Number).filter((pid) => isChild(pid, parent) && commandLine(pid).includes(role));
}

function isChild(pid: number, parent: number): boolean {
  const stat = readProc(`/proc/${pid}/stat`);
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent;
}

const commandLine = (pid: number): string => readProc(`/proc/${pid}/cmdline`);

function readProc(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
