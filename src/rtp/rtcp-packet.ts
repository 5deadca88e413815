import { readU16, readU32 } from './rtp-packet.ts';

/** One report block (RFC 3550 §6.4.1). */
export interface ReportBlock {
  readonly ssrc: number;
  /** Loss since the report before, in 1/256. */
  readonly fractionLost: number;
  /** Signed 24 bits. */
  readonly cumulativeLost: number;
  /** Highest sequence number received, extended by its cycles to 32 bits. */
  readonly highestSeq: number;
  /** Interarrival jitter in ticks of the media's clock. */
  readonly jitter: number;
  /** Middle 32 bits of the NTP time of the last sender report, 0 for none. */
  readonly lastSenderReport: number;
  /** Time since that report in units of 1/65536 s. */
  readonly delaySinceLastSenderReport: number;
}

/** SR, RFC 3550 §6.4.1. */
export interface SenderReport {
  readonly type: 'sender-report';
  readonly ssrc: number;
  readonly ntpSeconds: number;
  readonly ntpFraction: number;
  readonly rtp: number;
  readonly packets: number;
  readonly octets: number;
  readonly reports: readonly ReportBlock[];
}

/** RR, RFC 3550 §6.4.2. */
export interface ReceiverReport {
  readonly type: 'receiver-report';
  readonly ssrc: number;
  readonly reports: readonly ReportBlock[];
}

/** The canonical names of an SDES (RFC 3550 §6.5.1); its other items are passed over. */
export interface SourceDescription {
  readonly type: 'sdes';
  readonly names: readonly { readonly ssrc: number; readonly cname: string }[];
}

/** BYE, RFC 3550 §6.6; its reason is passed over. */
export interface Bye {
  readonly type: 'bye';
  readonly ssrcs: readonly number[];
}

/** Generic NACK, RFC 4585 §6.2.1, its masks unfolded to sequence numbers of 16 bits. */
export interface Nack {
  readonly type: 'nack';
  readonly mediaSsrc: number;
  readonly lost: readonly number[];
}

/** Picture loss indication, RFC 4585 §6.3.1. */
export interface PictureLoss {
  readonly type: 'pli';
  readonly mediaSsrc: number;
}

/** Full intra request, RFC 5104 §4.3.1. */
export interface FullIntraRequest {
  readonly type: 'fir';
  readonly entries: readonly { readonly ssrc: number; readonly command: number }[];
}

/** What this program understands of RTCP. */
export type RtcpPacket =
  | SenderReport
  | ReceiverReport
  | SourceDescription
  | Bye
  | Nack
  | PictureLoss
  | FullIntraRequest;

/** RTCP packet types (RFC 3550 §12.1, RFC 4585 §6.1). */
export const rtcpType = { SR: 200, RR: 201, SDES: 202, BYE: 203, RTPFB: 205, PSFB: 206 } as const;

/** Sequence numbers one NACK may name; the rest of a larger one is passed over. */
const MAX_LOST = 1024;

/**
 * Takes a compound (or reduced-size, RFC 5506) RTCP datagram apart. Packets of other types are passed over; undefined
 * when any packet is not well-formed.
 */
export function parseRtcp(bytes: Uint8Array): RtcpPacket[] | undefined {
  const packets: RtcpPacket[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + 4 <= bytes.length ? at + 4 + readU16(bytes, at + 2) * 4 : Infinity;
    if (end > bytes.length || bytes[at]! >> 6 !== 2) return undefined;
    const packet = parseOne(bytes.subarray(at, end));
    if (packet === 'malformed') return undefined;
    if (packet !== 'unknown') packets.push(packet);
    at = end;
  }
  return packets;
}

type Parsed = RtcpPacket | 'malformed' | 'unknown';

function parseOne(packet: Uint8Array): Parsed {
  const bytes = withoutPadding(packet);
  if (bytes === undefined) return 'malformed';
  const count = bytes[0]! & 0x1f;
  switch (bytes[1]) {
    case rtcpType.SR:
      return parseSenderReport(bytes, count);
    case rtcpType.RR:
      return parseReceiverReport(bytes, count);
    case rtcpType.SDES:
      return parseSdes(bytes, count);
    case rtcpType.BYE:
      return parseBye(bytes, count);
    case rtcpType.RTPFB:
      return count === 1 ? parseNack(bytes) : 'unknown';
    case rtcpType.PSFB:
      return parsePayloadFeedback(bytes, count);
    default:
      return 'unknown';
  }
}

