import { Problem } from './problem.ts';

/** A WHIP or WHEP session towards its client. */
export interface ClientSession {
  /** Names the session in its URL; not guessable, so that knowing it is the right to end it. */
  readonly sessionId: string;
  readonly kind: 'whip' | 'whep';
  /** ICE user fragment of the client, by which a restart is told from a trickle. */
  readonly remoteUfrag: string;
  readonly closed: boolean;
  addCandidate(candidate: string): boolean;
  /** The client leaves. */
  end(): void;
}

/** The sessions that clients hold URLs of. */
export class SessionTable {
  readonly #limit: number;
  readonly #sessions = new Map<string, ClientSession>();

  /** `limit` counts WHIP and WHEP sessions together. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Open sessions. */
  get size(): number {
    this.#sweep();
    return this.#sessions.size;
  }

  /** Takes a session in. Throws Problem (503) when the limit is reached. */
  add(session: ClientSession): void {
    if (this.size >= this.#limit) {
      throw new Problem(503, 'The server has as many sessions as it takes.', { 'retry-after': '5' });
    }
    this.#sessions.set(session.sessionId, session);
  }

  /** The open session of that id and kind. Throws Problem (404). */
  get(kind: ClientSession['kind'], sessionId: string): ClientSession {
    const session = this.#sessions.get(sessionId);
    if (!session || session.closed || session.kind !== kind) throw new Problem(404, 'There is no such session.');
    return session;
  }

  /** Forgets closed sessions. */
  #sweep(): void {
    for (const session of this.#sessions.values()) if (session.closed) this.#sessions.delete(session.sessionId);
  }
}
