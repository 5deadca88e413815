import { rtpTicks, wallUs } from '../units.ts';
import { FRAME_HEADER_BYTES, frameType, writeFrameHeader } from './frames.ts';
import type { FeedPacket } from './messages.ts';

/**
 * Body of a packet frame: packets one after another, each a fixed header and its payload, little-endian.
 * `u16 payload bytes | u8 flags (1 = marker) | u8 level | u32 track | u32 seq | u32 timestamp | f64 arrival in µs`.
 * A double holds whole microseconds exactly until the year 2255.
 */
export const PACKET_HEADER_BYTES = 24;

/** A batch is handed over at this size at the latest; one packet of the largest size (65535) still fits a frame. */
export const BATCH_BYTES = 64 * 1024;

const MARKER = 1;

/** A packet without its track: what a receiving session delivers. */
export type BatchedPacket = Omit<FeedPacket, 'track'>;

/** Collects packets for one connection into a frame. */
export class PacketBatch {
  readonly #buffer = Buffer.allocUnsafe(FRAME_HEADER_BYTES + BATCH_BYTES + PACKET_HEADER_BYTES);
  readonly #view = new DataView(this.#buffer.buffer, this.#buffer.byteOffset, this.#buffer.length);
  #end = FRAME_HEADER_BYTES;

  /** Bytes of packets collected since the last `take`. */
  get bytes(): number {
    return this.#end - FRAME_HEADER_BYTES;
  }

  /** Adds a packet; false when it does not fit until the batch is taken (an empty batch fits any payload to 65535). */
  append(track: number, packet: BatchedPacket): boolean {
    const length = packet.payload.length;
    const at = this.#end;
    if (length > 0xffff || at + PACKET_HEADER_BYTES + length > this.#buffer.length) return false;
    const view = this.#view;
    view.setUint16(at, length, true);
    view.setUint8(at + 2, packet.marker ? MARKER : 0);
    view.setUint8(at + 3, packet.level);
    view.setUint32(at + 4, track, true);
    view.setUint32(at + 8, packet.seq, true);
    view.setUint32(at + 12, packet.timestamp, true);
    view.setFloat64(at + 16, packet.arrivalUs, true);
    this.#buffer.set(packet.payload, at + PACKET_HEADER_BYTES);
    this.#end = at + PACKET_HEADER_BYTES + length;
    return true;
  }

  /** The collected packets as a frame of its own memory, or undefined when there are none; the batch is empty after. */
  take(): Buffer | undefined {
    if (this.#end === FRAME_HEADER_BYTES) return undefined;
    writeFrameHeader(this.#buffer, frameType.packets, this.bytes);
    const frame = Buffer.from(this.#buffer.subarray(0, this.#end));
    this.#end = FRAME_HEADER_BYTES;
    return frame;
  }
}

/**
 * Hands out every packet of a packet frame's body; payloads are views into it. False when the body is cut off
 * or an arrival time is no number; what came before that was handed out.
 */
export function decodePackets(body: Buffer, onPacket: (packet: FeedPacket) => void): boolean {
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  let at = 0;
  while (at < body.length) {
    const start = at + PACKET_HEADER_BYTES;
    if (start > body.length) return false;
    const end = start + view.getUint16(at, true);
    const arrival = view.getFloat64(at + 16, true);
    if (end > body.length || !Number.isSafeInteger(arrival)) return false;
    onPacket({
      track: view.getUint32(at + 4, true),
      seq: view.getUint32(at + 8, true),
      timestamp: rtpTicks(view.getUint32(at + 12, true)),
      marker: (view.getUint8(at + 2) & MARKER) !== 0,
      level: view.getUint8(at + 3),
      arrivalUs: wallUs(arrival),
      payload: body.subarray(start, end),
    });
    at = end;
  }
  return true;
}
