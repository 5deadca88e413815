import { fork, type ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { CancelTimer, SystemClock } from '../clock.ts';
import type { Logger } from './log.ts';

/** The three duties of the program (design §1). */
export type RoleName = 'server' | 'rooms' | 'recorder';

/** One supervised child process. `name` is unique, such as `recorder-2`. */
export interface ChildSpec {
  readonly name: string;
  /** Makes the name of each life of the process, which the child gets as `--name`; without it it gets none. */
  readonly nameOfLife?: (life: number) => string;
  readonly role: RoleName;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** What a child says when it can do its duty. */
export interface ReadyMessage {
  readonly kind: 'ready';
}

const FIRST_RESTART_MS = 100;
const LAST_RESTART_MS = 5_000;
/** A child that did its duty for this long starts over with the shortest back-off: what killed it was no fault of its start. */
const HEALTHY_AFTER_MS = 2_000;
const DRAIN_MS = 15_000;

/**
 * Keeps one child process alive: restarts it with back-off when it dies, and drains it by SIGTERM on close.
 * Emits `ready` each time the child reports that it is; `begun` and `died` with the name of each life that has one.
 */
export class SupervisedChild extends EventEmitter<{
  ready: [];
  begun: [name: string, pid: number];
  died: [name: string];
}> {
  readonly spec: ChildSpec;
  #clock: SystemClock;
  #log: Logger;
  #process: ChildProcess | undefined;
  #restartMs = FIRST_RESTART_MS;
  #readyUs: number | undefined;
  #pendingRestart: CancelTimer | undefined;
  #closing = false;
  #restarts = 0;
  #lives = 0;
  #lifeName: string | undefined;

  constructor(spec: ChildSpec, clock: SystemClock, log: Logger) {
    super();
    this.spec = spec;
    this.#clock = clock;
    this.#log = log;
  }

  /** Starts the child; later deaths are followed by restarts until `close`. */
  start(): void {
    if (this.#closing) return;
    this.#readyUs = undefined;
    const entry = fileURLToPath(new URL('role.ts', import.meta.url));
    const words = [`--role=${this.spec.role}`, `--wall-offset=${this.#clock.wallOffsetUs}`, ...this.spec.args];
    this.#lives += 1;
    this.#lifeName = this.spec.nameOfLife?.(this.#lives);
    if (this.#lifeName !== undefined) words.push(`--name=${this.#lifeName}`);
    const child = fork(entry, words, {
      env: { ...process.env, ...this.spec.env },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#process = child;
    if (this.#lifeName !== undefined) this.emit('begun', this.#lifeName, child.pid ?? 0);
    child.on('message', (message) => this.#onMessage(message as ReadyMessage));
    child.on('exit', (code, signal) => this.#onExit(code, signal));
    child.on('error', (error) => this.#onError(child, error));
  }

  /** Process id, undefined between a death and the restart. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** How the child has fared. */
  stats(): { restarts: number; running: boolean } {
    return { restarts: this.#restarts, running: this.#process !== undefined };
  }

  /** Drains the child: SIGTERM, and SIGKILL when it has not ended in time. Idempotent. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#pendingRestart?.();
    const child = this.#process;
    if (!child || child.exitCode !== null) return;
    const cancelKill = this.#clock.after(DRAIN_MS, () => child.kill('SIGKILL'));
    child.kill('SIGTERM');
    await once(child, 'exit');
    cancelKill();
  }

  #onMessage(message: ReadyMessage): void {
    if (message.kind !== 'ready') return;
    this.#readyUs = this.#clock.monoUs();
    this.emit('ready');
  }

  /** A child that could not be started at all (no memory, no process left) has no exit to follow. */
  #onError(child: ChildProcess, error: Error): void {
    this.#log.error({ child: this.spec.name, err: error }, 'child process failed');
    if (child.pid === undefined) this.#onExit(null, null);
  }

  #onExit(code: number | null, signal: string | null): void {
    this.#process = undefined;
    if (this.#lifeName !== undefined) this.emit('died', this.#lifeName);
    if (this.#closing) return;
    const readyMs = (this.#clock.monoUs() - (this.#readyUs ?? Infinity)) / 1000;
    if (readyMs > HEALTHY_AFTER_MS) this.#restartMs = FIRST_RESTART_MS;
    this.#restarts += 1;
    this.#log.error(
      { child: this.spec.name, code, signal, restartInMs: this.#restartMs },
      'child process died; restarting',
    );
    this.#pendingRestart = this.#clock.after(this.#restartMs, () => this.start());
    this.#restartMs = Math.min(this.#restartMs * 2, LAST_RESTART_MS);
  }
}

/** All children of one `npm start`. They are drained recorders first, so that spools are flushed while the server still listens. */
export class Supervisor {
  readonly children: readonly SupervisedChild[];

  constructor(specs: readonly ChildSpec[], clock: SystemClock, log: Logger) {
    this.children = specs.map((spec) => new SupervisedChild(spec, clock, log));
  }

  /** Starts the children, server first, since all others ask it; resolves when each has been ready once. */
  async start(): Promise<void> {
    for (const role of ['server', 'rooms', 'recorder'] as const) {
      const children = this.children.filter((child) => child.spec.role === role);
      const ready = children.map((child) => once(child, 'ready'));
      for (const child of children) child.start();
      await Promise.all(ready);
    }
  }

  /** Drains all children in the order recorder, rooms, server. */
  async close(): Promise<void> {
    for (const role of ['recorder', 'rooms', 'server'] as const) {
      await Promise.all(this.children.filter((child) => child.spec.role === role).map((child) => child.close()));
    }
  }
}
