/**
 * Frames of the room feed's byte stream: `u32 length | u8 type | body`, little-endian, where length counts the body
 * alone. Every size is bounded before a byte of the body is kept; a stream that breaks a rule is given up for good.
 */

/** What a frame's body is. */
export const frameType = { control: 1, packets: 2, keepAlive: 3, goodbye: 4 } as const;

/** One of the values of {@link frameType}. */
export type FrameType = (typeof frameType)[keyof typeof frameType];

/** Bytes before a frame's body. */
export const FRAME_HEADER_BYTES = 5;

/** Largest body by type: a `joined` of a full room is the largest control message. */
const LIMITS: Readonly<Record<FrameType, number>> = { 1: 1 << 20, 2: 1 << 17, 3: 0, 4: 256 };

/** Writes the header of a frame whose body of `bodyBytes` follows it in `target`. */
export function writeFrameHeader(target: Buffer, type: FrameType, bodyBytes: number): void {
  target.writeUInt32LE(bodyBytes, 0);
  target[4] = type;
}

/** A whole frame with the given body. Throws RangeError when the body is over the type's limit: a fault of ours. */
export function encodeFrame(type: FrameType, body: Uint8Array): Buffer {
  if (body.length > LIMITS[type]) throw new RangeError(`A frame of type ${type} may not hold ${body.length} bytes.`);
  const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES + body.length);
  writeFrameHeader(frame, type, body.length);
  frame.set(body, FRAME_HEADER_BYTES);
  return frame;
}

/** A control message as a frame; `message` must be JSON. */
export const encodeControl = (message: object): Buffer =>
  encodeFrame(frameType.control, Buffer.from(JSON.stringify(message)));

/** The empty frame that shows a quiet peer is alive. */
export const keepAliveFrame = (): Buffer => encodeFrame(frameType.keepAlive, new Uint8Array(0));

/** The last frame of a stream: why the sender closes it. */
export const encodeGoodbye = (reason: string): Buffer =>
  encodeFrame(frameType.goodbye, Buffer.from(reason).subarray(0, LIMITS[frameType.goodbye]));

const isFrameType = (type: number): type is FrameType => type in LIMITS;

/**
 * Cuts a byte stream into frames. Bodies are views into the received chunks where a frame arrived whole, valid only
 * during the callback.
 */
export class FrameReader {
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** Bytes that must be held before a look at them can bring anything: a header, or the whole frame it announces. */
  #needed = FRAME_HEADER_BYTES;
  #fault: string | undefined;
  readonly #onFrame: (type: FrameType, body: Buffer) => void;

  constructor(onFrame: (type: FrameType, body: Buffer) => void) {
    this.#onFrame = onFrame;
  }

  /** Why the stream was given up, or undefined while it is sound. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** Takes the next bytes of the stream; false once a rule was broken, after which nothing more is read. */
  push(chunk: Buffer): boolean {
    if (this.#fault !== undefined) return false;
    this.#held.push(chunk);
    this.#heldBytes += chunk.length;
    if (this.#heldBytes < this.#needed) return true;
    const bytes = this.#held.length === 1 ? chunk : Buffer.concat(this.#held, this.#heldBytes);
    const used = this.#readFrames(bytes);
    this.#held = used < bytes.length ? [bytes.subarray(used)] : [];
    this.#heldBytes = bytes.length - used;
    return this.#fault === undefined;
  }

  #readFrames(bytes: Buffer): number {
    let at = 0;
    this.#needed = FRAME_HEADER_BYTES;
    while (bytes.length - at >= FRAME_HEADER_BYTES) {
      const length = bytes.readUInt32LE(at);
      const type = bytes[at + 4]!;
      if (!isFrameType(type)) return this.#giveUp(`unknown frame type ${type}`, bytes);
      if (length > LIMITS[type]) return this.#giveUp(`frame of ${length} bytes`, bytes);
      const end = at + FRAME_HEADER_BYTES + length;
      if (end > bytes.length) {
        this.#needed = end - at;
        break;
      }
      this.#onFrame(type, bytes.subarray(at + FRAME_HEADER_BYTES, end));
      at = end;
    }
    return at;
  }

  #giveUp(fault: string, bytes: Buffer): number {
    this.#fault = fault;
    return bytes.length;
  }
}

/** A control frame's JSON when it is an object with a textual `kind`, otherwise undefined. */
export function decodeControl(body: Buffer): { readonly kind: string } | undefined {
  try {
    const message: unknown = JSON.parse(body.toString('utf8'));
    return isMessage(message) ? message : undefined;
  } catch {
    return undefined;
  }
}

function isMessage(value: unknown): value is { readonly kind: string } {
  return typeof value === 'object' && value !== null && 'kind' in value && typeof value.kind === 'string';
}
