import { writeU16 } from './rtp-build.ts';

/** 0: not received; 1: received, delta of one byte; 2: received, delta of two bytes. Also the delta's size in bytes. */
export type PacketStatus = 0 | 1 | 2;

const MAX_RUN = 0x1fff;
const ONE_BIT = 14;
const TWO_BIT = 7;

/**
 * The packet status chunks of transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1.1 to
 * §3.1.4): equal statuses as run lengths, mixed ones as vectors of 14 × 1 or 7 × 2 bits.
 */
export class StatusChunks {
  /** Statuses added since `clear`. */
  count = 0;
  readonly #symbols: Uint8Array;
  readonly #chunks: Uint16Array;
  #encoded = -1;

  /** Holds at most `capacity` statuses. */
  constructor(capacity: number) {
    this.#symbols = new Uint8Array(capacity);
    this.#chunks = new Uint16Array(capacity);
  }

  clear(): void {
    this.count = 0;
    this.#encoded = -1;
  }

  add(status: PacketStatus): void {
    this.#symbols[this.count] = status;
    this.count += 1;
  }

  symbol(index: number): number {
    return this.#symbols[index]!;
  }

  /** Bytes that `write` will take. */
  get byteLength(): number {
    return this.#encode() * 2;
  }

  /** Writes the chunks at `at` and returns where they end. */
  write(bytes: Uint8Array, at: number): number {
    const chunks = this.#encode();
    for (let i = 0; i < chunks; i += 1) writeU16(bytes, at + i * 2, this.#chunks[i]!);
    return at + chunks * 2;
  }

  #encode(): number {
    if (this.#encoded >= 0) return this.#encoded;
    let chunks = 0;
    for (let at = 0; at < this.count; chunks += 1) at += this.#encodeChunk(chunks, at);
    this.#encoded = chunks;
    return chunks;
  }

  /** Encodes one chunk from status `at` and returns how many statuses it covers. */
  #encodeChunk(chunk: number, at: number): number {
    const run = this.#runFrom(at);
    const small = this.#smallFrom(at);
    if (run >= ONE_BIT || run === this.count - at || (small < ONE_BIT && run >= TWO_BIT)) {
      this.#chunks[chunk] = (this.#symbols[at]! << 13) | run;
      return run;
    }
    const bits = small >= Math.min(ONE_BIT, this.count - at) ? 1 : 2;
    const width = bits === 1 ? ONE_BIT : TWO_BIT;
    const covered = Math.min(width, this.count - at);
    let value = bits === 1 ? 0x8000 : 0xc000;
    for (let i = 0; i < covered; i += 1) value |= this.#symbols[at + i]! << ((width - 1 - i) * bits);
    this.#chunks[chunk] = value;
    return covered;
  }

  #runFrom(at: number): number {
    let end = at + 1;
    while (end < this.count && end - at < MAX_RUN && this.#symbols[end] === this.#symbols[at]) end += 1;
    return end - at;
  }

  /** How many of the next 14 statuses come before the first one that needs two bits. */
  #smallFrom(at: number): number {
    let end = at;
    while (end < this.count && end - at < ONE_BIT && this.#symbols[end]! < 2) end += 1;
    return end - at;
  }
}
