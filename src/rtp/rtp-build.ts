/** Fields of an RTP packet to be written; see `buildRtp`. */
export interface RtpFields {
  readonly payloadType: number;
  readonly marker: boolean;
  /** 16 bits. */
  readonly sequenceNumber: number;
  /** 32 bits, in ticks of the codec's clock. */
  readonly timestamp: number;
  readonly ssrc: number;
  /** A whole extension block as `buildExtensions` makes it; empty or absent for none. */
  readonly extensions?: Uint8Array;
  readonly payload: Uint8Array;
  /** Number of padding bytes, 0 … 255, the last of which is the count (RFC 3550 §5.1). None by default. */
  readonly padding?: number;
}

/** One RTP header extension element: an id of 1 … 255 and up to 255 bytes. */
export interface ExtensionElement {
  readonly id: number;
  readonly value: Uint8Array;
}

const NONE = new Uint8Array(0);

/** Writes one RTP packet into a new buffer. */
export function buildRtp(fields: RtpFields): Uint8Array {
  const extensions = fields.extensions ?? NONE;
  const padding = fields.padding ?? 0;
  const payloadStart = 12 + extensions.length;
  const bytes = new Uint8Array(payloadStart + fields.payload.length + padding);
  bytes[0] = 0x80 | (padding > 0 ? 0x20 : 0) | (extensions.length > 0 ? 0x10 : 0);
  bytes[1] = (fields.marker ? 0x80 : 0) | fields.payloadType;
  writeU16(bytes, 2, fields.sequenceNumber);
  writeU32(bytes, 4, fields.timestamp);
  writeU32(bytes, 8, fields.ssrc);
  bytes.set(extensions, 12);
  bytes.set(fields.payload, payloadStart);
  if (padding > 0) bytes[bytes.length - 1] = padding;
  return bytes;
}

/**
 * Wraps a packet that was sent for its retransmission (RFC 4588 §4): the same header and extensions with the RTX
 * stream's payload type, SSRC and number, then the original number, then the payload.
 */
export function buildRtx(original: Uint8Array, payloadType: number, ssrc: number, sequenceNumber: number): Uint8Array {
  const payloadStart = headerLength(original);
  const bytes = new Uint8Array(original.length + 2);
  bytes.set(original.subarray(0, payloadStart));
  bytes[1] = (original[1]! & 0x80) | payloadType;
  writeU16(bytes, 2, sequenceNumber);
  writeU32(bytes, 8, ssrc);
  bytes[payloadStart] = original[2]!;
  bytes[payloadStart + 1] = original[3]!;
  bytes.set(original.subarray(payloadStart), payloadStart + 2);
  return bytes;
}

/** Length of the header of a packet that `buildRtp` wrote. */
function headerLength(bytes: Uint8Array): number {
  return (bytes[0]! & 0x10) === 0 ? 12 : 16 + ((bytes[14]! << 8) | bytes[15]!) * 4;
}

/** Writes an extension block, in the one-byte form when every element fits it (RFC 8285 §4.2), else in the other. */
export function buildExtensions(elements: readonly ExtensionElement[]): Uint8Array {
  if (elements.length === 0) return NONE;
  const short = elements.every(({ id, value }) => id <= 14 && value.length >= 1 && value.length <= 16);
  const body = elements.flatMap(({ id, value }) =>
    short ? [(id << 4) | (value.length - 1), ...value] : [id, value.length, ...value],
  );
  const words = Math.ceil(body.length / 4);
  const block = new Uint8Array(4 + words * 4);
  writeU16(block, 0, short ? 0xbede : 0x1000);
  writeU16(block, 2, words);
  block.set(body, 4);
  return block;
}

/** Writes the low 16 bits of `value`, big-endian. */
export function writeU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

/** Writes the low 32 bits of `value`, big-endian. */
export function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}
