import type { FeedPacket } from '../feed/messages.ts';
import { pixels, type Pixels, type RtpTicks, type WallUs } from '../units.ts';
import { ByteCollector } from './byte-collector.ts';
import type { AssemblerEvents, AssemblerStats, PictureAssembler } from './picture-assembler.ts';

/** What the first bytes of a VP8 frame say (RFC 6386 §9.1). */
export interface Vp8Header {
  readonly key: boolean;
  /** Size of a key frame, undefined otherwise. */
  readonly size: { readonly width: Pixels; readonly height: Pixels } | undefined;
}

/** Reads the header of a VP8 frame; undefined when it is not one. */
export function parseVp8Header(frame: Uint8Array): Vp8Header | undefined {
  if (frame.length < 3) return undefined;
  if (((frame[0] ?? 0) & 1) === 1) return { key: false, size: undefined };
  if (frame.length < 10 || frame[3] !== 0x9d || frame[4] !== 0x01 || frame[5] !== 0x2a) return undefined;
  // 14 bits of size, 2 bits of scaling that no decoder applies by itself.
  const width = (((frame[7] ?? 0) << 8) | (frame[6] ?? 0)) & 0x3fff;
  const height = (((frame[9] ?? 0) << 8) | (frame[8] ?? 0)) & 0x3fff;
  return width > 0 && height > 0 ? { key: true, size: { width: pixels(width), height: pixels(height) } } : undefined;
}

/**
 * Length of the payload descriptor (RFC 7741 §4.2) and whether a frame begins with this packet; undefined when the
 * packet holds nothing behind it.
 */
export function parseVp8Descriptor(payload: Uint8Array): { length: number; starts: boolean } | undefined {
  const first = payload[0] ?? 0;
  let length = 1;
  if ((first & 0x80) !== 0) {
    const extension = payload[1] ?? 0;
    length = 2;
    if ((extension & 0x80) !== 0) length += ((payload[2] ?? 0) & 0x80) !== 0 ? 2 : 1; // PictureID of 15 or 7 bits
    if ((extension & 0x40) !== 0) length += 1; // TL0PICIDX
    if ((extension & 0x30) !== 0) length += 1; // TID, Y, KEYIDX
  }
  // S set in partition 0: the first packet of a frame.
  return length < payload.length ? { length, starts: (first & 0x1f) === 0x10 } : undefined;
}

/** RFC 7741 payloads to VP8 frames. */
export class Vp8Assembler implements PictureAssembler {
  readonly #events: AssemblerEvents;
  readonly #bytes = new ByteCollector();
  #rtp: RtpTicks | undefined;
  #arrivalUs: WallUs | undefined;
  #broken = false;
  #malformed = 0;
  #size: Vp8Header['size'];

  constructor(events: AssemblerEvents) {
    this.#events = events;
  }

  push(packet: FeedPacket, afterLoss: boolean): void {
    if (afterLoss) this.#onLoss(packet);
    else if (this.#rtp !== undefined && this.#rtp !== packet.timestamp) this.#finish();
    if (this.#rtp === undefined) {
      this.#rtp = packet.timestamp;
      this.#arrivalUs = packet.arrivalUs;
    }
    if (!this.#broken && !this.#add(packet.payload)) this.#break();
    if (packet.marker) this.#finish();
  }

  flush(): void {
    this.#finish();
  }

  stats(): AssemblerStats {
    return { malformed: this.#malformed, width: this.#size?.width ?? 0, height: this.#size?.height ?? 0 };
  }

  #onLoss(packet: FeedPacket): void {
    const sameFrame = this.#rtp === packet.timestamp;
    this.#clear();
    this.#events.onDamage();
    // The rest of a frame that lost its beginning is no fault of the packets.
    const starts = parseVp8Descriptor(packet.payload)?.starts ?? false;
    this.#broken = sameFrame || !starts;
  }

  /** False when the packet does not continue the frame: only its first packet may, and must, start one. */
  #add(payload: Uint8Array): boolean {
    const descriptor = parseVp8Descriptor(payload);
    if (!descriptor || descriptor.starts !== (this.#bytes.length === 0)) return false;
    return this.#bytes.append(payload.subarray(descriptor.length));
  }

  #break(): void {
    this.#malformed++;
    this.#broken = true;
    this.#bytes.clear();
  }

  #finish(): void {
    const rtp = this.#rtp;
    const arrivalUs = this.#arrivalUs;
    if (rtp === undefined || arrivalUs === undefined) return;
    const header = this.#broken ? undefined : parseVp8Header(this.#bytes.view());
    if (!header && !this.#broken) this.#malformed++;
    if (!header) {
      this.#clear();
      this.#events.onDamage();
      return;
    }
    this.#size = header.size ?? this.#size;
    const data = this.#bytes.take();
    this.#clear();
    this.#events.onPicture({ rtp, arrivalUs, key: header.key, data });
  }

  #clear(): void {
    this.#bytes.clear();
    this.#rtp = undefined;
    this.#arrivalUs = undefined;
    this.#broken = false;
  }
}
