import type { Logger } from '../process/log.ts';

/**
 * Something that takes a moment to open (an encoder, a file) while media is already coming: actions wait in order and
 * run as soon as it is there, then at once.
 */
export class Late<T extends { close(): void }> {
  #log: Logger;
  #onFailed: (error: unknown) => void;
  #value: T | undefined;
  #opening: Promise<void> | undefined;
  #waiting: ((value: T) => void)[] = [];
  #closed = false;

  /** `onFailed` is told when opening did not work; by then everything that waited is dropped. */
  constructor(log: Logger, onFailed: (error: unknown) => void = () => {}) {
    this.#log = log;
    this.#onFailed = onFailed;
  }

  /** The opened thing, if it is there. */
  get value(): T | undefined {
    return this.#value;
  }

  /** True once opening was asked for. */
  get begun(): boolean {
    return this.#opening !== undefined;
  }

  /** Opens it; later calls change nothing. A failure is logged and everything that waited is dropped. */
  open(make: () => Promise<T>): void {
    if (this.#closed) return;
    this.#opening ??= this.#open(make);
  }

  /** Runs the action with the opened thing, now or when it is there. */
  run(action: (value: T) => void): void {
    if (this.#closed) return;
    if (this.#value) action(this.#value);
    else this.#waiting.push(action);
  }

  /** Resolves when opening is over, well or badly; at once when it never began. */
  async settled(): Promise<T | undefined> {
    await this.#opening;
    return this.#value;
  }

  /** Closes it, also when it is still opening. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#waiting = [];
    this.#value?.close();
  }

  async #open(make: () => Promise<T>): Promise<void> {
    try {
      this.#opened(await make());
    } catch (error) {
      this.#log.error({ err: error }, 'could not open a recording file');
      this.close();
      this.#onFailed(error);
    }
  }

  #opened(value: T): void {
    if (this.#closed) return value.close();
    this.#value = value;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const action of waiting) action(value);
  }
}
