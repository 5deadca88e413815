import { buildReceiverReport, buildSdes } from './rtcp-build.ts';

/** A compound stays below what any path carries, with room for SRTCP's index and tag. */
const MAX_COMPOUND = 1180;

/** How `RtcpBatch` opens a compound. */
export interface RtcpBatchOptions {
  /** The SSRC that our reports speak as. */
  readonly ssrc: number;
  readonly cname: string;
  /** Feedback may go without reports (RFC 5506, `a=rtcp-rsize`). */
  readonly reducedSize: boolean;
}

/** Gathers the RTCP packets of one moment into compounds that begin as RFC 3550 §6.1 wants: a report and the CNAME. */
export class RtcpBatch {
  readonly #send: (bytes: Uint8Array) => void;
  readonly #opening: readonly Uint8Array[];
  readonly #reducedSize: boolean;
  #parts: Uint8Array[] = [];
  #length = 0;

  constructor(options: RtcpBatchOptions, send: (bytes: Uint8Array) => void) {
    this.#send = send;
    this.#reducedSize = options.reducedSize;
    this.#opening = [buildReceiverReport(options.ssrc, []), buildSdes(options.ssrc, options.cname)];
  }

  /** Adds feedback; what was gathered goes first when both together would be too long. */
  feedback(packet: Uint8Array): void {
    this.#makeRoom(packet.length);
    if (this.#parts.length === 0 && !this.#reducedSize) this.#opening.forEach((part) => this.#push(part));
    this.#push(packet);
  }

  /** Begins a new compound with a report of our own, which takes the place of the empty one. */
  report(packet: Uint8Array): void {
    this.flush();
    this.#push(packet);
    this.#push(this.#opening[1]!);
  }

  /** Sends what was gathered, if anything. */
  flush(): void {
    if (this.#parts.length === 0) return;
    const compound = new Uint8Array(this.#length);
    let at = 0;
    for (const part of this.#parts) {
      compound.set(part, at);
      at += part.length;
    }
    this.#parts = [];
    this.#length = 0;
    this.#send(compound);
  }

  #makeRoom(length: number): void {
    if (this.#length + length > MAX_COMPOUND) this.flush();
  }

  #push(part: Uint8Array): void {
    this.#parts.push(part);
    this.#length += part.length;
  }
}
