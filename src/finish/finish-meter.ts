import type { JobStep } from '../worker-api/messages.ts';

/** How often it is told how far a step has come, at most. */
const tellEveryMs = 500;

/** Counts how far the work on a file has come; tells it when a step begins and now and then in between. */
export class FinishMeter {
  readonly #tell: (step: JobStep) => void;
  readonly #nowMs: () => number;
  #step: JobStep | undefined;
  #toldMs = -Infinity;

  /** `nowMs` is monotonic. */
  constructor(tell: (step: JobStep) => void, nowMs: () => number) {
    this.#tell = tell;
    this.#nowMs = nowMs;
  }

  /** Begins a step of so many bytes; 0 where nobody knows how many. */
  begin(step: JobStep['step'], totalBytes: number): void {
    this.#step = { step, doneBytes: 0, totalBytes };
    this.#say(this.#step);
  }

  /** So many bytes of the present step are done. */
  reach(doneBytes: number): void {
    if (!this.#step) return;
    const { totalBytes } = this.#step;
    const done = Math.max(0, Math.round(totalBytes === 0 ? doneBytes : Math.min(doneBytes, totalBytes)));
    this.#step = { ...this.#step, doneBytes: done };
    if (this.#nowMs() - this.#toldMs >= tellEveryMs || done === totalBytes) this.#say(this.#step);
  }

  /** That share of the present step is done. */
  reachShare(share: number): void {
    this.reach(share * (this.#step?.totalBytes ?? 0));
  }

  #say(step: JobStep): void {
    this.#toldMs = this.#nowMs();
    this.#tell(step);
  }
}
