import type { LeaveReason, RoomClient, RoomMedia, RoomPresence, RoomRole, RoomSession } from '../presence/messages.ts';
import type { RoomKey } from '../room-key.ts';
import type { RoomJournal } from './journal.ts';

const ANCHOR = 20;
const VIEWER = 21;

/** One way in which a user is in the room; the same user may publish, watch several pictures, and be a bot. */
export type Capacity = 'anchor' | 'bot' | `watch ${string}`;

interface Visit {
  readonly userId: string;
  readonly client: RoomClient;
  readonly enteredMs: number;
  readonly capacities: Set<Capacity>;
  readonly media: Set<RoomMedia>;
  role: RoomRole;
}

/** The life of the room that goes on. */
interface Life {
  readonly session: number;
  readonly createdMs: number;
  readonly creator: string;
}

/**
 * Who is in one room, in whatever capacity, written into the journal. A user enters in the first capacity and leaves
 * with the last; the room lives from the first user to the last.
 */
export class Visits {
  readonly #key: RoomKey;
  readonly #journal: RoomJournal;
  readonly #present = new Map<string, Visit>();
  #life: Life | undefined;

  constructor(key: RoomKey, journal: RoomJournal) {
    this.#key = key;
    this.#journal = journal;
  }

  /** Whether anybody is in the room. */
  get occupied(): boolean {
    return this.#life !== undefined;
  }

  /** The user is in the room in this capacity from now on. */
  enter(userId: string, capacity: Capacity, client: RoomClient): void {
    const visit = this.#present.get(userId) ?? this.#begin(userId, capacity, client);
    visit.capacities.add(capacity);
    this.#settleRole(visit);
  }

  /** The user is no longer in the room in this capacity; the reason counts when it was the last one. */
  leave(userId: string, capacity: Capacity, reason: LeaveReason): void {
    const visit = this.#present.get(userId);
    if (!visit?.capacities.delete(capacity)) return;
    if (visit.capacities.size === 0) this.#end(visit, reason);
    else this.#settleRole(visit);
  }

  /** The user sends, or sends no longer, that kind of media. Repetitions and unknown users are ignored. */
  setMedia(userId: string, media: RoomMedia, on: boolean): void {
    const visit = this.#present.get(userId);
    if (!visit || visit.media.has(media) === on) return;
    if (on) visit.media.add(media);
    else visit.media.delete(media);
    this.#write({ kind: 'media', userId, media, on });
  }

  /** The room as it is now, or undefined when nobody is in it. */
  snapshot(): RoomSession | undefined {
    if (!this.#life) return undefined;
    const present = [...this.#present.values()].map(({ userId, client, enteredMs, role, media }): RoomPresence => ({
      userId,
      client,
      enteredMs,
      role,
      media: [...media],
    }));
    return { ...this.#life, room: this.#key, present };
  }

  #begin(userId: string, capacity: Capacity, client: RoomClient): Visit {
    this.#life ??= this.#create(userId);
    const role = capacity === 'anchor' ? ANCHOR : VIEWER;
    const enteredMs = this.#write({ kind: 'entered', userId, role, client });
    const visit: Visit = { userId, client, enteredMs, role, capacities: new Set(), media: new Set() };
    this.#present.set(userId, visit);
    return visit;
  }

  #create(creator: string): Life {
    const session = this.#journal.nextSession();
    const createdMs = this.#journal.append(session, { kind: 'created', room: this.#key, userId: creator });
    return { session, createdMs, creator };
  }

  #end({ userId }: Visit, reason: LeaveReason): void {
    this.#present.delete(userId);
    this.#write({ kind: 'left', userId, reason });
    if (this.#present.size > 0) return;
    this.#write({ kind: 'destroyed' });
    this.#life = undefined;
  }

  /** Somebody who watches and begins to publish changes roles; who stops all of it goes on as a viewer. */
  #settleRole(visit: Visit): void {
    const role = visit.capacities.has('anchor') ? ANCHOR : VIEWER;
    if (role === visit.role) return;
    if (role === VIEWER) for (const media of visit.media) this.setMedia(visit.userId, media, false);
    visit.role = role;
    this.#write({ kind: 'role', userId: visit.userId, role });
  }

  #write(moment: Parameters<RoomJournal['append']>[1]): number {
    // Nothing but `created` is written while the room has no life.
    return this.#journal.append(this.#life!.session, moment);
  }
}
