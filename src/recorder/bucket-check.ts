import { openBucket } from '../deliver/bucket.ts';
import { DestinationError, type DestinationFault } from '../deliver/object-store.ts';
import type { BucketDestination } from '../worker-api/messages.ts';
import type { BucketWork, BucketWorkOptions } from './bucket-work.ts';

/** Faults that tell nothing of files to come: keys and stores may refuse this question alone. */
const inconclusive: readonly DestinationFault[] = ['denied', 'store', 'cancelled'];

/**
 * Asks a bucket that gets files at the end only whether it is there, once media arrives: a mistyped name is told by event
 * 303 while the recording can still be stopped, not hours later. Where the question itself is refused, the files show it.
 */
export class BucketCheck implements BucketWork {
  readonly #options: Omit<BucketWorkOptions, 'dir'>;
  readonly #destination: BucketDestination;
  readonly #ended = new AbortController();
  #asked = false;

  constructor(options: Omit<BucketWorkOptions, 'dir'>, destination: BucketDestination) {
    this.#options = options;
    this.#destination = destination;
  }

  /** Media arrives; asks the first time. */
  onMedia(): void {
    if (this.#asked) return;
    this.#asked = true;
    void this.#ask();
  }

  /** There is nothing to wait for. */
  async finish(): Promise<void> {
    this.close();
  }

  /** Gives up what is under way. Idempotent. */
  close(): void {
    this.#ended.abort();
  }

  async #ask(): Promise<void> {
    try {
      await this.#reach();
      this.#tell(0);
    } catch (error) {
      if (error instanceof DestinationError && inconclusive.includes(error.fault)) return;
      this.#options.log.error({ err: error }, 'the bucket cannot be used');
      this.#tell(1);
    }
  }

  async #reach(): Promise<void> {
    const { allowPrivate, clock } = this.#options;
    const store = await openBucket({ destination: this.#destination, allowPrivate, clock });
    try {
      await store.reach({ signal: this.#ended.signal });
    } finally {
      store.close();
    }
  }

  #tell(status: 0 | 1): void {
    if (this.#ended.signal.aborted) return;
    void this.#options.report({ kind: 'upload-began', epoch: this.#options.task.epoch, status });
  }
}
