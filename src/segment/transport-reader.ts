import { transportPids } from './transport-muxer.ts';

/** One packet of an elementary stream (PES) of a segment of ours. */
export interface ElementaryPacket {
  readonly kind: 'video' | 'audio';
  /** Ticks of 90 kHz, 33 bits. */
  readonly pts: number;
  /** Ticks of 90 kHz, 33 bits; equal to `pts` when the stream has no decoding time of its own. */
  readonly dts: number;
  /** Annex B pictures or ADTS frames. Valid until the iteration goes on. */
  readonly data: Buffer;
  /** False for a packet that the end of the file has cut short, or that lost bytes on the way into it. */
  readonly complete: boolean;
  /** True when something of this stream is missing between the packet before, in this file, and this one. */
  readonly afterLoss: boolean;
  /** Offset in the file behind the last transport packet of it. */
  readonly end: number;
}

/** Bytes of one transport packet (ISO/IEC 13818-1 §2.4.3). */
export const transportPacketBytes = 188;

const sync = 0x47;

/** Collects the PES packets of one stream. */
class Assembly {
  readonly #kind: ElementaryPacket['kind'];
  #bytes = Buffer.allocUnsafe(65_536);
  #length = 0;
  #open = false;
  #stuffed = false;
  #end = 0;
  #counter: number | undefined;
  #holed = false;
  #lossBefore = false;

  constructor(kind: ElementaryPacket['kind']) {
    this.#kind = kind;
  }

  /** Whether a transport packet with this continuity counter (§2.4.3.3) comes right behind the one before. */
  follows(counter: number): boolean {
    const expected = this.#counter === undefined ? counter : (this.#counter + 1) & 15;
    this.#counter = counter;
    return counter === expected;
  }

  /** Bytes are missing inside the PES packet. */
  breakOff(): void {
    this.#holed = true;
  }

  /** A PES packet begins; `afterLoss` says that something is missing in front of it. */
  begin(afterLoss: boolean): void {
    this.#open = true;
    this.#length = 0;
    this.#holed = false;
    this.#lossBefore = afterLoss;
  }

  add(file: Buffer, from: number, to: number, stuffed: boolean): void {
    if (!this.#open) return;
    const length = this.#length + to - from;
    if (length > this.#bytes.length) this.#grow(length);
    file.copy(this.#bytes, this.#length, from, to);
    this.#length = length;
    this.#stuffed = stuffed;
    this.#end = to;
  }

  /**
   * The packet so far. Undefined when there is none or it is no PES. `followed`: the stream went on right behind it;
   * otherwise only its own length, or its stuffing, says that it is whole.
   */
  take(followed: boolean): ElementaryPacket | undefined {
    if (!this.#open || this.#length < 14 || this.#bytes.readUIntBE(0, 3) !== 1) return undefined;
    this.#open = false;
    const flags = this.#bytes[7]! >> 6;
    const payload = 9 + this.#bytes[8]!;
    if (flags < 2 || payload > this.#length) return undefined;
    const pts = this.#stamp(9);
    const dts = flags === 3 && payload >= 19 ? this.#stamp(14) : pts;
    const data = this.#bytes.subarray(payload, this.#length);
    const complete = !this.#holed && (followed || this.#isWhole());
    return { kind: this.#kind, pts, dts, data, complete, afterLoss: this.#lossBefore, end: this.#end };
  }

  /** A length of 0 is "unbounded" (§2.4.3.7): then the stuffing that fills the last transport packet is the sign. */
  #isWhole(): boolean {
    const declared = this.#bytes.readUInt16BE(4);
    return declared === 0 ? this.#stuffed : this.#length >= declared + 6;
  }

  #stamp(at: number): number {
    const b = this.#bytes;
    return ((b[at]! >> 1) & 7) * 2 ** 30 + (b.readUInt16BE(at + 1) >> 1) * 2 ** 15 + (b.readUInt16BE(at + 3) >> 1);
  }

  #grow(length: number): void {
    const larger = Buffer.allocUnsafe(Math.max(length, 2 * this.#bytes.length));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

/** Reads the PES packets of one segment file in file order. Foreign or damaged transport packets are passed over. */
export function* readTransport(file: Buffer): Generator<ElementaryPacket, void, undefined> {
  const lanes = new Map([
    [transportPids.video as number, new Assembly('video')],
    [transportPids.audio as number, new Assembly('audio')],
  ]);
  for (let at = 0; at + transportPacketBytes <= file.length; at += transportPacketBytes) {
    const lane = file[at] === sync ? lanes.get(((file[at + 1]! & 0x1f) << 8) | file[at + 2]!) : undefined;
    const control = (file[at + 3]! >> 4) & 3;
    if (!lane || (control & 1) === 0) continue;
    const seamless = lane.follows(file[at + 3]! & 15);
    if (file[at + 1]! & 0x40) {
      const packet = lane.take(seamless);
      if (packet) yield packet;
      lane.begin(!seamless);
    } else if (!seamless) lane.breakOff();
    const adaptation = control === 3 ? 1 + file[at + 4]! : 0;
    const from = at + 4 + adaptation;
    if (from < at + transportPacketBytes) lane.add(file, from, at + transportPacketBytes, adaptation > 0);
  }
  for (const lane of lanes.values()) {
    const packet = lane.take(false);
    if (packet) yield packet;
  }
}
