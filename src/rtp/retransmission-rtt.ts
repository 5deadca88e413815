/** Samples the median is taken of. */
const SAMPLES = 15;

/**
 * Round-trip time as a receiver without reports of its own can know it: from a request to the packet it brought. After
 * several requests the first one counts, so such a sample is too long, never too short; the median passes over them
 * unless every answer comes later than our next request, and then it is right that it rises.
 */
export class RetransmissionRtt {
  readonly #samples: number[] = [];
  #medianUs: number;

  /** `initialUs` is believed until the first answer. */
  constructor(initialUs: number) {
    this.#medianUs = initialUs;
  }

  /** Microseconds. */
  get medianUs(): number {
    return this.#medianUs;
  }

  sample(us: number): void {
    if (this.#samples.length === SAMPLES) this.#samples.shift();
    this.#samples.push(us);
    const sorted = this.#samples.toSorted((a, b) => a - b);
    this.#medianUs = sorted[sorted.length >> 1]!;
  }
}
