import type { MonoUs } from '../units.ts';

/** Microseconds between requests: the first pause, doubled each time up to the last. */
const FIRST_PAUSE_US = 250_000;
const LAST_PAUSE_US = 3_000_000;

/** Decides when to ask for a key frame: at once, then with back-off until one comes. It asks nobody by itself. */
export class KeyFrameRequester {
  #wanted = false;
  #dueUs = 0;
  #pauseUs = FIRST_PAUSE_US;
  #lastAskedUs = -Infinity;

  /** True until the key frame that was asked for has come. */
  get wanted(): boolean {
    return this.#wanted;
  }

  /** Wants a key frame, but leaves the sender `graceUs` to send one unasked. Wanting twice is wanting once. */
  want(now: MonoUs, graceUs = 0): void {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#pauseUs = FIRST_PAUSE_US;
    this.#dueUs = Math.max(now + graceUs, this.#lastAskedUs + FIRST_PAUSE_US);
  }

  /** A key frame has come. */
  satisfied(): void {
    this.#wanted = false;
  }

  /** True when a request is to be sent now; it counts as sent. */
  due(now: MonoUs): boolean {
    if (!this.#wanted || now < this.#dueUs) return false;
    this.#lastAskedUs = now;
    this.#dueUs = now + this.#pauseUs;
    this.#pauseUs = Math.min(this.#pauseUs * 2, LAST_PAUSE_US);
    return true;
  }
}