function withoutPadding(bytes: Uint8Array): Uint8Array | undefined {
  if ((bytes[0]! & 0x20) === 0) return bytes;
  const padding = bytes[bytes.length - 1]!;
  return padding > 0 && padding <= bytes.length - 4 ? bytes.subarray(0, bytes.length - padding) : undefined;
}

function parseSenderReport(bytes: Uint8Array, count: number): Parsed {
  if (bytes.length < 28 + count * 24) return 'malformed';
  return {
    type: 'sender-report',
    ssrc: readU32(bytes, 4),
    ntpSeconds: readU32(bytes, 8),
    ntpFraction: readU32(bytes, 12),
    rtp: readU32(bytes, 16),
    packets: readU32(bytes, 20),
    octets: readU32(bytes, 24),
    reports: parseReportBlocks(bytes, 28, count),
  };
}

function parseReceiverReport(bytes: Uint8Array, count: number): Parsed {
  if (bytes.length < 8 + count * 24) return 'malformed';
  return { type: 'receiver-report', ssrc: readU32(bytes, 4), reports: parseReportBlocks(bytes, 8, count) };
}

function parseReportBlocks(bytes: Uint8Array, from: number, count: number): ReportBlock[] {
  return Array.from({ length: count }, (_, i) => {
    const at = from + i * 24;
    return {
      ssrc: readU32(bytes, at),
      fractionLost: bytes[at + 4]!,
      cumulativeLost: (readU32(bytes, at + 4) << 8) >> 8,
      highestSeq: readU32(bytes, at + 8),
      jitter: readU32(bytes, at + 12),
      lastSenderReport: readU32(bytes, at + 16),
      delaySinceLastSenderReport: readU32(bytes, at + 20),
    };
  });
}

function parseSdes(bytes: Uint8Array, count: number): Parsed {
  const names: { ssrc: number; cname: string }[] = [];
  let at = 4;
  for (let i = 0; i < count; i += 1) {
    if (at + 4 > bytes.length) return 'malformed';
    const chunk = parseSdesChunk(bytes, at);
    if (chunk === undefined) return 'malformed';
    if (chunk.cname !== undefined) names.push({ ssrc: readU32(bytes, at), cname: chunk.cname });
    at = chunk.end;
  }
  return { type: 'sdes', names };
}

function parseSdesChunk(bytes: Uint8Array, from: number): { cname: string | undefined; end: number } | undefined {
  let cname: string | undefined;
  let at = from + 4;
  while (at < bytes.length && bytes[at] !== 0) {
    const end = at + 1 < bytes.length ? at + 2 + bytes[at + 1]! : Infinity;
    if (end > bytes.length) return undefined;
    if (bytes[at] === 1) cname = new TextDecoder().decode(bytes.subarray(at + 2, end));
    at = end;
  }
  // At least one null ends the items, then the chunk is padded to a whole word (RFC 3550 §6.5).
  return { cname, end: (at & ~3) + 4 };
}

function parseBye(bytes: Uint8Array, count: number): Parsed {
  if (bytes.length < 4 + count * 4) return 'malformed';
  return { type: 'bye', ssrcs: Array.from({ length: count }, (_, i) => readU32(bytes, 4 + i * 4)) };
}

function parseNack(bytes: Uint8Array): Parsed {
  if (bytes.length < 12) return 'malformed';
  const lost: number[] = [];
  for (let at = 12; at + 4 <= bytes.length && lost.length < MAX_LOST; at += 4) {
    const first = readU16(bytes, at);
    const mask = readU16(bytes, at + 2);
    lost.push(first);
    for (let bit = 0; bit < 16; bit += 1) if ((mask & (1 << bit)) !== 0) lost.push((first + bit + 1) & 0xffff);
  }
  return { type: 'nack', mediaSsrc: readU32(bytes, 8), lost: lost.slice(0, MAX_LOST) };
}

function parsePayloadFeedback(bytes: Uint8Array, format: number): Parsed {
  if (bytes.length < 12) return 'malformed';
  if (format === 1) return { type: 'pli', mediaSsrc: readU32(bytes, 8) };
  if (format !== 4) return 'unknown';
  const entries: { ssrc: number; command: number }[] = [];
  for (let at = 12; at + 8 <= bytes.length; at += 8) {
    entries.push({ ssrc: readU32(bytes, at), command: bytes[at + 4]! });
  }
  return { type: 'fir', entries };
}
