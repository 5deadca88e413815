/** Samples of one gain step, 5 ms at 48 kHz; also how far the limiter looks ahead. */
export const limiterBlock = 240;

/** Loudest value that leaves the limiter, −1.5 dB: the resampler and the coder add up to 1.4 dB to what is this dense. */
export const ceiling = 0.841;
/** Rise of the gain per block after a loud passage: back to full within 200 ms. */
const release = 1 / 40;

function peakOf(planes: readonly Float32Array[]): number {
  let peak = 0;
  for (const plane of planes) for (const sample of plane) peak = Math.max(peak, Math.abs(sample));
  return peak;
}

/**
 * Keeps a sum of many voices below full scale without clipping: the gain moves in straight lines between blocks and is
 * never above what either neighbouring block needs. What is quiet enough passes unchanged. Pure; it holds one block
 * back, which shifts nothing: block n goes in, block n − 1 comes out.
 */
export class Limiter {
  readonly #held: readonly Float32Array[];
  #heldTarget = 1;
  #gain = 1;

  constructor(channels: number) {
    this.#held = Array.from({ length: channels }, () => new Float32Array(limiterBlock));
  }

  /** Exchanges a block of every channel in place for the one before it, limited. The first one out is silence. */
  process(block: readonly Float32Array[]): void {
    const peak = peakOf(block);
    const target = peak > ceiling ? ceiling / peak : 1;
    const edge = Math.min(this.#heldTarget, target, this.#gain + release);
    block.forEach((plane, channel) => this.#exchange(plane, this.#held[channel]!, edge));
    this.#gain = edge;
    this.#heldTarget = target;
  }

  #exchange(incoming: Float32Array, held: Float32Array, edge: number): void {
    const from = this.#gain;
    const slope = (edge - from) / limiterBlock;
    for (let i = 0; i < limiterBlock; i++) {
      const ready = held[i]! * (from + slope * i);
      held[i] = incoming[i]!;
      incoming[i] = ready;
    }
  }
}
