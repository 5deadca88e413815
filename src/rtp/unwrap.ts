/**
 * Difference `a - b` of two 16-bit sequence numbers as the shorter way round, −32768 … 32767 (RFC 3550 A.1).
 * Both may also be extended numbers; only their low 16 bits count.
 */
export const sequenceDelta = (a: number, b: number): number => ((a - b) << 16) >> 16;

/** Difference `a - b` of two 32-bit RTP timestamps as the shorter way round, in ticks, −2³¹ … 2³¹ − 1. */
export const timestampDelta = (a: number, b: number): number => (a - b) | 0;

/**
 * Makes a counter that wraps at 16 or 32 bits into one that does not, by taking every value as the shorter way from
 * the value before it. Values may step back a little (reordering); a step of half the range or more is misread.
 */
export class Unwrapper {
  readonly #span: number;
  #last: number | undefined;

  constructor(bits: 16 | 32) {
    this.#span = 2 ** bits;
  }

  /**
   * The extended value: a safe integer whose low bits are `value`. The first call gives one full range plus `value`,
   * so that a slightly earlier value that comes later is still positive.
   */
  unwrap(value: number): number {
    if (this.#last === undefined) return (this.#last = this.#span + value);
    const span = this.#span;
    const ahead = (((value - this.#last) % span) + span) % span;
    return (this.#last += ahead < span / 2 ? ahead : ahead - span);
  }

  /** Forgets the past: the next value counts as a first one. */
  reset(): void {
    this.#last = undefined;
  }
}
