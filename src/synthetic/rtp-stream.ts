import { wallUsToNtp } from '../rtp/ntp.ts';
import { RetransmissionHistory } from '../rtp/retransmission-history.ts';
import { buildSdes, buildSenderReport } from '../rtp/rtcp-build.ts';
import { buildExtensions, buildRtp, type ExtensionElement } from '../rtp/rtp-build.ts';
import { rtpTicks, type MonoUs, type RtpTicks, type WallUs } from '../units.ts';

/** One outgoing RTP stream. */
export interface RtpStreamOptions {
  readonly ssrc: number;
  readonly payloadType: number;
  readonly clockRate: number;
  /** RTP time of `originUs`; random per stream (RFC 3550 §5.1). */
  readonly rtpOrigin: number;
  readonly originUs: WallUs;
  /** Extension ids the answer accepted (RFC 8285). */
  readonly extensions: { readonly mid?: number; readonly audioLevel?: number };
  readonly mid: string;
  readonly cname: string;
  /** Packets kept for retransmission, a power of two. */
  readonly history: number;
}

/** Counters of one outgoing stream. */
export interface RtpStreamStats {
  packets: number;
  payloadBytes: number;
  retransmitted: number;
  /** Asked for but no longer kept. */
  forgotten: number;
}

/** Builds the packets of one stream, keeps them for NACKs, and reports its clock. Pure: it neither sends nor waits. */
export class RtpStream {
  readonly stats: RtpStreamStats = { packets: 0, payloadBytes: 0, retransmitted: 0, forgotten: 0 };
  readonly #options: RtpStreamOptions;
  readonly #history: RetransmissionHistory;
  #seq: number;

  /** `firstSeq` is the first packet's number. */
  constructor(options: RtpStreamOptions, firstSeq: number) {
    this.#options = options;
    this.#history = new RetransmissionHistory(options.history);
    this.#seq = firstSeq & 0xffff;
  }

  get ssrc(): number {
    return this.#options.ssrc;
  }

  /** RTP time of a wall time. Media and sender reports use the same line, so their relation is exact. */
  ticksAt(at: WallUs): RtpTicks {
    const { rtpOrigin, originUs, clockRate } = this.#options;
    const ticks = Math.round(((at - originUs) * clockRate) / 1_000_000) + rtpOrigin;
    return rtpTicks(((ticks % 0x1_0000_0000) + 0x1_0000_0000) % 0x1_0000_0000);
  }

  /** Packets of one picture or sound; the last has the marker for video. `level` is RFC 6464's. */
  packets(payloads: readonly Uint8Array[], at: WallUs, mark: boolean, level?: number): Buffer[] {
    const ticks = this.ticksAt(at);
    return payloads.map((payload, index) => this.#packet(payload, ticks, mark && index === payloads.length - 1, level));
  }

  /** A packet sent before, for a NACK; undefined when it is no longer kept or was sent again just now. */
  again(seq: number, now: MonoUs): Buffer | undefined {
    const packet = this.#history.take(seq, now);
    if (packet === 'gone') this.stats.forgotten += 1;
    if (typeof packet === 'string') return undefined;
    this.stats.retransmitted += 1;
    return asBuffer(packet);
  }

  /** Sender report and source description of this instant (RFC 3550 §6.4.1, §6.5). */
  senderReport(now: WallUs): Buffer {
    const { ssrc, cname } = this.#options;
    const { seconds: ntpSeconds, fraction: ntpFraction } = wallUsToNtp(now);
    const counters = { packets: this.stats.packets, octets: this.stats.payloadBytes };
    const report = buildSenderReport({
      ssrc,
      ntpSeconds,
      ntpFraction,
      rtp: this.ticksAt(now),
      ...counters,
      reports: [],
    });
    return Buffer.concat([report, buildSdes(ssrc, cname)]);
  }

  #packet(payload: Uint8Array, timestamp: RtpTicks, marker: boolean, level: number | undefined): Buffer {
    const { payloadType, ssrc } = this.#options;
    const extensions = buildExtensions(extensionElements(this.#options, level));
    const packet = buildRtp({ payloadType, marker, sequenceNumber: this.#seq, timestamp, ssrc, extensions, payload });
    this.#history.add(packet);
    this.#seq = (this.#seq + 1) & 0xffff;
    this.stats.packets += 1;
    this.stats.payloadBytes += payload.length;
    return asBuffer(packet);
  }
}

/** MID and audio level (RFC 8843 §15, RFC 6464 §3), as far as the answer accepted them. */
function extensionElements({ extensions, mid }: RtpStreamOptions, level: number | undefined): ExtensionElement[] {
  const elements: ExtensionElement[] = [];
  if (extensions.mid !== undefined) elements.push({ id: extensions.mid, value: Buffer.from(mid) });
  if (extensions.audioLevel !== undefined && level !== undefined)
    elements.push({ id: extensions.audioLevel, value: Uint8Array.of(level & 0x7f) });
  return elements;
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
