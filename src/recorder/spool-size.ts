import { opendir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { CancelTimer, Clock } from '../clock.ts';
import type { Logger } from '../process/log.ts';

const EVERY_MS = 30_000;

/** What a {@link SpoolSize} measures. */
export interface SpoolSizeOptions {
  readonly root: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** How large a spool is, measured now and then without holding anything up. */
export class SpoolSize {
  readonly #options: SpoolSizeOptions;
  #bytes = 0;
  #round: Promise<void> | undefined;
  readonly #cancel: CancelTimer;

  /** Begins with a first measurement at once. */
  constructor(options: SpoolSizeOptions) {
    this.#options = options;
    this.#cancel = options.clock.every(EVERY_MS, () => void this.measure());
    void this.measure();
  }

  /** Bytes at the last measurement; 0 before the first. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Measures now, or joins the measurement under way. Never rejects. */
  measure(): Promise<void> {
    this.#round ??= bytesUnder(this.#options.root)
      .then((bytes) => void (this.#bytes = bytes))
      .catch((error: unknown) => this.#options.log.warn({ err: error }, 'the size of the spool cannot be measured'))
      .finally(() => (this.#round = undefined));
    return this.#round;
  }

  /** Measures no more. Idempotent. */
  close(): void {
    this.#cancel();
  }
}

/** What goes meanwhile counts nothing. */
async function bytesUnder(folder: string): Promise<number> {
  let sum = 0;
  const entries = await opendir(folder).catch(unlessMissing);
  for await (const entry of entries ?? []) {
    const path = join(folder, entry.name);
    sum += entry.isDirectory() ? await bytesUnder(path) : ((await stat(path).catch(unlessMissing))?.size ?? 0);
  }
  return sum;
}

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
