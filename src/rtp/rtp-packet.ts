import type { ExtensionIds } from './session.ts';

/** Level of a packet that carried no RFC 6464 extension. */
export const UNKNOWN_LEVEL = 255;

const MID = 1;
const RID = 2;
const REPAIRED_RID = 3;
const TRANSPORT_SEQ = 4;
const LEVEL = 5;

/** True when a datagram of the bundle is RTCP: its second byte is a packet type of 192 … 223 (RFC 5761 §4). */
export const isRtcp = (bytes: Uint8Array): boolean => bytes.length > 1 && bytes[1]! >= 192 && bytes[1]! <= 223;

/** Unsigned big-endian 16 bits at `at`; the caller has checked the bounds. */
export const readU16 = (bytes: Uint8Array, at: number): number => (bytes[at]! << 8) | bytes[at + 1]!;

/** Unsigned big-endian 32 bits at `at`; the caller has checked the bounds. */
export const readU32 = (bytes: Uint8Array, at: number): number =>
  ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;

/**
 * Reads RTP packets (RFC 3550 §5.1) with their header extensions (RFC 8285, one- and two-byte forms). One reader serves
 * every packet of a session: `read` overwrites its fields, so that the hot path allocates nothing.
 */
export class RtpReader {
  payloadType = 0;
  marker = false;
  sequenceNumber = 0;
  timestamp = 0;
  ssrc = 0;
  /** Where the payload starts in the datagram; padding and extensions are outside. */
  payloadStart = 0;
  /** Where the payload ends, exclusive. Equal to `payloadStart` when the packet is padding only. */
  payloadEnd = 0;
  /** Transport-wide sequence number, −1 when absent. */
  transportSeq = -1;
  /** RFC 6464 level, `UNKNOWN_LEVEL` when absent. */
  level = UNKNOWN_LEVEL;

  readonly #kinds = new Uint8Array(256);
  /** Start and length of the MID, RID and repaired RID texts, indexed by kind. */
  readonly #texts = new Uint32Array(8);

  /** Reads the extensions with these ids and skips the others. */
  constructor(ids: ExtensionIds) {
    if (ids.mid !== undefined) this.#kinds[ids.mid] = MID;
    if (ids.rid !== undefined) this.#kinds[ids.rid] = RID;
    if (ids.repairedRid !== undefined) this.#kinds[ids.repairedRid] = REPAIRED_RID;
    if (ids.transportWideCc !== undefined) this.#kinds[ids.transportWideCc] = TRANSPORT_SEQ;
    if (ids.audioLevel !== undefined) this.#kinds[ids.audioLevel] = LEVEL;
  }

  /** Takes one packet apart. False when it is not well-formed RTP; the fields are then meaningless. */
  read(bytes: Uint8Array): boolean {
    if (bytes.length < 12 || bytes[0]! >> 6 !== 2) return false;
    this.marker = bytes[1]! >= 0x80;
    this.payloadType = bytes[1]! & 0x7f;
    this.sequenceNumber = readU16(bytes, 2);
    this.timestamp = readU32(bytes, 4);
    this.ssrc = readU32(bytes, 8);
    this.#clearExtensions();
    const afterCsrcs = 12 + (bytes[0]! & 0x0f) * 4;
    if (afterCsrcs > bytes.length) return false;
    this.payloadStart = (bytes[0]! & 0x10) === 0 ? afterCsrcs : this.#readExtensions(bytes, afterCsrcs);
    return this.payloadStart > 0 && this.#readPadding(bytes);
  }

  /** The MID text of the packet last read; `bytes` is the same datagram. */
  mid(bytes: Uint8Array): string | undefined {
    return this.#text(bytes, MID);
  }

  /** The RTP stream id (RFC 8852), absent without simulcast. */
  rid(bytes: Uint8Array): string | undefined {
    return this.#text(bytes, RID);
  }

  /** The stream id that an RTX packet repairs (RFC 8852 §3.2). */
  repairedRid(bytes: Uint8Array): string | undefined {
    return this.#text(bytes, REPAIRED_RID);
  }

  #clearExtensions(): void {
    this.transportSeq = -1;
    this.level = UNKNOWN_LEVEL;
    this.#texts.fill(0);
  }

  #readPadding(bytes: Uint8Array): boolean {
    this.payloadEnd = bytes.length;
    if ((bytes[0]! & 0x20) === 0) return true;
    const padding = bytes[bytes.length - 1]!;
    this.payloadEnd -= padding;
    return padding > 0 && this.payloadEnd >= this.payloadStart;
  }

  /** Returns where the extension block ends, 0 when it is malformed. */
  #readExtensions(bytes: Uint8Array, at: number): number {
    if (at + 4 > bytes.length) return 0;
    const profile = readU16(bytes, at);
    const end = at + 4 + readU16(bytes, at + 2) * 4;
    if (end > bytes.length) return 0;
    if (profile === 0xbede) return this.#readOneByteForm(bytes, at + 4, end) ? end : 0;
    if (profile >> 4 === 0x100) return this.#readTwoByteForm(bytes, at + 4, end) ? end : 0;
    return end;
  }

  #readOneByteForm(bytes: Uint8Array, from: number, end: number): boolean {
    for (let at = from; at < end;) {
      const head = bytes[at]!;
      if (head === 0) at += 1;
      // Id 15 ends the block (RFC 8285 §4.2).
      else if (head >= 0xf0) return true;
      else {
        const length = (head & 0x0f) + 1;
        if (at + 1 + length > end) return false;
        this.#element(bytes, head >> 4, at + 1, length);
        at += 1 + length;
      }
    }
    return true;
  }

  #readTwoByteForm(bytes: Uint8Array, from: number, end: number): boolean {
    for (let at = from; at < end;) {
      const id = bytes[at]!;
      if (id === 0) at += 1;
      else {
        const length = at + 1 < end ? bytes[at + 1]! : end;
        if (at + 2 + length > end) return false;
        this.#element(bytes, id, at + 2, length);
        at += 2 + length;
      }
    }
    return true;
  }

  #element(bytes: Uint8Array, id: number, at: number, length: number): void {
    const kind = this.#kinds[id]!;
    if (kind === TRANSPORT_SEQ && length >= 2) this.transportSeq = readU16(bytes, at);
    else if (kind === LEVEL && length >= 1) this.level = bytes[at]! & 0x7f;
    else if (kind >= MID && kind <= REPAIRED_RID) {
      this.#texts[kind * 2] = at;
      this.#texts[kind * 2 + 1] = length;
    }
  }

  #text(bytes: Uint8Array, kind: number): string | undefined {
    const length = this.#texts[kind * 2 + 1]!;
    if (length === 0) return undefined;
    const at = this.#texts[kind * 2]!;
    return String.fromCharCode(...bytes.subarray(at, at + length));
  }
}
