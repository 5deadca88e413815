import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { SyntheticAnchor, SyntheticAnchorOptions, SyntheticAnchorStats } from './anchor.ts';
import type { AnchorCommand, AnchorReport } from './anchor-ipc.ts';
import type { MuteKind } from './test-media.ts';
import { WhipError } from './whip-client.ts';

/** What only an anchor in its own process can have. */
export interface ForkedAnchorHooks {
  /** Path of a file that gets every coded picture as it is sent (H.264: an Annex B stream). */
  readonly dumpFile?: string;
  readonly log?: (message: string) => void;
}

const ENTRY = fileURLToPath(new URL('./anchor-process.ts', import.meta.url));
const CLOSE_MS = 3_000;

const NOTHING_YET: SyntheticAnchorStats = {
  state: 'connecting',
  connects: 0,
  pictures: 0,
  keyFrames: 0,
  sounds: 0,
  skipped: 0,
  packets: 0,
  bytes: 0,
  sendFailures: 0,
  retransmitted: 0,
  keyFrameRequests: 0,
  reportsHeard: 0,
};

/**
 * As `startSyntheticAnchor`, in a process of its own, so that coding never holds up the caller. `stats()` is at most
 * half a second old; `kill()` is a SIGKILL: the anchor falls silent without a word.
 */
export async function forkSyntheticAnchor(
  options: SyntheticAnchorOptions,
  hooks: ForkedAnchorHooks = {},
): Promise<SyntheticAnchor> {
  const child = fork(ENTRY, [options.name], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const anchor = new ForkedAnchor(child, options.name, hooks);
  await anchor.start({ kind: 'start', options, ...(hooks.dumpFile === undefined ? {} : { dumpFile: hooks.dumpFile }) });
  return anchor;
}

class ForkedAnchor implements SyntheticAnchor {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #hooks: ForkedAnchorHooks;
  readonly #exited: Promise<unknown>;
  #stats = NOTHING_YET;
  #closed = false;
  #settle: (error?: Error) => void = () => undefined;

  constructor(child: ChildProcess, name: string, hooks: ForkedAnchorHooks) {
    this.name = name;
    this.#child = child;
    this.#hooks = hooks;
    this.#exited = once(child, 'exit');
    child.on('message', (report) => this.#onReport(report as AnchorReport));
    child.on('exit', () => this.#onExit());
  }

  get closed(): boolean {
    return this.#closed;
  }

  start(command: AnchorCommand): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#settle = (error) => (error ? reject(error) : resolve());
      this.#tell(command);
    });
  }

  muteAudio(muted: boolean, how: MuteKind = 'silent'): void {
    this.#tell({ kind: 'mute', media: 'audio', muted, how });
  }

  muteVideo(muted: boolean, how: MuteKind = 'silent'): void {
    this.#tell({ kind: 'mute', media: 'video', muted, how });
  }

  stats(): SyntheticAnchorStats {
    return this.#closed ? { ...this.#stats, state: 'closed' } : this.#stats;
  }

  async close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      this.#tell({ kind: 'close' });
      const timer = setTimeout(() => this.#child.kill('SIGKILL'), CLOSE_MS);
      await this.#exited;
      clearTimeout(timer);
    }
    await this.#exited;
  }

  kill(): void {
    this.#closed = true;
    this.#child.kill('SIGKILL');
  }

  #tell(command: AnchorCommand): void {
    if (this.#child.connected) this.#child.send(command);
  }

  #onReport(report: AnchorReport): void {
    if (report.kind === 'stats') this.#stats = report.stats;
    else if (report.kind === 'log') this.#hooks.log?.(report.message);
    else if (report.kind === 'started') this.#settle();
    else
      this.#settle(
        report.status === undefined ? new Error(report.message) : new WhipError(report.status, report.message),
      );
  }

  #onExit(): void {
    this.#closed = true;
    this.#settle(new Error(`The process of anchor ${this.name} ended before it could publish.`));
  }
}
