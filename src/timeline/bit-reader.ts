/**
 * Reads bits of an H.264 RBSP, most significant first. Reading past the end gives zeros and sets `overrun`, so that a
 * parser of hostile bytes checks once at its end.
 */
export class BitReader {
  readonly #bytes: Uint8Array;
  #position = 0;
  #overrun = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Whether more was read than there is, or an Exp-Golomb code was longer than 32 bits. */
  get overrun(): boolean {
    return this.#overrun;
  }

  /** Next `count` bits (0 … 32) as an unsigned number. */
  bits(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) value = value * 2 + this.#bit();
    return value;
  }

  /** ue(v), ITU-T H.264 §9.1. */
  ue(): number {
    let zeros = 0;
    while (zeros < 32 && !this.#overrun && this.#bit() === 0) zeros++;
    if (zeros === 32) this.#overrun = true;
    return this.#overrun ? 0 : 2 ** zeros - 1 + this.bits(zeros);
  }

  /** se(v), ITU-T H.264 §9.1.1. */
  se(): number {
    const code = this.ue();
    return code % 2 === 1 ? (code + 1) / 2 : -code / 2;
  }

  #bit(): number {
    const byte = this.#bytes[this.#position >> 3];
    if (byte === undefined) {
      this.#overrun = true;
      return 0;
    }
    return (byte >> (7 - (this.#position++ & 7))) & 1;
  }
}

/** Removes emulation prevention bytes (00 00 03 → 00 00), ITU-T H.264 §7.4.1.1. */
export function unescapeRbsp(nal: Uint8Array): Uint8Array {
  const out = new Uint8Array(nal.length);
  let length = 0;
  let zeros = 0;
  for (const byte of nal) {
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    zeros = byte === 0 ? zeros + 1 : 0;
    out[length++] = byte;
  }
  return out.subarray(0, length);
}
