/** Whoever closes things at its end: a test's context, or {@link Closers}. */
export interface Closing {
  after(close: () => unknown): void;
}

/** Stands where there is no test. */
export class Closers implements Closing {
  readonly #closers: (() => unknown)[] = [];

  /** Remembers what is to be closed. */
  after(close: () => unknown): void {
    this.#closers.push(close);
  }

  /** Closes all, the last that came first. */
  async close(): Promise<void> {
    for (const close of this.#closers.splice(0).toReversed()) await close();
  }
}
