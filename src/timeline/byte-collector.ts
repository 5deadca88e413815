/** No coded picture of a meeting is larger; a hostile one ends here. */
export const MAX_PICTURE_BYTES = 8 * 1024 * 1024;

const START_BYTES = 64 * 1024;
/** A collector that grew past this for one picture gives the memory back. */
const KEEP_BYTES = 1024 * 1024;

/** Grows one picture from pieces; its memory is used again for the next. */
export class ByteCollector {
  #bytes = new Uint8Array(START_BYTES);
  #length = 0;

  /** Bytes collected. */
  get length(): number {
    return this.#length;
  }

  /** Appends a copy of `piece`; false, and nothing appended, when the picture would become too large. */
  append(piece: Uint8Array): boolean {
    const end = this.#length + piece.length;
    if (!this.#reserve(end)) return false;
    this.#bytes.set(piece, this.#length);
    this.#length = end;
    return true;
  }

  /** Appends one byte; false when the picture would become too large. */
  appendByte(byte: number): boolean {
    if (!this.#reserve(this.#length + 1)) return false;
    this.#bytes[this.#length++] = byte;
    return true;
  }

  /** A view of what is collected from `start` on, valid until the next change. */
  view(start = 0): Uint8Array {
    return this.#bytes.subarray(start, this.#length);
  }

  /** A copy of everything, with `pieces` put in before the offsets given (ascending). */
  takeWith(pieces: readonly { readonly at: number; readonly bytes: Uint8Array }[]): Uint8Array {
    const out = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.bytes.length, this.#length));
    let from = 0;
    let to = 0;
    for (const { at, bytes } of pieces) {
      out.set(this.#bytes.subarray(from, at), to);
      out.set(bytes, to + at - from);
      to += at - from + bytes.length;
      from = at;
    }
    out.set(this.#bytes.subarray(from, this.#length), to);
    this.clear();
    return out;
  }

  /** A copy of everything; the collector is empty after. */
  take(): Uint8Array {
    const out = this.#bytes.slice(0, this.#length);
    this.clear();
    return out;
  }

  /** Forgets what was collected. */
  clear(): void {
    this.#length = 0;
    if (this.#bytes.length > KEEP_BYTES) this.#bytes = new Uint8Array(START_BYTES);
  }

  #reserve(bytes: number): boolean {
    if (bytes > MAX_PICTURE_BYTES) return false;
    if (bytes <= this.#bytes.length) return true;
    let capacity = this.#bytes.length;
    while (capacity < bytes) capacity *= 2;
    const grown = new Uint8Array(capacity);
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
    return true;
  }
}
