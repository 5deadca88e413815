import type { Micros } from '../units.ts';

/** Between two reports of a disk that goes on refusing, in microseconds of media. */
const reportEvery = 10_000_000;

/** Tells of errors of the spool, at most every ten seconds of media: a disk that is full refuses every packet. */
export class Trouble {
  readonly #tell: ((error: Error) => void) | undefined;
  #toldAt = -Infinity;

  /** `tell` is absent when nobody listens. */
  constructor(tell: ((error: Error) => void) | undefined) {
    this.#tell = tell;
  }

  /** Reports an error at that time of the recording, unless another was reported just before. */
  report(error: Error, at: Micros): void {
    if (Math.abs(at - this.#toldAt) < reportEvery) return;
    this.#toldAt = at;
    this.#tell?.(error);
  }
}
