import type { MonoUs, WallUs } from '../units.ts';
import { rtpTicks } from '../units.ts';
import { MediaReceiver } from './media-receiver.ts';
import { ntpToWallUs } from './ntp.ts';
import { receiverDefaults, type ReceiverOptions, type ReceiverSettings } from './receiver-options.ts';
import { RedSplitter } from './red.ts';
import { RetransmissionRtt } from './retransmission-rtt.ts';
import { RtcpBatch } from './rtcp-batch.ts';
import { buildReceiverReport, MAX_BLOCKS } from './rtcp-build.ts';
import { parseRtcp, type RtcpPacket, type SenderReport } from './rtcp-packet.ts';
import { isRtcp, RtpReader } from './rtp-packet.ts';
import type { ExtensionIds, NegotiatedMedia, ReceiverEvents, ReceiverSession, ReceiverStats } from './session.ts';
import { StreamRouter } from './stream-router.ts';
import { TransportFeedback } from './transport-feedback.ts';

/** Round trip believed until the first retransmission has come, in microseconds. */
const INITIAL_RTT_US = 100_000;

/**
 * A publisher's incoming media behind `ReceiverSession`. `media` is in the order of the indexes that events carry. On a
 * media with simulcast one layer is forwarded: the one with the most bytes, switched at a key frame.
 */
export function createReceiverSession(
  media: readonly NegotiatedMedia[],
  extensions: ExtensionIds,
  events: ReceiverEvents,
  options: ReceiverOptions = {},
): ReceiverSession {
  return new Receiver(media, extensions, events, { ...receiverDefaults, ...options });
}

class Receiver implements ReceiverSession {
  readonly stats = emptyReceiverStats();
  readonly #events: ReceiverEvents;
  readonly #settings: ReceiverSettings;
  readonly #reader: RtpReader;
  readonly #media: readonly MediaReceiver[];
  readonly #router: StreamRouter;
  readonly #feedback = new TransportFeedback();
  readonly #batch: RtcpBatch;
  #feedbackSsrc = 0;
  #feedbackSentAt = -Infinity;
  #reportSentAt = -Infinity;

  constructor(
    media: readonly NegotiatedMedia[],
    extensions: ExtensionIds,
    events: ReceiverEvents,
    settings: ReceiverSettings,
  ) {
    const rtt = new RetransmissionRtt(INITIAL_RTT_US);
    const shared = { events, settings, stats: this.stats, rtt, red: new RedSplitter() };
    this.#events = events;
    this.#settings = settings;
    this.#reader = new RtpReader(extensions);
    this.#media = media.map((negotiated, index) => new MediaReceiver(index, negotiated, shared));
    this.#router = new StreamRouter(this.#media);
    this.#batch = new RtcpBatch(settings, (bytes) => events.sendRtcp(bytes));
  }

  receive(bytes: Uint8Array, arrivalUs: WallUs, now: MonoUs): void {
    if (isRtcp(bytes)) this.#receiveRtcp(bytes, arrivalUs, now);
    else this.#receiveRtp(bytes, arrivalUs, now);
  }

  tick(now: MonoUs): void {
    this.#report(now);
    for (const media of this.#media) media.tick(now, this.#batch);
    this.#sendTransportFeedback(now);
    this.#batch.flush();
  }

  requestKeyFrame(media: number, now: MonoUs): void {
    this.#media[media]?.requestKeyFrame(now);
  }

  #receiveRtp(bytes: Uint8Array, arrivalUs: WallUs, now: MonoUs): void {
    const reader = this.#reader;
    if (!reader.read(bytes)) {
      this.stats.malformed += 1;
      return;
    }
    this.stats.packets += 1;
    this.stats.bytes += bytes.length;
    if (reader.transportSeq >= 0) {
      this.#feedback.received(reader.transportSeq, now);
      this.#feedbackSsrc = reader.ssrc;
    }
    const route = this.#router.find(reader, bytes, now);
    if (route === undefined) this.stats.unknownStream += 1;
    else if (route.stream === undefined) route.media.receiveRepair(route.rid, reader, bytes, arrivalUs, now);
    else route.media.receive(route.stream, reader, bytes, arrivalUs, now);
  }

  #receiveRtcp(bytes: Uint8Array, arrivalUs: WallUs, now: MonoUs): void {
    const packets = parseRtcp(bytes);
    if (packets === undefined) this.stats.malformed += 1;
    else for (const packet of packets) this.#takeRtcp(packet, arrivalUs, now);
  }

  #takeRtcp(packet: RtcpPacket, arrivalUs: WallUs, now: MonoUs): void {
    if (packet.type === 'sender-report') this.#takeSenderReport(packet, arrivalUs, now);
    else if (packet.type === 'bye') packet.ssrcs.forEach((ssrc) => this.#takeBye(ssrc));
  }

  #takeSenderReport(report: SenderReport, arrivalUs: WallUs, now: MonoUs): void {
    const route = this.#router.get(report.ssrc);
    if (route?.stream === undefined) return;
    route.stream.senderReport(report.ntpSeconds, report.ntpFraction, now);
    if (route.stream !== route.media.active) return;
    this.#events.onSenderReport({
      media: route.media.index,
      ssrc: report.ssrc,
      ntpUs: ntpToWallUs(report.ntpSeconds, report.ntpFraction),
      rtp: rtpTicks(report.rtp),
      arrivalUs,
    });
  }

  #takeBye(ssrc: number): void {
    const route = this.#router.get(ssrc);
    if (route === undefined) return;
    const ended = route.stream !== undefined && route.stream === route.media.active;
    this.#router.remove(ssrc);
    if (ended) this.#events.onBye(route.media.index);
  }

  #report(now: MonoUs): void {
    if (now - this.#reportSentAt < this.#settings.reportIntervalUs) return;
    const blocks = this.#media.map((media) => media.active?.report(now)).filter((block) => block !== undefined);
    if (blocks.length === 0) return;
    this.#reportSentAt = now;
    for (let i = 0; i < blocks.length; i += MAX_BLOCKS) {
      this.#batch.report(buildReceiverReport(this.#settings.ssrc, blocks.slice(i, i + MAX_BLOCKS)));
    }
  }

  #sendTransportFeedback(now: MonoUs): void {
    if (!this.#feedback.pending || now - this.#feedbackSentAt < this.#settings.feedbackIntervalUs) return;
    this.#feedbackSentAt = now;
    const packets = this.#feedback.build(this.#settings.ssrc, this.#feedbackSsrc);
    for (const packet of packets) this.#batch.feedback(packet);
  }
}

/** Counters of a session that has received nothing. */
export function emptyReceiverStats(): ReceiverStats {
  return {
    packets: 0,
    bytes: 0,
    malformed: 0,
    unknownStream: 0,
    duplicates: 0,
    nacksSent: 0,
    recoveredByRtx: 0,
    recoveredByRed: 0,
    lostForGood: 0,
    plisSent: 0,
    restarts: 0,
  };
}
