import { emptyReceiverStats } from '../rtp/receiver.ts';
import type { Logger } from 'pino';
import type { CancelTimer, Clock } from '../clock.ts';
import type { RoomSession } from '../presence/messages.ts';
import { roomKeyText, type RoomKey } from '../room-key.ts';
import type { ReceiverStats } from '../rtp/session.ts';
import { RoomJournal } from './journal.ts';
import { Room, type RoomListing } from './room.ts';

/** Feedback and packet batches go out this often, in milliseconds. */
const TICK_MS = 10;
/** Silence and overdue connections are looked for this often, in milliseconds. */
const SWEEP_MS = 500;

/** What all rooms share: their timeouts, in milliseconds, and their log. */
export interface RoomDefaults {
  readonly anchorTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly log: Logger;
}

/** Gauges over all rooms, and the RTP counters of the sessions that are open now. */
export interface RegistryStats {
  readonly rooms: number;
  readonly publishers: number;
  readonly viewers: number;
  readonly received: Readonly<ReceiverStats>;
}

/** The rooms that somebody is in. A room exists from the first who comes to the last who goes. */
export class RoomRegistry {
  /** What happened in the rooms, for the server role to follow. */
  readonly journal: RoomJournal;
  readonly #clock: Clock;
  readonly #defaults: RoomDefaults;
  readonly #rooms = new Map<string, Room>();
  readonly #timers: readonly CancelTimer[];
  readonly #afterTick: () => void;
  #lastTrack = 0;
  #closed = false;

  /** `afterTick` runs after the rooms' own work of each tick. */
  constructor(clock: Clock, defaults: RoomDefaults, afterTick: () => void) {
    this.#clock = clock;
    this.#defaults = defaults;
    this.#afterTick = afterTick;
    this.journal = new RoomJournal(clock, () => this.#sessions());
    this.#timers = [clock.every(TICK_MS, () => this.#tick()), clock.every(SWEEP_MS, () => this.sweep())];
  }

  /** Track ids are unique within the process, hence within every feed. */
  readonly nextTrack = (): number => ++this.#lastTrack;

  /** The room of that key, made if nobody was in it. */
  open(key: RoomKey): Room {
    const text = roomKeyText(key);
    const known = this.#rooms.get(text);
    if (known) return known;
    const room = new Room({ key, clock: this.#clock, journal: this.journal, ...this.#defaults });
    this.#rooms.set(text, room);
    return room;
  }

  /** The room of that key if somebody is in it. */
  find(key: RoomKey): Room | undefined {
    const room = this.#rooms.get(roomKeyText(key));
    return room?.empty ? undefined : room;
  }

  /** Every room, or those of one app. */
  list(sdkAppId?: number): RoomListing[] {
    const rooms = this.#occupied();
    return rooms.filter((room) => sdkAppId === undefined || room.key.sdkAppId === sdkAppId).map((room) => room.list());
  }

  stats(): RegistryStats {
    const rooms = this.#occupied();
    const publishers = rooms.flatMap((room) => room.publishers());
    return {
      rooms: rooms.length,
      publishers: publishers.length,
      viewers: rooms.reduce((sum, room) => sum + room.viewerCount, 0),
      received: sumStats(publishers.map((publisher) => publisher.stats())),
    };
  }

  /** Ends what is overdue and forgets empty rooms. */
  sweep(): void {
    const now = this.#clock.monoUs();
    for (const room of this.#rooms.values()) {
      room.sweep(now);
      if (room.empty) this.#rooms.delete(roomKeyText(room.key));
    }
  }

  /** Puts everybody out. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const cancel of this.#timers) cancel();
    this.journal.close();
    for (const room of this.#rooms.values()) room.close();
    this.#rooms.clear();
  }

  #sessions(): RoomSession[] {
    return [...this.#rooms.values()].map((room) => room.snapshot()).filter((session) => session !== undefined);
  }

  /** A room that has just emptied is forgotten at the next sweep. */
  #occupied(): Room[] {
    return [...this.#rooms.values()].filter((room) => !room.empty);
  }

  #tick(): void {
    const now = this.#clock.monoUs();
    for (const room of this.#rooms.values()) room.tick(now);
    this.#afterTick();
  }
}

function sumStats(all: readonly Readonly<ReceiverStats>[]): ReceiverStats {
  const sum = emptyReceiverStats();
  for (const stats of all) for (const key of Object.keys(sum) as (keyof ReceiverStats)[]) sum[key] += stats[key];
  return sum;
}
