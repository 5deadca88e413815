import type { Clock } from '../clock.ts';

const INTERRUPTS = ['SIGINT', 'SIGTERM'] as const;

/** Ctrl-C and SIGTERM as questions instead of the end of the process. */
export class Signals {
  #pending = 0;
  #wake: () => void = () => undefined;
  readonly #hear = (): void => {
    this.#pending += 1;
    this.#wake();
  };

  constructor() {
    for (const signal of INTERRUPTS) process.on(signal, this.#hear);
  }

  /** Whether one came that nobody has asked about yet. */
  take(): boolean {
    const came = this.#pending > 0;
    this.#pending = Math.max(0, this.#pending - 1);
    return came;
  }

  /** Waits, until a signal comes at most. */
  pause(clock: Clock, ms: number): Promise<void> {
    if (this.#pending > 0) return Promise.resolve();
    return new Promise((resume) => {
      const cancel = clock.after(ms, resume);
      this.#wake = () => {
        cancel();
        resume();
      };
    });
  }

  /** Signals end the process again. */
  close(): void {
    for (const signal of INTERRUPTS) process.off(signal, this.#hear);
  }
}
