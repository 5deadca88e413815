import type { MonoUs, WallUs } from '../units.ts';
import { wallUs } from '../units.ts';
import { KeyFrameRequester } from './key-frame-requester.ts';
import { startsKeyFrame } from './key-frame.ts';
import { wallUsToNtp } from './ntp.ts';
import { OutgoingExtensions } from './outgoing-extensions.ts';
import { RetransmissionHistory } from './retransmission-history.ts';
import { buildSenderReport } from './rtcp-build.ts';
import { buildRtp, buildRtx } from './rtp-build.ts';
import type { OutgoingMedia, SenderEvents, SenderSettings, SenderStats, SourcePacket } from './sender-options.ts';
import { StreamAnchor, type SourceClock } from './source-clock.ts';
import { TokenBucket, type BucketSize } from '../token-bucket.ts';
import { timestampDelta } from './unwrap.ts';

/** A step of the source's numbers of more than this is a source that starts anew. */
const MAX_JUMP = 1000;
/** Key frames a viewer may have asked for: each costs the anchor and everybody who watches. */
const KEY_FRAMES: BucketSize = { burst: 10, perSecond: 1 };
/** Bytes that may be sent again: as many as were sent, and so many at once. A small NACK asks for hundreds of packets. */
const FIRST_RESENDS = 100_000;
const MOST_RESENDS = 1_000_000;

/** What the streams of one viewer share. */
export interface SharedSending {
  readonly events: SenderEvents;
  readonly settings: SenderSettings;
  readonly stats: SenderStats;
  /** The clock of the source that a stream begins on; another one than `before` when that source is gone. */
  clockAfter(before: SourceClock | undefined): SourceClock;
}

/** One stream to one viewer, continuous in numbers and time over all the sources it is fed from. */
export class OutgoingStream {
  readonly media: OutgoingMedia;
  readonly #shared: SharedSending;
  readonly #history: RetransmissionHistory;
  readonly #extensions: OutgoingExtensions;
  readonly #keyFrame = new KeyFrameRequester();
  readonly #keyFramePace = new TokenBucket(KEY_FRAMES);
  #resendable = FIRST_RESENDS;
  #waiting = true;
  #clock: SourceClock | undefined;
  #anchor: StreamAnchor | undefined;
  #sourceSsrc = -1;
  /** First and highest number of the source since it began. */
  #firstSeq = 0;
  #highestSeq = 0;
  #seqOffset = 0;
  #timestampOffset = 0;
  #lastSeq: number;
  #lastTimestamp: number;
  #lastArrivalUs: WallUs = wallUs(0);
  #lastSentAt = -1;
  #rtxSeq: number;
  #packets = 0;
  #octets = 0;
  #reportedAt = -Infinity;

  constructor(media: OutgoingMedia, shared: SharedSending) {
    const { random, historyPackets, extensions } = shared.settings;
    this.media = media;
    this.#shared = shared;
    this.#history = new RetransmissionHistory(historyPackets);
    this.#extensions = new OutgoingExtensions(media.mid, extensions);
    this.#lastSeq = Math.floor(random() * 0x8000);
    this.#rtxSeq = Math.floor(random() * 0x8000);
    this.#lastTimestamp = Math.floor(random() * 0x1_0000_0000);
  }

