import type { Clock } from '../clock.ts';
import type { FeedAnchor } from '../feed/messages.ts';
import type { MediaId } from '../room-key.ts';
import type { Publisher } from './publisher.ts';

/** A user who publishes, with the session of each of the two pictures. */
interface Presence {
  readonly anchor: FeedAnchor;
  readonly sessions: Map<MediaId, Publisher>;
}

/**
 * Who is in the room as an anchor. A user enters with the first session and leaves with the last; a session that takes
 * the place of another of the same user and picture changes nothing about that.
 */
export class Anchors {
  readonly #clock: Clock;
  readonly #present = new Map<string, Presence>();
  #nextOrder = 1;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The anchors in order of entry. */
  get list(): readonly FeedAnchor[] {
    return [...this.#present.values()].map((presence) => presence.anchor);
  }

  get size(): number {
    return this.#present.size;
  }

  /** The session of a user's picture, connected or lost. */
  session(userId: string, mediaId: MediaId): Publisher | undefined {
    return this.#present.get(userId)?.sessions.get(mediaId);
  }

  /** Every anchor's sessions, connected or lost. */
  sessions(): Publisher[] {
    return [...this.#present.values()].flatMap((presence) => [...presence.sessions.values()]);
  }

  /** The sessions of one user. */
  sessionsOf(userId: string): Publisher[] {
    return [...(this.#present.get(userId)?.sessions.values() ?? [])];
  }

  /** Puts a connected session in its place. Returns the session that had it, and the anchor if the user just entered. */
  add(publisher: Publisher): { replaced: Publisher | undefined; entered: FeedAnchor | undefined } {
    const known = this.#present.get(publisher.userId);
    const presence = known ?? this.#enter(publisher);
    const replaced = presence.sessions.get(publisher.mediaId);
    presence.sessions.set(publisher.mediaId, publisher);
    return { replaced, entered: known ? undefined : presence.anchor };
  }

  /** Takes a session out; true when the user left with it. A session that was replaced before changes nothing. */
  remove(publisher: Publisher): boolean {
    const presence = this.#present.get(publisher.userId);
    if (presence?.sessions.get(publisher.mediaId) !== publisher) return false;
    presence.sessions.delete(publisher.mediaId);
    return presence.sessions.size === 0 && this.#present.delete(publisher.userId);
  }

  /** Whether the user is a robot is said by the session it enters with. */
  #enter({ userId, robot }: Publisher): Presence {
    const entry = { userId, order: this.#nextOrder++, enteredUs: this.#clock.wallUs() };
    const anchor: FeedAnchor = robot ? { ...entry, robot } : entry;
    const presence: Presence = { anchor, sessions: new Map() };
    this.#present.set(userId, presence);
    return presence;
  }
}
