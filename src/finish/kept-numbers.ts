/** Numbers of what was said, and who waits until it is kept. */
export class KeptNumbers {
  #last = 0;
  #waiting = new Map<number, () => void>();

  /** The number of what is said next. */
  next(): number {
    return (this.#last += 1);
  }

  /** Resolves when what has that number, or a later one, is kept. */
  when(number: number): Promise<void> {
    return new Promise((resume) => this.#waiting.set(number, resume));
  }

  /** All up to this number is kept. */
  reached(number: number): void {
    for (const [one, resume] of this.#waiting) {
      if (one > number) continue;
      this.#waiting.delete(one);
      resume();
    }
  }
}
