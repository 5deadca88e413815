import type { Logger } from 'pino';
import { Pool } from 'undici';
import type { CancelTimer, Clock } from '../clock.ts';
import { APPS_PATH, toldAppsOf, type RoomApp } from '../rooms/room-apps.ts';

/** Pause after the rooms role could not be told, in milliseconds. */
const RETRY_MS = 250;
/** Failures in a row after which that is said in the log: a restart takes less. */
const PATIENCE = 20;
const ANSWER_WITHIN_MS = 4_000;

/** What telling needs. */
export interface RoomsNewsOptions {
  /** Where the rooms role answers, and the installation's token for it. */
  readonly rooms: { readonly origin: string; readonly token: string };
  /** All apps as they are now. */
  readonly apps: () => readonly RoomApp[];
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Tells the rooms role which apps there are, with their keys: all of them, when something has changed, and to each start
 * of the rooms role anew. What is not taken is told again until it is.
 */
export class RoomsNews {
  readonly #options: RoomsNewsOptions;
  readonly #pool: Pool;
  readonly #abort = new AbortController();
  #telling: Promise<void> | undefined;
  #isDue = false;
  #failures = 0;
  #cancel: CancelTimer = () => undefined;

  constructor(options: RoomsNewsOptions) {
    this.#options = options;
    this.#pool = new Pool(options.rooms.origin, { connections: 1, headersTimeout: ANSWER_WITHIN_MS });
  }

  get closed(): boolean {
    return this.#abort.signal.aborted;
  }

  /** Tells what holds now. */
  tell(): void {
    if (this.closed) return;
    this.#isDue = true;
    this.#cancel();
    this.#telling ??= this.#tellAll().finally(() => {
      this.#telling = undefined;
    });
  }

  /** Whether the rooms role has not taken the latest yet. */
  get isBehind(): boolean {
    return this.#isDue || this.#telling !== undefined;
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#abort.abort();
    this.#cancel();
    await this.#telling;
    if (!this.#pool.destroyed) await this.#pool.destroy();
  }

  async #tellAll(): Promise<void> {
    while (this.#isDue && !this.closed) {
      this.#isDue = false;
      try {
        await this.#put();
        this.#failures = 0;
      } catch (error) {
        this.#failed(error);
        return;
      }
    }
  }

  #failed(error: unknown): void {
    if (this.closed) return;
    this.#isDue = true;
    this.#failures += 1;
    if (this.#failures === PATIENCE) this.#options.log.warn({ err: error }, 'the rooms cannot be told of apps');
    this.#cancel = this.#options.clock.after(RETRY_MS, () => this.tell());
  }

  async #put(): Promise<void> {
    const { apps, rooms } = this.#options;
    const { statusCode, body } = await this.#pool.request({
      method: 'PUT',
      path: APPS_PATH,
      headers: { authorization: `Bearer ${rooms.token}`, 'content-type': 'application/json' },
      body: JSON.stringify(toldAppsOf(apps())),
      signal: this.#abort.signal,
    });
    await body.dump();
    if (statusCode !== 204) throw new Error(`the rooms role answered ${statusCode}`);
  }
}
