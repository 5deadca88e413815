import { annexBUnits } from './annex-b.ts';

/** Room for codec bytes in one RTP packet: 1200 bytes of datagram less headers, extensions and the SRTP tag. */
export const MAX_PAYLOAD = 1_140;

const TYPE_STAP_A = 24;
const TYPE_FU_A = 28;

/** RTP payloads of one H.264 access unit in Annex B (RFC 6184, packetization mode 1). */
export function h264Payloads(accessUnit: Uint8Array, limit = MAX_PAYLOAD): Uint8Array[] {
  const units = annexBUnits(accessUnit);
  const sets = units.filter(isParameterSet);
  const rest = units.filter((unit) => !isParameterSet(unit));
  return [
    ...parameterSetPayloads(sets, limit),
    ...rest.flatMap((unit) => (unit.length <= limit ? [unit] : fragments(unit, limit))),
  ];
}

const isParameterSet = (unit: Uint8Array): boolean => {
  const type = unit[0]! & 0x1f;
  return type === 7 || type === 8;
};

/** SPS and PPS travel together in a STAP-A (RFC 6184 §5.7.1), as browsers send them. */
function parameterSetPayloads(sets: readonly Uint8Array[], limit: number): Uint8Array[] {
  const size = sets.reduce((sum, unit) => sum + 2 + unit.length, 1);
  if (sets.length < 2 || size > limit) return [...sets];
  const out = Buffer.alloc(size);
  out[0] = (sets[0]![0]! & 0x60) | TYPE_STAP_A;
  let at = 1;
  for (const unit of sets) {
    at = out.writeUInt16BE(unit.length, at);
    out.set(unit, at);
    at += unit.length;
  }
  return [out];
}

/** FU-A (RFC 6184 §5.8) in pieces of nearly equal size. */
function fragments(unit: Uint8Array, limit: number): Uint8Array[] {
  const header = unit[0]!;
  const body = unit.subarray(1);
  const pieces = evenPieces(body, limit - 2);
  return pieces.map((piece, index) => {
    const start = index === 0 ? 0x80 : 0;
    const end = index === pieces.length - 1 ? 0x40 : 0;
    return prefixed([(header & 0xe0) | TYPE_FU_A, start | end | (header & 0x1f)], piece);
  });
}

/** RTP payloads of one VP8 frame: a one-byte descriptor, S bit on the first (RFC 7741 §4.2). */
export function vp8Payloads(frame: Uint8Array, limit = MAX_PAYLOAD): Uint8Array[] {
  return evenPieces(frame, limit - 1).map((piece, index) => prefixed([index === 0 ? 0x10 : 0], piece));
}

function evenPieces(bytes: Uint8Array, limit: number): Uint8Array[] {
  const count = Math.max(1, Math.ceil(bytes.length / limit));
  const size = Math.ceil(bytes.length / count);
  return Array.from({ length: count }, (_, index) => bytes.subarray(index * size, (index + 1) * size));
}

function prefixed(head: readonly number[], tail: Uint8Array): Uint8Array {
  const out = new Uint8Array(head.length + tail.length);
  out.set(head);
  out.set(tail, head.length);
  return out;
}
