import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { JournalEntry, JournalPage, RoomMoment, RoomSession } from '../presence/messages.ts';

/** Entries kept; a reader that fell further behind gets a snapshot. Half an hour of a busy server, a few megabytes. */
const DEFAULT_CAPACITY = 20_000;
/** Entries of one answer. */
const PAGE = 500;
/** Longest time a reader with nothing to read is held, in milliseconds. */
const HOLD_MS = 1000;

/** Where a reader stands. */
export interface JournalPosition {
  /** Boot it has read last; a position of another boot is the beginning of this one. */
  readonly boot: string;
  /** Number of the last entry it knows. */
  readonly after: number;
}

/** What happened in the rooms since this process began: a bounded, numbered list that one server follows. */
export class RoomJournal {
  /** Names this start; numbers of another one mean nothing here. */
  readonly boot = randomUUID();
  readonly #clock: Clock;
  readonly #capacity: number;
  readonly #snapshot: () => RoomSession[];
  readonly #waiting = new Set<() => void>();
  /** The newest entries, without gaps; the first has the number `#last - length + 1`. */
  #entries: JournalEntry[] = [];
  #last = 0;
  #lastSession = 0;
  #closed = false;

  /** `snapshot` gives all rooms as they are now. */
  constructor(clock: Clock, snapshot: () => RoomSession[], capacity = DEFAULT_CAPACITY) {
    this.#clock = clock;
    this.#snapshot = snapshot;
    this.#capacity = capacity;
  }

  /** Number for a room that comes into being. */
  nextSession(): number {
    return ++this.#lastSession;
  }

  /** Writes down a moment, now; returns its time in wall milliseconds. */
  append(session: number, moment: RoomMoment): number {
    const atMs = this.#clock.wallMs();
    this.#entries.push({ seq: ++this.#last, atMs, session, moment });
    // Twice the capacity at most, cut in one go: shifting each time would cost as much as it keeps.
    if (this.#entries.length >= 2 * this.#capacity) this.#entries = this.#entries.slice(-this.#capacity);
    this.#wake();
    return atMs;
  }

  /** What a reader does not know yet; held up to a second when that is nothing, or until `gone`. */
  async read(position: JournalPosition, gone: AbortSignal): Promise<JournalPage> {
    if (this.#isNews(position) || this.#closed) return this.#page(position);
    await this.#news(gone);
    return this.#page(position);
  }

  /** Lets held readers go. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#wake();
  }

  #isNews({ boot, after }: JournalPosition): boolean {
    return boot !== this.boot || after !== this.#last;
  }

  #page({ boot, after }: JournalPosition): JournalPage {
    const from = boot === this.boot ? after : 0;
    const forgotten = this.#last - this.#entries.length;
    if (from < forgotten || from > this.#last) {
      return { boot: this.boot, upTo: this.#last, entries: [], snapshot: this.#snapshot() };
    }
    const entries = this.#entries.slice(from - forgotten, from - forgotten + PAGE);
    return { boot: this.boot, upTo: from + entries.length, entries };
  }

  async #news(gone: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#clock.after(HOLD_MS, resolve);
    this.#waiting.add(resolve);
    gone.addEventListener('abort', () => resolve(), { once: true });
    await promise;
    this.#waiting.delete(resolve);
    cancel();
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
  }
}
