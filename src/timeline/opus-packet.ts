/** Longest packet RFC 6716 §3.2.5 allows, 120 ms, in samples at 48 kHz. */
const MAX_SAMPLES = 5760;

/** Samples of one frame at 48 kHz by the TOC's configuration number (RFC 6716 table 2). */
function frameSamples(config: number): number {
  if (config < 12) return [480, 960, 1920, 2880][config & 3] ?? 0;
  if (config < 16) return [480, 960][config & 1] ?? 0;
  return [120, 240, 480, 960][config & 3] ?? 0;
}

/** Frames in a packet by the TOC's code (RFC 6716 §3.2), 0 when the packet breaks a rule of its code. */
function frameCount(packet: Uint8Array, code: number): number {
  if (code === 0) return 1;
  if (code === 1) return packet.length % 2 === 1 ? 2 : 0;
  if (code === 2) return secondFrameFits(packet) ? 2 : 0;
  return (packet[1] ?? 0) & 0x3f;
}

/** §3.2.1: a length of one byte, or of two when the first is 252 or more. */
function secondFrameFits(packet: Uint8Array): boolean {
  const first = packet[1];
  if (first === undefined) return false;
  const second = packet[2];
  if (first < 252) return first + 2 <= packet.length;
  return second !== undefined && second * 4 + first + 3 <= packet.length;
}

/**
 * Decoded length of an Opus packet in samples at 48 kHz, from its TOC and frame count (RFC 6716 §3.1, §3.2); undefined
 * for a packet that no decoder accepts. A packet of the TOC alone is discontinuous transmission and has its length too.
 */
export function opusSamples(packet: Uint8Array): number | undefined {
  const toc = packet[0];
  if (toc === undefined) return undefined;
  const samples = frameSamples(toc >> 3) * frameCount(packet, toc & 3);
  return samples > 0 && samples <= MAX_SAMPLES ? samples : undefined;
}
