/**
 * Reads transport-wide feedback by the letter of draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1, with nothing
 * shared with the writer.
 */
export interface ReadFeedback {
  readonly count: number;
  /** 16-bit number → arrival in microseconds; null for not received. */
  readonly statuses: readonly { readonly seq: number; readonly arrivalUs: number | null }[];
}

/** Every feedback packet in a compound datagram. */
export function readFeedback(datagram: Uint8Array): ReadFeedback[] {
  const all = Buffer.from(datagram);
  const found: ReadFeedback[] = [];
  for (let at = 0; at < all.length;) {
    const end = at + (all.readUInt16BE(at + 2) + 1) * 4;
    if (all[at + 1] === 205 && (all[at]! & 31) === 15) found.push(readOne(all.subarray(at, end)));
    at = end;
  }
  return found;
}

function readOne(packet: Buffer): ReadFeedback {
  const base = packet.readUInt16BE(12);
  const total = packet.readUInt16BE(14);
  let time = packet.readUIntBE(16, 3) * 64_000;
  const symbols: number[] = [];
  let at = 20;
  for (; symbols.length < total; at += 2) symbols.push(...readChunk(packet.readUInt16BE(at)));
  const statuses = symbols.slice(0, total).map((symbol, i) => {
    const seq = (base + i) & 0xffff;
    if (symbol === 0) return { seq, arrivalUs: null };
    time += (symbol === 1 ? packet.readUInt8(at) : packet.readInt16BE(at)) * 250;
    at += symbol;
    return { seq, arrivalUs: time };
  });
  const padding = (packet[0]! & 0x20) === 0 ? 0 : packet[packet.length - 1]!;
  if (at !== packet.length - padding) throw new Error(`Deltas end at ${at} of ${packet.length - padding}.`);
  return { count: packet[19]!, statuses };
}

function readChunk(chunk: number): number[] {
  if (chunk < 0x8000) return Array.from({ length: chunk & 0x1fff }, () => chunk >> 13);
  if (chunk < 0xc000) return Array.from({ length: 14 }, (_, i) => (chunk >> (13 - i)) & 1);
  return Array.from({ length: 7 }, (_, i) => (chunk >> (12 - i * 2)) & 3);
}
