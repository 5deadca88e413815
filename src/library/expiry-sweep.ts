import type { CancelTimer, Clock } from '../clock.ts';
import type { Logger } from '../process/log.ts';
import type { Store } from '../store/store.ts';
import { expiredFiles } from './kept-files.ts';
import { condemnedColumns, type Condemned, type Removal } from './removal.ts';

/** Between two looks for files whose time is over. They are not served any more meanwhile. */
const lookEveryMs = 30_000;
/** Files of one round; the next one follows soon when there are more, so that the disk has time for recordings. */
const filesPerRound = 100;
const nextRoundMs = 1000;

/** What the sweep needs. */
export interface ExpirySweepOptions {
  readonly store: Store;
  readonly removal: Removal;
  readonly clock: Clock;
  readonly log: Logger;
}

type Place = Pick<Condemned, 'file_id'> & { readonly expires_ms: number | null };

/**
 * Removes files whose time is over (TencentVod.ExpireTime), and those whose deletion was cut short. All it knows is in
 * the store, so that a restart loses nothing.
 */
export class ExpirySweep {
  readonly #options: ExpirySweepOptions;
  /** The last file that was tried: what cannot be removed must not keep the others. */
  #after: Place | undefined;
  #round: Promise<void> | undefined;
  #cancelTimer: CancelTimer = () => undefined;
  #closing: Promise<void> | undefined;

  /** Begins with a first round at once. */
  constructor(options: ExpirySweepOptions) {
    this.#options = options;
    void this.sweep();
  }

  /** Whether {@link close} was called. */
  get closed(): boolean {
    return this.#closing !== undefined;
  }

  /** Makes a round now, or joins the one under way. Never rejects. */
  sweep(): Promise<void> {
    if (this.closed) return Promise.resolve();
    this.#cancelTimer();
    this.#round ??= this.#sweep().finally(() => {
      this.#round = undefined;
    });
    return this.#round;
  }

  /** Stops after the round under way. Idempotent. */
  close(): Promise<void> {
    this.#cancelTimer();
    this.#closing ??= this.#round ?? Promise.resolve();
    return this.#closing;
  }

  async #sweep(): Promise<void> {
    try {
      this.#sleep((await this.#clear()) ? nextRoundMs : lookEveryMs);
    } catch (error) {
      this.#options.log.error({ err: error }, 'expired files of the library cannot be looked for');
      this.#sleep(lookEveryMs);
    }
  }

  /** True when there may be more. */
  async #clear(): Promise<boolean> {
    const files = await this.#due();
    await this.#options.removal.discard(files);
    const isFull = files.length === filesPerRound;
    this.#after = isFull ? files.at(-1) : undefined;
    return isFull;
  }

  #due() {
    const { store, clock } = this.#options;
    const after = this.#after;
    let expired = expiredFiles(store, clock.wallMs());
    if (after) {
      expired = expired.where((eb) =>
        eb.or([
          eb('file.expires_ms', '>', after.expires_ms),
          eb.and([eb('file.expires_ms', '=', after.expires_ms), eb('file.file_id', '>', after.file_id)]),
        ]),
      );
    }
    return expired
      .select([...condemnedColumns, 'file.expires_ms'])
      .orderBy('file.expires_ms')
      .orderBy('file.file_id')
      .limit(filesPerRound)
      .execute();
  }

  #sleep(ms: number): void {
    if (!this.closed) this.#cancelTimer = this.#options.clock.after(ms, () => void this.sweep());
  }
}
