import type { MonoUs } from '../units.ts';
import { OutgoingStream } from './outgoing-stream.ts';
import { middleNtp, wallUsToNtp } from './ntp.ts';
import { buildBye } from './rtcp-build.ts';
import { RtcpBatch } from './rtcp-batch.ts';
import { parseRtcp, type ReportBlock, type RtcpPacket } from './rtcp-packet.ts';
import {
  senderDefaults,
  type OutgoingMedia,
  type SenderEvents,
  type SenderOptions,
  type SenderSettings,
  type SenderStats,
  type SourcePacket,
  type SourceReport,
} from './sender-options.ts';
import { SourceClock } from './source-clock.ts';

/** One viewer's outgoing media. Pure; no timers inside. Indexes are those of the media it was made with. */
export interface SenderSession {
  /** Sends one repaired packet of the source on. A packet of another SSRC begins another source. */
  forward(media: number, packet: SourcePacket, now: MonoUs): void;
  /** A sender report of the source. */
  senderReport(media: number, report: SourceReport): void;
  /** Takes one decrypted RTCP datagram of the viewer; anything else is counted and dropped. */
  receive(bytes: Uint8Array, now: MonoUs): void;
  /** Sends the reports and asks for the key frames that are due; call every 5–20 ms. */
  tick(now: MonoUs): void;
  /** Says BYE. Idempotent; nothing is sent after it. */
  close(): void;
  readonly closed: boolean;
  stats(): Readonly<SenderStats>;
}

/** A viewer's sending session. Video begins with a key frame, which is asked for at the first tick. */
export function createSenderSession(
  media: readonly OutgoingMedia[],
  events: SenderEvents,
  options: SenderOptions = {},
): SenderSession {
  return new Sender(media, events, { ...senderDefaults, ...options });
}

class Sender implements SenderSession {
  closed = false;
  readonly #events: SenderEvents;
  readonly #streams: readonly OutgoingStream[];
  readonly #batch: RtcpBatch;
  readonly #stats = emptyStats();
  #clock = new SourceClock();

  constructor(media: readonly OutgoingMedia[], events: SenderEvents, settings: SenderSettings) {
    const clockAfter = (before: SourceClock | undefined): SourceClock => this.#clockAfter(before);
    const shared = { events, settings, stats: this.#stats, clockAfter };
    this.#events = events;
    this.#streams = media.map((one) => new OutgoingStream(one, shared));
    const opening = { ssrc: media[0]?.ssrc ?? 1, cname: settings.cname, reducedSize: false };
    this.#batch = new RtcpBatch(opening, (bytes) => events.sendRtcp(bytes));
  }

  forward(media: number, packet: SourcePacket, now: MonoUs): void {
    if (!this.closed) this.#streams[media]?.forward(packet, now);
  }

  senderReport(media: number, report: SourceReport): void {
    this.#streams[media]?.sourceReport(report.ssrc, report.ntpUs, report.rtp, report.arrivalUs);
  }

  receive(bytes: Uint8Array, now: MonoUs): void {
    if (this.closed) return;
    const packets = parseRtcp(bytes);
    if (packets === undefined) this.#stats.malformed += 1;
    else for (const packet of packets) this.#takeRtcp(packet, now);
  }

  tick(now: MonoUs): void {
    if (this.closed) return;
    this.#streams.forEach((stream, media) => {
      if (stream.keyFrameDue(now)) this.#askKeyFrame(media);
      const report = stream.reportDue(now);
      if (report !== undefined) this.#batch.report(report);
    });
    this.#batch.flush();
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.#batch.feedback(buildBye(this.#streams.map((stream) => stream.media.ssrc)));
    this.#batch.flush();
  }

  stats(): Readonly<SenderStats> {
    return { ...this.#stats };
  }

  /** A stream that leaves the clock in use has a new source: a new clock, which the other streams join as they switch. */
  #clockAfter(before: SourceClock | undefined): SourceClock {
    if (before === this.#clock) this.#clock = new SourceClock();
    return this.#clock;
  }

  #askKeyFrame(media: number): void {
    this.#stats.keyFramesAsked += 1;
    this.#events.onKeyFrameWanted(media);
  }

  #takeRtcp(packet: RtcpPacket, now: MonoUs): void {
    if (packet.type === 'nack') this.#takeNack(packet.mediaSsrc, packet.lost, now);
    else if (packet.type === 'pli') this.#stream(packet.mediaSsrc)?.wantKeyFrame(now);
    else if (packet.type === 'fir') packet.entries.forEach(({ ssrc }) => this.#stream(ssrc)?.wantKeyFrame(now));
    else if (packet.type === 'receiver-report' || packet.type === 'sender-report') {
      packet.reports.forEach((block) => this.#takeReport(block, now));
    }
  }

  #takeNack(ssrc: number, lost: readonly number[], now: MonoUs): void {
    const stream = this.#stream(ssrc);
    if (stream !== undefined) for (const seq of lost) stream.resend(seq, now);
  }

  /** Round trip = now − LSR − DLSR (RFC 3550 §6.4.1). */
  #takeReport(block: ReportBlock, now: MonoUs): void {
    const stream = this.#stream(block.ssrc);
    if (stream === undefined) return;
    this.#stats.fractionLost = block.fractionLost;
    if (block.lastSenderReport === 0) return;
    const { seconds, fraction } = wallUsToNtp(stream.wallAt(now));
    const sinceReport = (middleNtp(seconds, fraction) - block.lastSenderReport) >>> 0;
    const roundTrip = sinceReport - block.delaySinceLastSenderReport;
    if (roundTrip >= 0) this.#stats.rttUs = Math.round((roundTrip * 1_000_000) / 65_536);
  }

  #stream(ssrc: number): OutgoingStream | undefined {
    return this.#streams.find(({ media }) => media.ssrc === ssrc);
  }
}

function emptyStats(): SenderStats {
  return {
    packets: 0,
    bytes: 0,
    dropped: 0,
    retransmitted: 0,
    notInHistory: 0,
    resendsRefused: 0,
    malformed: 0,
    keyFramesAsked: 0,
    rttUs: -1,
    fractionLost: 0,
  };
}
