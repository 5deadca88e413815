import { TokenBucket, type BucketSize } from '../token-bucket.ts';
import type { MonoUs } from '../units.ts';
import { Problem } from './problem.ts';

/** Whose UserSig a session was opened with. */
export interface SessionOwner {
  readonly sdkAppId: number;
  readonly userId: string;
}

/** A WHIP or WHEP session towards its client. */
export interface ClientSession {
  /** Names the session in its URL; not guessable, so that knowing it is the right to end it. */
  readonly sessionId: string;
  readonly kind: 'whip' | 'whep';
  readonly owner: SessionOwner;
  /** ICE user fragment of the client, by which a restart is told from a trickle. */
  readonly remoteUfrag: string;
  readonly closed: boolean;
  addCandidate(candidate: string): boolean;
  /** The client leaves. */
  end(): void;
}

/** How many WHIP and WHEP sessions together are open at once. */
export interface SessionLimits {
  readonly all: number;
  readonly ofUser: number;
  /** Of an app that has a limit of its own. */
  readonly ofApp: (sdkAppId: number) => number | undefined;
}

/** Sessions a user may open in a row, and then every second: a transport costs a certificate and a socket. */
const OPENING: BucketSize = { burst: 100, perSecond: 5 };

/** The sessions that clients hold URLs of. */
export class SessionTable {
  readonly #limits: SessionLimits;
  readonly #sessions = new Map<string, ClientSession>();
  readonly #opening = new Map<string, TokenBucket>();

  constructor(limits: SessionLimits) {
    this.#limits = limits;
  }

  /** Open sessions. */
  get size(): number {
    this.#sweep();
    return this.#sessions.size;
  }

  /** Takes a session in. Throws Problem: 503 when the server or the app has as many as it takes, 429 when the user has. */
  add(session: ClientSession, now: MonoUs): void {
    if (this.size >= this.#limits.all) throw busy(503, 'The server has as many sessions as it takes.');
    this.#requirePlace(session.owner);
    this.#requirePace(session.owner, now);
    this.#sessions.set(session.sessionId, session);
  }

  /** The open session of that id and kind. Throws Problem (404). */
  get(kind: ClientSession['kind'], sessionId: string): ClientSession {
    const session = this.#sessions.get(sessionId);
    if (!session || session.closed || session.kind !== kind) throw new Problem(404, 'There is no such session.');
    return session;
  }

  #requirePlace({ sdkAppId, userId }: SessionOwner): void {
    const ofApp = [...this.#sessions.values()].filter(({ owner }) => owner.sdkAppId === sdkAppId);
    if (ofApp.length >= (this.#limits.ofApp(sdkAppId) ?? Infinity)) {
      throw busy(503, 'The app has as many sessions as it may.');
    }
    if (ofApp.filter(({ owner }) => owner.userId === userId).length >= this.#limits.ofUser) {
      throw busy(429, 'The user has as many sessions as one may.');
    }
  }

  #requirePace({ sdkAppId, userId }: SessionOwner, now: MonoUs): void {
    const key = `${sdkAppId}/${userId}`;
    for (const [other, bucket] of this.#opening) if (bucket.isFull(now)) this.#opening.delete(other);
    const bucket = this.#opening.get(key) ?? new TokenBucket(OPENING);
    if (!bucket.take(1, now)) throw busy(429, 'The user opens sessions faster than one may.');
    this.#opening.set(key, bucket);
  }

  /** Forgets closed sessions. */
  #sweep(): void {
    for (const session of this.#sessions.values()) if (session.closed) this.#sessions.delete(session.sessionId);
  }
}

const busy = (status: 429 | 503, detail: string): Problem => new Problem(status, detail, { 'retry-after': '5' });
