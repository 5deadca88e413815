/** More blocks than any encoder sends; a packet with more is refused. */
const MAX_BLOCKS = 16;

/**
 * Takes RED payloads apart (RFC 2198 §3). One splitter serves a session; its arrays hold the blocks of the payload last
 * split, oldest redundancy first and the primary last.
 */
export class RedSplitter {
  /** Blocks of the payload last split, the primary included. */
  count = 0;
  readonly payloadTypes = new Uint8Array(MAX_BLOCKS);
  /** How much older than the packet's timestamp a block is, in ticks; 0 for the primary. */
  readonly ages = new Uint16Array(MAX_BLOCKS);
  /** Where each block starts in the datagram. */
  readonly starts = new Uint32Array(MAX_BLOCKS);
  /** Where each block ends, exclusive. */
  readonly ends = new Uint32Array(MAX_BLOCKS);

  /** Splits `bytes[start, end)`. False when the headers or lengths do not fit; the arrays are then meaningless. */
  split(bytes: Uint8Array, start: number, end: number): boolean {
    this.count = 0;
    const dataStart = this.#readHeaders(bytes, start, end);
    return dataStart > 0 && this.#placeBlocks(dataStart, end);
  }

  /** Returns where the data of the first block starts, 0 when the headers are malformed. Leaves lengths in `ends`. */
  #readHeaders(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end && bytes[at]! >= 0x80) {
      if (at + 4 > end || this.count === MAX_BLOCKS - 1) return 0;
      this.payloadTypes[this.count] = bytes[at]! & 0x7f;
      this.ages[this.count] = (bytes[at + 1]! << 6) | (bytes[at + 2]! >> 2);
      this.ends[this.count] = ((bytes[at + 2]! & 0x03) << 8) | bytes[at + 3]!;
      this.count += 1;
      at += 4;
    }
    if (at >= end) return 0;
    this.payloadTypes[this.count] = bytes[at]!;
    this.ages[this.count] = 0;
    this.count += 1;
    return at + 1;
  }

  #placeBlocks(dataStart: number, end: number): boolean {
    let at = dataStart;
    const primary = this.count - 1;
    for (let i = 0; i < primary; i += 1) {
      this.starts[i] = at;
      at += this.ends[i]!;
      this.ends[i] = at;
    }
    this.starts[primary] = at;
    this.ends[primary] = end;
    return at <= end;
  }
}
