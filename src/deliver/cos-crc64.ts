/**
 * CRC-64 as COS computes it over an object and answers in `x-cos-hash-crc64ecma`: polynomial ECMA-182, reflected, all
 * ones before and after (also called CRC-64/XZ). Eight bytes a step over tables of 32-bit halves, because 64-bit
 * integers are slow here and the files are gigabytes.
 */

const polynomialHigh = 0xc96c5795;
const polynomialLow = 0xd7870f42;

/** Eight tables of 256 entries one after the other; table k holds what a byte does k bytes later. */
interface Tables {
  readonly high: Int32Array;
  readonly low: Int32Array;
}

const tables = makeTables();

function makeTables(): Tables {
  const made = { high: new Int32Array(8 * 256), low: new Int32Array(8 * 256) };
  for (let byte = 0; byte < 256; byte++) fillFirst(made, byte);
  for (let at = 256; at < 8 * 256; at++) fillNext(made, at);
  return made;
}

function fillFirst({ high, low }: Tables, byte: number): void {
  let [h, l] = [0, byte];
  for (let bit = 0; bit < 8; bit++) {
    const out = l & 1;
    l = (l >>> 1) | (h << 31);
    h >>>= 1;
    if (out === 1) [h, l] = [h ^ polynomialHigh, l ^ polynomialLow];
  }
  high[byte] = h;
  low[byte] = l;
}

function fillNext({ high, low }: Tables, at: number): void {
  const [h, l] = [high[at - 256]!, low[at - 256]!];
  high[at] = (h >>> 8) ^ high[l & 255]!;
  low[at] = ((l >>> 8) | (h << 24)) ^ low[l & 255]!;
}

const littleEndian = (bytes: Uint8Array, at: number): number =>
  bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);

/** The halves `h` and `l`, with eight bytes of input already mixed in, carried eight bytes on in one table. */
const fold = (table: Int32Array, h: number, l: number): number =>
  table[0x700 + (l & 255)]! ^
  table[0x600 + ((l >>> 8) & 255)]! ^
  table[0x500 + ((l >>> 16) & 255)]! ^
  table[0x400 + (l >>> 24)]! ^
  table[0x300 + (h & 255)]! ^
  table[0x200 + ((h >>> 8) & 255)]! ^
  table[0x100 + ((h >>> 16) & 255)]! ^
  table[h >>> 24]!;

/** A running CRC-64 of bytes given piece by piece. */
export class Crc64 {
  #high = -1;
  #low = -1;

  /** Adds bytes in their order. */
  update(bytes: Uint8Array): this {
    const whole = bytes.length - (bytes.length % 8);
    for (let at = 0; at < whole; at += 8) {
      const l = this.#low ^ littleEndian(bytes, at);
      const h = this.#high ^ littleEndian(bytes, at + 4);
      this.#high = fold(tables.high, h, l);
      this.#low = fold(tables.low, h, l);
    }
    for (let at = whole; at < bytes.length; at++) this.#step(bytes[at]!);
    return this;
  }

  /** The sum so far as COS writes it: an unsigned 64-bit number in decimal digits. */
  digest(): string {
    const half = (n: number): bigint => BigInt(~n >>> 0);
    return ((half(this.#high) << 32n) | half(this.#low)).toString();
  }

  #step(byte: number): void {
    const index = (this.#low ^ byte) & 255;
    this.#low = ((this.#low >>> 8) | (this.#high << 24)) ^ tables.low[index]!;
    this.#high = (this.#high >>> 8) ^ tables.high[index]!;
  }
}
