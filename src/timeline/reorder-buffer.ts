import type { FeedPacket } from '../feed/messages.ts';
import type { WallUs } from '../units.ts';

/** How a reorder buffer waits and where its packets go. */
export interface ReorderOptions {
  /** Longest wait for a missing packet, counted from the arrival of the first one after it; 600 ms by default. */
  readonly maxWaitUs?: number;
  /** Gets every packet in order; `afterLoss` when packets right before it are missing for good. */
  readonly deliver: (packet: FeedPacket, afterLoss: boolean) => void;
}

/** Counters of a reorder buffer. */
export interface ReorderStats {
  /** Packets that did not come in time. */
  lost: number;
  /** Packets that came after they were given up, or twice. */
  late: number;
  /** Jumps of the sequence number that are no loss: the sender began anew. */
  restarts: number;
}

const DEFAULT_WAIT_US = 600_000;
/** A power of two; about three times what 600 ms of 8 Mb/s take. */
const SLOTS = 2048;
const MAX_BYTES = 8 * 1024 * 1024;
/** RFC 3550 A.1 MAX_MISORDER, widened: retransmissions of a fast stream lie further back. */
const MAX_BACK = 1000;

/** `new Uint8Array` and not `slice`, which on a Buffer would be a view of memory that is used again. */
const copyOf = (packet: FeedPacket): FeedPacket => ({ ...packet, payload: new Uint8Array(packet.payload) });

/**
 * Puts one track's packets in order by sequence number. A packet in order passes at once; one after a gap waits for the
 * missing ones, bounded in time, count and bytes. Pure.
 */
export class ReorderBuffer {
  readonly #maxWaitUs: number;
  readonly #deliver: (packet: FeedPacket, afterLoss: boolean) => void;
  readonly #slots: (FeedPacket | undefined)[] = Array.from({ length: SLOTS });
  #next: number | undefined;
  #waiting = 0;
  #bytes = 0;
  #highest = 0;
  #gapSinceUs = 0;
  #stray: FeedPacket | undefined;
  readonly #stats: ReorderStats = { lost: 0, late: 0, restarts: 0 };

  constructor(options: ReorderOptions) {
    this.#maxWaitUs = options.maxWaitUs ?? DEFAULT_WAIT_US;
    this.#deliver = options.deliver;
  }

  /** Counters so far. */
  stats(): ReorderStats {
    return { ...this.#stats };
  }

  /** Takes a packet; its payload is copied when it has to wait. */
  push(packet: FeedPacket): void {
    this.#next ??= packet.seq;
    const ahead = packet.seq - this.#next;
    if (ahead === 0) this.#pass(packet, false);
    else if (ahead > 0 && ahead < SLOTS) this.#keep(packet);
    else if (ahead < 0 && ahead >= -MAX_BACK) this.#stats.late++;
    else this.#onStray(packet);
    if (this.#waiting > 0) this.advance(packet.arrivalUs);
  }

  /** Gives up the packets that were waited for long enough. */
  advance(now: WallUs): void {
    while (this.#waiting > 0 && (now - this.#gapSinceUs >= this.#maxWaitUs || this.#bytes > MAX_BYTES)) this.#giveUp();
  }

  /** Gives up everything that is missing and delivers the rest. */
  flush(): void {
    while (this.#waiting > 0) this.#giveUp();
  }

  #pass(packet: FeedPacket, afterLoss: boolean): void {
    this.#next = packet.seq + 1;
    this.#stray = undefined;
    this.#deliver(packet, afterLoss);
    if (this.#waiting > 0) this.#drain();
  }

  #keep(packet: FeedPacket): void {
    const slot = packet.seq % SLOTS;
    if (this.#slots[slot]) {
      this.#stats.late++;
      return;
    }
    this.#slots[slot] = copyOf(packet);
    this.#bytes += packet.payload.length;
    if (this.#waiting === 0) this.#gapSinceUs = packet.arrivalUs;
    if (this.#waiting === 0 || packet.seq > this.#highest) this.#highest = packet.seq;
    this.#waiting++;
  }

  #drain(): void {
    for (let packet = this.#take(); packet; packet = this.#take()) {
      this.#next = packet.seq + 1;
      this.#deliver(packet, false);
    }
    if (this.#waiting > 0) this.#gapSinceUs = this.#earliestWaiting();
  }

  #take(): FeedPacket | undefined {
    if (this.#waiting === 0) return undefined;
    const slot = (this.#next ?? 0) % SLOTS;
    const packet = this.#slots[slot];
    if (!packet) return undefined;
    this.#slots[slot] = undefined;
    this.#waiting--;
    this.#bytes -= packet.payload.length;
    return packet;
  }

  #earliestWaiting(): number {
    let earliest = Number.POSITIVE_INFINITY;
    for (let seq = this.#next ?? 0; seq <= this.#highest; seq++) {
      const packet = this.#slots[seq % SLOTS];
      if (packet && packet.arrivalUs < earliest) earliest = packet.arrivalUs;
    }
    return earliest;
  }

  #giveUp(): void {
    const from = this.#next ?? 0;
    let seq = from;
    while (seq < this.#highest && !this.#slots[seq % SLOTS]) seq++;
    this.#stats.lost += seq - from;
    this.#next = seq;
    const packet = this.#take();
    if (packet) this.#pass(packet, true);
  }

  /** Two strays in a row are a sender that began anew (RFC 3550 A.1); a single one is dropped by the next packet in order. */
  #onStray(packet: FeedPacket): void {
    const before = this.#stray;
    if (!before || packet.seq !== before.seq + 1) {
      if (before) this.#stats.late++;
      this.#stray = copyOf(packet);
      return;
    }
    this.flush();
    this.#stats.restarts++;
    this.#pass(before, true);
    this.#pass(packet, false);
  }
}