  /** Sends one packet of the source on, or drops it while the viewer could not decode it. */
  forward(packet: SourcePacket, now: MonoUs): void {
    if (packet.ssrc !== this.#sourceSsrc || packet.seq - this.#highestSeq > MAX_JUMP) this.#waiting = true;
    const key = (this.#waiting || this.#keyFrame.wanted) && this.#isKeyStart(packet);
    if (this.#waiting && (key || this.media.media === 'audio')) this.#begin(packet);
    if (this.#waiting || packet.seq < this.#firstSeq) {
      this.#shared.stats.dropped += 1;
      return;
    }
    if (key) this.#keyFrame.satisfied();
    this.#send(packet, now);
  }

  /** A sender report of the source that is being sent. */
  sourceReport(ssrc: number, ntpUs: WallUs, rtp: number, arrivalUs: WallUs): void {
    if (ssrc !== this.#sourceSsrc || this.#waiting) return;
    this.#clock?.report(ntpUs, arrivalUs);
    this.#anchor?.report(rtp, ntpUs);
  }

  /** The viewer wants a key frame. */
  wantKeyFrame(now: MonoUs): void {
    if (this.media.media === 'video') this.#keyFrame.want(now);
  }

  /** True when the source is to be asked for a key frame now. */
  keyFrameDue(now: MonoUs): boolean {
    if (this.#waiting) this.wantKeyFrame(now);
    return this.#keyFrame.due(now) && this.#keyFramePace.take(1, now);
  }

  /** Answers one number of a NACK. */
  resend(seq: number, now: MonoUs): void {
    if (this.#resendable <= 0) {
      this.#shared.stats.resendsRefused += 1;
      return;
    }
    const kept = this.#history.take(seq, now);
    if (kept === 'gone') this.#shared.stats.notInHistory += 1;
    if (typeof kept === 'string') return;
    this.#resendable -= kept.length;
    this.#shared.stats.retransmitted += 1;
    this.#shared.events.sendRtp(this.#retransmission(kept));
  }

  /** The sender report that is due, undefined when none is. */
  reportDue(now: MonoUs): Uint8Array | undefined {
    if (this.#anchor === undefined || now - this.#reportedAt < this.#shared.settings.reportIntervalUs) return undefined;
    this.#reportedAt = now;
    const wall = this.wallAt(now);
    const { seconds, fraction } = wallUsToNtp(wall);
    return buildSenderReport({
      ssrc: this.media.ssrc,
      ntpSeconds: seconds,
      ntpFraction: fraction,
      rtp: (this.#anchor.rtpAt(wall) + this.#timestampOffset) >>> 0,
      packets: this.#packets,
      octets: this.#octets,
      reports: [],
    });
  }

  /** Our wall time of a monotonic time, by the last packet; 0 before the first. */
  wallAt(now: MonoUs): WallUs {
    return this.#lastSentAt < 0 ? wallUs(0) : wallUs(this.#lastArrivalUs + now - this.#lastSentAt);
  }

  #isKeyStart(packet: SourcePacket): boolean {
    return startsKeyFrame(this.media.codec, packet.payload, 0, packet.payload.length);
  }

  /** The source's packet becomes the next one in number, and in time as much later as it came later. */
  #begin(packet: SourcePacket): void {
    const elapsedUs = this.#packets === 0 ? 0 : Math.max(packet.arrivalUs - this.#lastArrivalUs, 1000);
    const elapsed = Math.round((elapsedUs * this.media.clockRate) / 1_000_000);
    this.#seqOffset = this.#lastSeq + 1 - packet.seq;
    this.#timestampOffset = this.#lastTimestamp + elapsed - packet.timestamp;
    this.#clock = this.#shared.clockAfter(this.#clock);
    this.#anchor = new StreamAnchor(this.media.clockRate, this.#clock, packet.timestamp, packet.arrivalUs);
    this.#sourceSsrc = packet.ssrc;
    this.#firstSeq = packet.seq;
    this.#highestSeq = packet.seq;
    this.#waiting = false;
    this.#reportedAt = -Infinity;
  }

  #send(packet: SourcePacket, now: MonoUs): void {
    const bytes = buildRtp({
      payloadType: this.media.payloadType,
      marker: packet.marker,
      sequenceNumber: (packet.seq + this.#seqOffset) & 0xffff,
      timestamp: (packet.timestamp + this.#timestampOffset) >>> 0,
      ssrc: this.media.ssrc,
      extensions: this.#extensions.withLevel(packet.level),
      payload: packet.payload,
      // A packet that was padding only stays one, so that the viewer sees no gap.
      padding: packet.payload.length === 0 ? 1 : 0,
    });
    this.#note(packet, bytes, now);
    this.#shared.events.sendRtp(bytes);
  }

  #note(packet: SourcePacket, bytes: Uint8Array, now: MonoUs): void {
    this.#history.add(bytes);
    if (packet.seq >= this.#highestSeq) this.#advance(packet);
    this.#lastArrivalUs = packet.arrivalUs;
    this.#lastSentAt = now;
    this.#packets += 1;
    this.#octets += packet.payload.length;
    this.#resendable = Math.min(this.#resendable + bytes.length, MOST_RESENDS);
    this.#shared.stats.packets += 1;
    this.#shared.stats.bytes += bytes.length;
  }

  #advance(packet: SourcePacket): void {
    this.#highestSeq = packet.seq;
    this.#lastSeq = packet.seq + this.#seqOffset;
    const timestamp = packet.timestamp + this.#timestampOffset;
    if (timestampDelta(timestamp, this.#lastTimestamp) > 0) this.#lastTimestamp = timestamp;
  }

  #retransmission(kept: Uint8Array): Uint8Array {
    const { rtxPayloadType, rtxSsrc } = this.media;
    if (rtxPayloadType === undefined || rtxSsrc === undefined) return kept;
    this.#rtxSeq = (this.#rtxSeq + 1) & 0xffff;
    return buildRtx(kept, rtxPayloadType, rtxSsrc, this.#rtxSeq);
  }
}
