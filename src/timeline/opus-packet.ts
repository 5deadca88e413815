/** Longest packet RFC 6716 §3.2.5 allows, 120 ms, in samples at 48 kHz. */
const MAX_SAMPLES = 5760;
/** Longest frame of SILK that in-band redundancy is coded for by itself, 20 ms. */
const SILK_FRAME = 960;
/** The first configuration of CELT alone, which has no redundancy. */
const FIRST_CELT = 16;

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

/** Bytes that a frame length takes, §3.2.1. */
const lengthBytes = (packet: Uint8Array, at: number): number => ((packet[at] ?? 0) < 252 ? 1 : 2);

/** §3.2.5: every 255 says that another byte of the padding's length follows. */
function afterPaddingLength(packet: Uint8Array): number {
  let at = 2;
  while (packet[at] === 255) at += 1;
  return at + 1;
}

/** Where the first frame's data starts. */
function firstFrame(packet: Uint8Array): number {
  const code = (packet[0] ?? 0) & 3;
  if (code < 2) return 1;
  if (code === 2) return 1 + lengthBytes(packet, 1);
  const flags = packet[1] ?? 0;
  const lengths = (flags & 0x80) === 0 ? 0 : (flags & 0x3f) - 1;
  let at = (flags & 0x40) === 0 ? 2 : afterPaddingLength(packet);
  for (let k = 0; k < lengths; k += 1) at += lengthBytes(packet, at);
  return at;
}

/**
 * Whether a packet has a second, coarser coding of the sound right before it: the flag that follows the voice activity
 * of each 20 ms of SILK (RFC 6716 §4.2.3, §4.2.4), which are the first bits of its first frame.
 */
export function carriesRedundancy(packet: Uint8Array): boolean {
  const toc = packet[0] ?? 0xff;
  if (toc >> 3 >= FIRST_CELT) return false;
  const bits = packet[firstFrame(packet)] ?? 0;
  const frames = Math.max(1, frameSamples(toc >> 3) / SILK_FRAME);
  const flagged = (shift: number): boolean => ((bits >> shift) & 1) === 1;
  const stereo = (toc & 4) !== 0;
  return flagged(7 - frames) || (stereo && flagged(6 - 2 * frames));
}

/**
 * A packet that says "nothing was sent" for as long as `packet` sounds (§3.2.1: a frame without bytes is discontinuous
 * transmission or a loss): a decoder answers with what it takes the sound to have gone on like.
 */
export function absentAfter(packet: Uint8Array): Uint8Array {
  const toc = (packet[0] ?? 0) & 0xfc;
  const frames = frameCount(packet, (packet[0] ?? 0) & 3);
  return frames === 1 ? Uint8Array.of(toc) : Uint8Array.of(toc | 3, frames);
}
