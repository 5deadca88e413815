import type { FeedCodec } from '../feed/messages.ts';
import { readU16 } from './rtp-packet.ts';

const NAL_IDR = 5;
const NAL_SPS = 7;
const NAL_STAP_A = 24;
const NAL_FU_A = 28;

/** True when the payload `bytes[start, end)` begins, or is part of the beginning of, a key frame. False for audio. */
export function startsKeyFrame(codec: FeedCodec, bytes: Uint8Array, start: number, end: number): boolean {
  if (start >= end) return false;
  if (codec === 'h264') return startsH264KeyFrame(bytes, start, end);
  return codec === 'vp8' && startsVp8KeyFrame(bytes, start, end);
}

const isKeyNal = (type: number): boolean => type === NAL_IDR || type === NAL_SPS;

/** RFC 6184 §5.4: an IDR slice or a sequence parameter set, alone, aggregated, or as the first fragment. */
function startsH264KeyFrame(bytes: Uint8Array, start: number, end: number): boolean {
  const type = bytes[start]! & 0x1f;
  if (type === NAL_STAP_A) return stapHasKeyNal(bytes, start + 1, end);
  if (type !== NAL_FU_A) return isKeyNal(type);
  const header = start + 1 < end ? bytes[start + 1]! : 0;
  return header >= 0x80 && isKeyNal(header & 0x1f);
}

function stapHasKeyNal(bytes: Uint8Array, from: number, end: number): boolean {
  for (let at = from; at + 2 < end; at += 2 + readU16(bytes, at)) {
    if (isKeyNal(bytes[at + 2]! & 0x1f)) return true;
  }
  return false;
}

/** RFC 7741 §4.2 and §4.3: first packet of the first partition (S = 1, PID = 0) with the inverse key-frame bit 0. */
function startsVp8KeyFrame(bytes: Uint8Array, start: number, end: number): boolean {
  const first = bytes[start]!;
  if ((first & 0x17) !== 0x10) return false;
  const frame = vp8FrameStart(bytes, start, end);
  return frame < end && (bytes[frame]! & 0x01) === 0;
}

/** Skips the payload descriptor; past `end` when it is cut off. */
function vp8FrameStart(bytes: Uint8Array, start: number, end: number): number {
  if ((bytes[start]! & 0x80) === 0) return start + 1;
  if (start + 1 >= end) return end;
  const flags = bytes[start + 1]!;
  let at = start + 2;
  if ((flags & 0x80) !== 0) at += at < end && bytes[at]! >= 0x80 ? 2 : 1;
  if ((flags & 0x40) !== 0) at += 1;
  if ((flags & 0x30) !== 0) at += 1;
  return at;
}
