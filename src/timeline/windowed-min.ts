/**
 * The least value seen in the last while, kept in buckets so that adding costs the same however long the window is.
 * The window is as long as `bucketUs × buckets`, give or take one bucket.
 */
export class WindowedMin {
  readonly #bucketUs: number;
  readonly #slots: Float64Array;
  #bucket = Number.NEGATIVE_INFINITY;
  #olderMin = Number.POSITIVE_INFINITY;
  #currentMin = Number.POSITIVE_INFINITY;

  constructor(bucketUs: number, buckets: number) {
    this.#bucketUs = bucketUs;
    this.#slots = new Float64Array(buckets).fill(Number.POSITIVE_INFINITY);
  }

  /** Least value in the window, +Infinity when it is empty. */
  get min(): number {
    return Math.min(this.#olderMin, this.#currentMin);
  }

  /** Adds a value seen at `atUs`; a time before the newest counts as the newest. */
  add(atUs: number, value: number): void {
    const bucket = Math.floor(atUs / this.#bucketUs);
    if (bucket > this.#bucket) this.#moveTo(bucket);
    if (value < this.#currentMin) this.#currentMin = value;
  }

  /** Forgets everything. */
  clear(): void {
    this.#slots.fill(Number.POSITIVE_INFINITY);
    this.#bucket = Number.NEGATIVE_INFINITY;
    this.#olderMin = Number.POSITIVE_INFINITY;
    this.#currentMin = Number.POSITIVE_INFINITY;
  }

  #moveTo(bucket: number): void {
    const { length } = this.#slots;
    if (Number.isFinite(this.#bucket)) this.#slots[this.#bucket % length] = this.#currentMin;
    const first = Math.max(this.#bucket + 1, bucket - length + 1);
    for (let i = first; i <= bucket; i++) this.#slots[i % length] = Number.POSITIVE_INFINITY;
    this.#bucket = bucket;
    this.#currentMin = Number.POSITIVE_INFINITY;
    this.#olderMin = this.#slots.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  }
}
