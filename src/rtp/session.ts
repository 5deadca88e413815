import type { FeedCodec } from '../feed/messages.ts';
import type { MonoUs, RtpTicks, WallUs } from '../units.ts';

/** What SDP negotiation settled for one m-line; the RTP core knows nothing else of SDP. */
export interface NegotiatedMedia {
  /** MID value; packets are matched by the MID header extension first, by payload type otherwise. */
  readonly mid: string;
  readonly media: 'audio' | 'video';
  readonly codec: FeedCodec;
  readonly clockRate: number;
  readonly payloadType: number;
  /** RFC 4588, absent when RTX was not negotiated. */
  readonly rtxPayloadType?: number;
  /** RFC 2198, absent when RED was not negotiated. */
  readonly redPayloadType?: number;
  readonly nack: boolean;
  readonly pli: boolean;
}

/** Identifiers of the RTP header extensions (RFC 8285) that were negotiated; absent ones were not. */
export interface ExtensionIds {
  readonly mid?: number;
  readonly rid?: number;
  readonly repairedRid?: number;
  readonly transportWideCc?: number;
  readonly audioLevel?: number;
  readonly absSendTime?: number;
}

/** A packet as it leaves the core towards the feed: see FeedPacket for what is guaranteed. */
export interface ReceivedPacket {
  /** Index into the session's negotiated media. */
  readonly media: number;
  /** The primary stream's SSRC; it changes when the sender starts anew on the same m-line. */
  readonly ssrc: number;
  /** Unwrapped; starts at 65536 plus the first packet's own number so that an earlier late one stays positive. */
  readonly seq: number;
  readonly timestamp: RtpTicks;
  readonly marker: boolean;
  readonly level: number;
  readonly arrivalUs: WallUs;
  readonly payload: Uint8Array;
}

/** Sender report of a primary stream. */
export interface ReceivedSenderReport {
  readonly media: number;
  readonly ssrc: number;
  readonly ntpUs: WallUs;
  readonly rtp: RtpTicks;
  readonly arrivalUs: WallUs;
}

/** Where the core's results go. `sendRtcp` gets compound RTCP ready for SRTCP. */
export interface ReceiverEvents {
  onPacket(packet: ReceivedPacket): void;
  onSenderReport(report: ReceivedSenderReport): void;
  onBye(media: number): void;
  sendRtcp(bytes: Uint8Array): void;
}

/** Counters of one receiving session, for metrics and logs. Bad input is a dropped packet and a counter, never a throw. */
export interface ReceiverStats {
  packets: number;
  bytes: number;
  malformed: number;
  unknownStream: number;
  duplicates: number;
  nacksSent: number;
  recoveredByRtx: number;
  recoveredByRed: number;
  lostForGood: number;
  plisSent: number;
  /** Times a sender started anew: a new SSRC on the same m-line, another simulcast layer, or a jump of its numbers. */
  restarts: number;
}

/** One publisher's incoming media: NACK, RTX, transport-wide feedback, receiver reports, PLI, RED. Pure; no timers inside. */
export interface ReceiverSession {
  /** Takes one decrypted RTP or RTCP datagram (RFC 5761 demultiplexing inside). The bytes are not kept after the call. */
  receive(bytes: Uint8Array, arrivalUs: WallUs, now: MonoUs): void;
  /** Sends the RTCP that is due; call every 5–20 ms. */
  tick(now: MonoUs): void;
  /** Wants a key frame of that m-line; repeats with back-off until one arrives. */
  requestKeyFrame(media: number, now: MonoUs): void;
  readonly stats: ReceiverStats;
}
