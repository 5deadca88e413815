import type { Logger } from 'pino';
import { Pool } from 'undici';
import type { Clock } from '../clock.ts';
import type { AppDirectory } from '../config/apps.ts';
import type { Store } from '../store/store.ts';
import { applyPage, noteHeard, readCursor, type JournalCursor } from './apply-page.ts';
import { JOURNAL_PATH, journalPageSchema, type JournalPage } from './messages.ts';

/** Pause after the rooms role could not be reached or the store failed, in milliseconds. */
const RETRY_MS = 250;
/** The rooms role holds a read for a second; one that takes this long is lost. */
const ANSWER_WITHIN_MS = 5_000;
/** How often the time of a silent journal is written down, in milliseconds. */
const NOTE_EVERY_MS = 60_000;

/** What a follower needs. */
export interface RoomFollowerOptions {
  /** Where the rooms role answers, and the installation's token for it. */
  readonly rooms: { readonly origin: string; readonly token: string };
  readonly store: Store;
  readonly apps: Pick<AppDirectory, 'app'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Called when the rooms role has been started anew; it may be called twice for one start. */
  readonly onBoot?: () => void;
}

/** Counters of a follower, for metrics. */
export interface RoomFollowerStats {
  readonly entries: number;
  readonly snapshots: number;
  /** Starts of the rooms role that were seen. */
  readonly boots: number;
  readonly failures: number;
}

/**
 * Follows the journal of the rooms role into the store, from where it stood when either side was last restarted. Entries
 * arrive within milliseconds, because a read with nothing to tell is held until there is something.
 */
export class RoomFollower {
  readonly #options: RoomFollowerOptions;
  readonly #pool: Pool;
  readonly #abort = new AbortController();
  readonly #counts = { entries: 0, snapshots: 0, boots: 0, failures: 0 };
  readonly #running: Promise<void>;
  #closing: Promise<void> | undefined;
  #cursor: JournalCursor | undefined;
  /** Wall time of the last answer of this boot; undefined until there was one. */
  #heardMs: number | undefined;

  /** Begins at once. */
  constructor(options: RoomFollowerOptions) {
    this.#options = options;
    this.#pool = new Pool(options.rooms.origin, { connections: 1, headersTimeout: ANSWER_WITHIN_MS });
    this.#running = this.#run();
  }

  get closed(): boolean {
    return this.#abort.signal.aborted;
  }

  stats(): RoomFollowerStats {
    return { ...this.#counts };
  }

  /** Stops; a page that is being written is finished. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#shutDown();
    return this.#closing;
  }

  async #shutDown(): Promise<void> {
    this.#abort.abort();
    await this.#running;
    await this.#pool.destroy();
    // Rooms that are gone by the next start ended now, not when the journal last had news.
    if (this.#heardMs !== undefined) await noteHeard(this.#options.store, this.#heardMs);
  }

  async #run(): Promise<void> {
    while (!this.closed) {
      try {
        await this.#step();
      } catch (error) {
        if (this.closed) return;
        this.#counts.failures += 1;
        // A rooms role that restarts is out of reach for a moment; its supervisor tells of that.
        this.#options.log.debug({ err: error }, 'the journal of the rooms cannot be followed');
        await this.#pause();
      }
    }
  }

  async #step(): Promise<void> {
    this.#cursor ??= await readCursor(this.#options.store);
    const page = await this.#read(this.#cursor);
    if (page.boot !== this.#cursor.boot) this.#options.onBoot?.();
    if (this.#isWorthWriting(page, this.#cursor)) await this.#write(page, this.#cursor);
    this.#heardMs = this.#options.clock.wallMs();
  }

  async #read({ boot, after }: JournalCursor): Promise<JournalPage> {
    const { body, statusCode } = await this.#pool.request({
      method: 'GET',
      path: `${JOURNAL_PATH}?${new URLSearchParams({ boot, after: String(after) }).toString()}`,
      headers: { authorization: `Bearer ${this.#options.rooms.token}` },
      signal: this.#abort.signal,
    });
    const answer = await body.json();
    if (statusCode !== 200) throw new Error(`the rooms role answered ${statusCode}`);
    return journalPageSchema.parse(answer);
  }

  #isWorthWriting(page: JournalPage, cursor: JournalCursor): boolean {
    const silentMs = this.#options.clock.wallMs() - cursor.seenMs;
    return page.boot !== cursor.boot || page.upTo !== cursor.after || silentMs >= NOTE_EVERY_MS;
  }

  async #write(page: JournalPage, before: JournalCursor): Promise<void> {
    const { log } = this.#options;
    this.#cursor = await this.#apply(page, this.#heardMs ?? before.seenMs);
    this.#counts.entries += page.entries.length;
    if (page.snapshot) this.#counts.snapshots += 1;
    if (page.boot === before.boot) return;
    this.#counts.boots += 1;
    log.info({ boot: page.boot }, 'following the rooms');
  }

  /** A page that the store does not take is read again: rather a late journal than one with holes. */
  async #apply(page: JournalPage, lastHeardMs: number): Promise<JournalCursor> {
    const { store, apps, log } = this.#options;
    try {
      return await applyPage(page, { store, apps, lastHeardMs });
    } catch (error) {
      if (!store.closed) log.error({ err: error }, 'the journal of the rooms cannot be kept');
      throw error;
    }
  }

  async #pause(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#options.clock.after(RETRY_MS, resolve);
    const wake = (): void => resolve();
    this.#abort.signal.addEventListener('abort', wake, { once: true });
    await promise;
    this.#abort.signal.removeEventListener('abort', wake);
    cancel();
  }
}
