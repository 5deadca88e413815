import type { MonoUs } from '../units.ts';
import { rtcpType } from './rtcp-packet.ts';
import { startRtcp } from './rtcp-build.ts';
import { writeU16, writeU32 } from './rtp-build.ts';
import { StatusChunks } from './status-chunks.ts';
import { sequenceDelta } from './unwrap.ts';

/** Arrivals remembered; a power of two. At 1,000 packets a second it is two seconds. */
const HISTORY = 2048;
const MASK = HISTORY - 1;
/** Statuses in one feedback packet: worst case two bytes each and a chunk per seven, below 1,200 bytes. */
const MAX_STATUSES = 480;
/** Deltas count in quarters of a millisecond, the reference time in 64 ms (draft-holmer-rmcat-transport-wide-cc §3.1). */
const TICK_US = 250;
const TICKS_PER_REFERENCE = 256;
const NOT_RECEIVED = -1;

/**
 * Transport-wide congestion feedback: remembers when each transport sequence number arrived and writes the feedback
 * packets (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1). A number that comes after it was reported missing
 * is reported again, with all after it, as libwebrtc's receiver does.
 */
export class TransportFeedback {
  /** Arrival in ticks by extended sequence number; a double holds them for ever. */
  readonly #arrivals = new Float64Array(HISTORY).fill(NOT_RECEIVED);
  readonly #chunks = new StatusChunks(MAX_STATUSES);
  readonly #deltas = new Int16Array(MAX_STATUSES);
  #highest = -1;
  #next = 0;
  #feedbackCount = 0;

  /** True when something arrived that has not been reported. */
  get pending(): boolean {
    return this.#highest >= this.#next;
  }

  /** Notes one packet; `seq` has 16 bits. */
  received(seq: number, at: MonoUs): void {
    const delta = this.#highest < 0 ? HISTORY : sequenceDelta(seq, this.#highest);
    if (delta >= HISTORY || delta <= -HISTORY) return this.#restart(seq, at);
    const extended = this.#highest + delta;
    if (delta > 0) {
      for (let i = this.#highest + 1; i < extended; i += 1) this.#arrivals[i & MASK] = NOT_RECEIVED;
      this.#highest = extended;
      this.#next = Math.max(this.#next, extended - MASK);
    } else if (this.#arrivals[extended & MASK] !== NOT_RECEIVED) return;
    else if (extended < this.#next) this.#next = extended;
    this.#arrivals[extended & MASK] = Math.floor(at / TICK_US);
  }

  /** Writes the feedback for all that is pending, each packet at most 1,180 bytes; none when nothing is. */
  build(senderSsrc: number, mediaSsrc: number): Uint8Array[] {
    const packets: Uint8Array[] = [];
    while (this.pending) packets.push(this.#buildOne(senderSsrc, mediaSsrc));
    return packets;
  }

  /** A jump of seconds: what was there before is of no use to the sender any more. */
  #restart(seq: number, at: MonoUs): void {
    this.#arrivals.fill(NOT_RECEIVED);
    this.#highest = 0x1_0000 + seq;
    this.#next = this.#highest;
    this.#arrivals[this.#highest & MASK] = Math.floor(at / TICK_US);
  }

  #buildOne(senderSsrc: number, mediaSsrc: number): Uint8Array {
    const base = this.#next;
    const reference = this.#referenceTime(base);
    this.#collect(base, reference * TICKS_PER_REFERENCE);
    const length = 20 + this.#chunks.byteLength + this.#deltaBytes();
    const bytes = startRtcp(15, rtcpType.RTPFB, Math.ceil(length / 4) * 4, senderSsrc);
    writeU32(bytes, 8, mediaSsrc);
    writeU16(bytes, 12, base);
    writeU16(bytes, 14, this.#chunks.count);
    writeU32(bytes, 16, (reference << 8) | (this.#feedbackCount & 0xff));
    this.#writeDeltas(bytes, this.#chunks.write(bytes, 20));
    if (bytes.length > length) pad(bytes, length);
    this.#feedbackCount += 1;
    return bytes;
  }

  #referenceTime(base: number): number {
    for (let i = base; i <= this.#highest; i += 1) {
      const arrival = this.#arrivals[i & MASK]!;
      if (arrival !== NOT_RECEIVED) return Math.floor(arrival / TICKS_PER_REFERENCE);
    }
    return 0;
  }

  /** Takes statuses from `base` on until the packet is full or a delta does not fit 16 bits. */
  #collect(base: number, referenceTicks: number): void {
    const end = Math.min(this.#highest + 1, base + MAX_STATUSES);
    let before = referenceTicks;
    this.#chunks.clear();
    for (this.#next = base; this.#next < end; this.#next += 1) {
      const arrival = this.#arrivals[this.#next & MASK]!;
      const delta = arrival === NOT_RECEIVED ? 0 : arrival - before;
      if (delta < -0x8000 || delta > 0x7fff) return;
      this.#deltas[this.#chunks.count] = delta;
      this.#chunks.add(arrival === NOT_RECEIVED ? 0 : delta >= 0 && delta <= 0xff ? 1 : 2);
      if (arrival !== NOT_RECEIVED) before = arrival;
    }
  }

  #deltaBytes(): number {
    let bytes = 0;
    for (let i = 0; i < this.#chunks.count; i += 1) bytes += this.#chunks.symbol(i);
    return bytes;
  }

  #writeDeltas(bytes: Uint8Array, from: number): void {
    let at = from;
    for (let i = 0; i < this.#chunks.count; i += 1) {
      const size = this.#chunks.symbol(i);
      if (size === 1) bytes[at] = this.#deltas[i]!;
      else if (size === 2) writeU16(bytes, at, this.#deltas[i]!);
      at += size;
    }
  }
}

function pad(bytes: Uint8Array, length: number): void {
  bytes[0] = bytes[0]! | 0x20;
  bytes[bytes.length - 1] = bytes.length - length;
}
