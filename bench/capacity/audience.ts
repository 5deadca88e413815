import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { PublishAs, PublishersAsk, PublishersFigures } from './messages.ts';

/** All publishers of a run, dealt out to a few processes. */
export class Audience {
  readonly #children: readonly ChildProcess[];

  /** Starts the processes; they have the variables of `env` besides this one's. */
  constructor(processes: number, env: Readonly<Record<string, string>>) {
    const script = new URL('publishers.ts', import.meta.url);
    this.#children = Array.from({ length: processes }, () => fork(script, { env: { ...process.env, ...env } }));
  }

  /** Process ids. */
  get pids(): number[] {
    return this.#children.map(({ pid }) => pid!);
  }

  /** Makes its only process the rooms role of that installation besides; gives its port. */
  async standIn(dataDir: string): Promise<number> {
    const { port } = await ask(this.#children[0]!, { kind: 'stand-in', dataDir });
    return port!;
  }

  /** Lets everybody enter, without sending anything yet. */
  async enter(cameraFile: string, sessions: readonly PublishAs[]): Promise<void> {
    const all = this.#children.length;
    const entered = this.#children.map((child, own) =>
      ask(child, { kind: 'open', cameraFile, sessions: sessions.filter((_, i) => i % all === own) }),
    );
    const connected = (await Promise.all(entered)).reduce((sum, one) => sum + one.connected, 0);
    if (connected !== sessions.length) throw new Error(`${connected} of ${sessions.length} publishers connected`);
  }

  /** Lets the first `count` send. */
  async send(count: number): Promise<void> {
    const all = this.#children.length;
    await Promise.all(
      this.#children.map((child, own) => ask(child, { kind: 'send', count: Math.ceil((count - own) / all) })),
    );
  }

  /** Everybody falls silent. */
  async pause(): Promise<void> {
    await Promise.all(this.#children.map((child) => ask(child, { kind: 'pause' })));
  }

  /** What all have done; pictures in the order of the sessions. */
  async figures(): Promise<PublishersFigures> {
    const each = await Promise.all(this.#children.map((child) => ask(child, { kind: 'figures' })));
    const sum = (of: (one: PublishersFigures) => number): number => each.reduce((total, one) => total + of(one), 0);
    const most = Math.max(...each.map(({ pictures }) => pictures.length));
    const inTurn = Array.from({ length: most }, (_, i) => each.map(({ pictures }) => pictures[i]));
    return {
      sent: sum((one) => one.sent),
      refused: sum((one) => one.refused),
      resent: sum((one) => one.resent),
      connected: sum((one) => one.connected),
      pictures: inTurn.flat().filter((count) => count !== undefined),
      latestMs: Math.max(...each.map(({ latestMs }) => latestMs)),
    };
  }

  /** They vanish. Idempotent. */
  close(): void {
    for (const child of this.#children) if (child.connected) child.disconnect();
  }
}

async function ask(child: ChildProcess, what: PublishersAsk): Promise<PublishersFigures> {
  const died = once(child, 'exit').then(([code]) => {
    throw new Error(`a process of publishers ended with ${String(code)}`);
  });
  const answer = once(child, 'message') as Promise<[PublishersFigures]>;
  child.send(what);
  return (await Promise.race([answer, died]))[0];
}
