/** What the gate looks at of a picture. */
export interface GatedPicture {
  /** Decoding time; any unit. */
  readonly dts: number;
  readonly afterLoss: boolean;
}

/**
 * Lets through the pictures that can be decoded, in decoding order. Where an epoch begins inside the one before, its
 * pictures wait for a key frame behind what is there; so do they behind a picture that was lost.
 */
export class PictureGate {
  #last = -Infinity;
  #waitsForKey = true;

  /** Whether the next picture goes into the file. */
  admits({ dts, afterLoss }: GatedPicture, key: boolean): boolean {
    const overlaps = dts <= this.#last;
    if (overlaps || afterLoss) this.#waitsForKey = true;
    if (key && !overlaps) this.#waitsForKey = false;
    if (this.#waitsForKey) return false;
    this.#last = dts;
    return true;
  }
}
