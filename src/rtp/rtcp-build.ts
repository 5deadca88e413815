import { rtcpType, type ReportBlock, type SenderReport } from './rtcp-packet.ts';
import { writeU16, writeU32 } from './rtp-build.ts';

/** Blocks and sources that one RTCP packet can hold: its count has 5 bits. */
export const MAX_BLOCKS = 31;

/** A new RTCP packet of `length` bytes (a multiple of 4) with its header and the sender's SSRC (RFC 3550 §6.4). */
export function startRtcp(count: number, type: number, length: number, ssrc: number): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes[0] = 0x80 | count;
  bytes[1] = type;
  writeU16(bytes, 2, length / 4 - 1);
  writeU32(bytes, 4, ssrc);
  return bytes;
}

/** SR; at most 31 report blocks. */
export function buildSenderReport(report: Omit<SenderReport, 'type'>): Uint8Array {
  const blocks = report.reports.slice(0, MAX_BLOCKS);
  const bytes = startRtcp(blocks.length, rtcpType.SR, 28 + blocks.length * 24, report.ssrc);
  writeU32(bytes, 8, report.ntpSeconds);
  writeU32(bytes, 12, report.ntpFraction);
  writeU32(bytes, 16, report.rtp);
  writeU32(bytes, 20, report.packets);
  writeU32(bytes, 24, report.octets);
  writeReportBlocks(bytes, 28, blocks);
  return bytes;
}

/** RR; at most 31 report blocks, none is the empty report that a compound may begin with. */
export function buildReceiverReport(ssrc: number, reports: readonly ReportBlock[]): Uint8Array {
  const blocks = reports.slice(0, MAX_BLOCKS);
  const bytes = startRtcp(blocks.length, rtcpType.RR, 8 + blocks.length * 24, ssrc);
  writeReportBlocks(bytes, 8, blocks);
  return bytes;
}

function writeReportBlocks(bytes: Uint8Array, from: number, blocks: readonly ReportBlock[]): void {
  blocks.forEach((block, i) => {
    const at = from + i * 24;
    writeU32(bytes, at, block.ssrc);
    writeU32(bytes, at + 4, (block.fractionLost << 24) | (block.cumulativeLost & 0xff_ffff));
    writeU32(bytes, at + 8, block.highestSeq);
    writeU32(bytes, at + 12, block.jitter);
    writeU32(bytes, at + 16, block.lastSenderReport);
    writeU32(bytes, at + 20, block.delaySinceLastSenderReport);
  });
}

/** SDES with one chunk that holds the CNAME, at most 255 bytes of it. */
export function buildSdes(ssrc: number, cname: string): Uint8Array {
  const name = new TextEncoder().encode(cname).subarray(0, 255);
  const bytes = startRtcp(1, rtcpType.SDES, 8 + Math.ceil((name.length + 3) / 4) * 4, ssrc);
  bytes[8] = 1;
  bytes[9] = name.length;
  bytes.set(name, 10);
  return bytes;
}

/** BYE without a reason; at most 31 sources and at least one. */
export function buildBye(ssrcs: readonly number[]): Uint8Array {
  const sources = ssrcs.slice(0, MAX_BLOCKS);
  const bytes = startRtcp(sources.length, rtcpType.BYE, 4 + sources.length * 4, sources[0] ?? 0);
  sources.forEach((ssrc, i) => writeU32(bytes, 4 + i * 4, ssrc));
  return bytes;
}

/** Generic NACK for sequence numbers (low 16 bits count) in rising order; neighbours share a mask (RFC 4585 §6.2.1). */
export function buildNack(senderSsrc: number, mediaSsrc: number, lost: readonly number[]): Uint8Array {
  const items: { first: number; mask: number }[] = [];
  for (const seq of lost) {
    const item = items.at(-1);
    const bit = item === undefined ? 16 : ((seq - item.first) & 0xffff) - 1;
    if (item !== undefined && bit >= 0 && bit < 16) item.mask |= 1 << bit;
    else items.push({ first: seq & 0xffff, mask: 0 });
  }
  const bytes = startRtcp(1, rtcpType.RTPFB, 12 + items.length * 4, senderSsrc);
  writeU32(bytes, 8, mediaSsrc);
  items.forEach(({ first, mask }, i) => {
    writeU16(bytes, 12 + i * 4, first);
    writeU16(bytes, 14 + i * 4, mask);
  });
  return bytes;
}

/** PLI for one stream. */
export function buildPli(senderSsrc: number, mediaSsrc: number): Uint8Array {
  const bytes = startRtcp(1, rtcpType.PSFB, 12, senderSsrc);
  writeU32(bytes, 8, mediaSsrc);
  return bytes;
}

/** FIR for one stream; `command` of 8 bits rises with every new request and repeats with a repeated one. */
export function buildFir(senderSsrc: number, mediaSsrc: number, command: number): Uint8Array {
  const bytes = startRtcp(4, rtcpType.PSFB, 20, senderSsrc);
  writeU32(bytes, 12, mediaSsrc);
  bytes[16] = command;
  return bytes;
}
