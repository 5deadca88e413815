import type { MonoUs } from '../units.ts';
import type { ReceiverSettings } from './receiver-options.ts';
import type { ReportBlock } from './rtcp-packet.ts';
import type { ReceiverStats } from './session.ts';
import { NackGenerator } from './nack-generator.ts';
import { ReceptionStatistics } from './reception-statistics.ts';
import type { RetransmissionRtt } from './retransmission-rtt.ts';
import { SequenceWindow } from './sequence-window.ts';

/** What one primary stream is made with. */
export interface ReceiveStreamOptions {
  readonly ssrc: number;
  /** RTP stream id of a simulcast layer. */
  readonly rid: string | undefined;
  readonly clockRate: number;
  readonly nack: boolean;
  /** False when retransmissions come on the stream itself. */
  readonly rtx: boolean;
  readonly settings: ReceiverSettings;
  readonly rtt: RetransmissionRtt;
  /** The session's counters. */
  readonly stats: ReceiverStats;
}

/** The packets of one primary SSRC: which have come, which are missing, and what reports say of them. */
export class ReceiveStream {
  readonly ssrc: number;
  readonly rid: string | undefined;
  /** Bytes of all its packets, for choosing between layers. */
  bytes = 0;
  /** Monotonic microseconds of its last packet. */
  lastPacketAt = 0;
  readonly #window = new SequenceWindow();
  readonly #nack: NackGenerator;
  readonly #reception: ReceptionStatistics;
  readonly #stats: ReceiverStats;
  readonly #rtx: boolean;

  constructor(options: ReceiveStreamOptions) {
    const { settings } = options;
    this.ssrc = options.ssrc;
    this.rid = options.rid;
    this.#stats = options.stats;
    this.#rtx = options.rtx;
    this.#reception = new ReceptionStatistics(options.clockRate);
    this.#nack = new NackGenerator(
      {
        enabled: options.nack,
        reorderUs: settings.reorderUs,
        giveUpUs: settings.giveUpUs,
        capacity: settings.maxMissing,
      },
      options.rtt,
    );
  }

  /** Times the sender's numbers jumped. */
  get restarts(): number {
    return this.#window.restarts;
  }

  /** Extended number of a packet of this stream, −1 when it is to be dropped. */
  accept(seq: number, timestamp: number, now: MonoUs): number {
    const before = this.#window.highest;
    const restarts = this.#window.restarts;
    const extended = this.#window.accept(seq);
    if (extended < 0) return extended;
    if (this.#window.restarts !== restarts) this.#startAnew();
    else if (before >= 0 && extended > before + 1) this.#gap(before + 1, extended, now);
    else if (extended < before) this.#behind(extended, now);
    this.#reception.packet(extended, timestamp, now);
    return extended;
  }

  /** Extended number of a retransmitted packet, −1 when it is known or was never part of the stream. */
  acceptRepair(seq: number, now: MonoUs): number {
    const before = this.#window.highest;
    const extended = this.#window.acceptRepair(seq);
    if (extended > before + 1) this.#gap(before + 1, extended, now);
    else if (extended >= 0) this.#repaired(extended, now);
    return extended;
  }

  /** Takes the redundant copy of packet `extended`. False when the packet itself is there. */
  acceptRedundant(extended: number): boolean {
    if (extended < this.#window.first || !this.#window.take(extended)) return false;
    this.#nack.forget(extended);
    return true;
  }

  /** Numbers to ask for now. */
  due(now: MonoUs): readonly number[] {
    return this.#nack.due(now);
  }

  /** Gives up what is too old. True when something was. */
  giveUp(now: MonoUs): boolean {
    const lost = this.#nack.size === 0 ? 0 : this.#nack.giveUp(now);
    this.#stats.lostForGood += lost;
    return lost > 0;
  }

  /** Another stream has taken its place; should it come back, its numbers go on upward. */
  retire(): void {
    this.#stats.lostForGood += this.#nack.clear();
    this.#window.restartNext();
  }

  senderReport(ntpSeconds: number, ntpFraction: number, now: MonoUs): void {
    this.#reception.senderReport(ntpSeconds, ntpFraction, now);
  }

  /** Its report block, undefined before the first packet. */
  report(now: MonoUs): ReportBlock | undefined {
    return this.#reception.report(this.ssrc, now);
  }

  #gap(from: number, to: number, now: MonoUs): void {
    this.#stats.lostForGood += this.#nack.gap(from, to, now);
  }

  /** With RTX a packet behind the highest is a straggler; without, it is a retransmission when it was asked for. */
  #behind(extended: number, now: MonoUs): void {
    if (!this.#rtx && this.#nack.wasAsked(extended)) this.#repaired(extended, now);
    else this.#nack.straggled(extended, now);
  }

  #repaired(extended: number, now: MonoUs): void {
    if (this.#nack.repaired(extended, now)) this.#stats.recoveredByRtx += 1;
  }

  #startAnew(): void {
    this.#stats.restarts += 1;
    this.#stats.lostForGood += this.#nack.clear();
    this.#reception.restart();
  }
}
