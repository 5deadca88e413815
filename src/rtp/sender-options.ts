import type { FeedCodec } from '../feed/messages.ts';
import type { RtpTicks, WallUs } from '../units.ts';

/** One outgoing stream as negotiated with a viewer. */
export interface OutgoingMedia {
  /** MID of the m-line, sent with every packet when the extension was negotiated. */
  readonly mid: string;
  readonly media: 'audio' | 'video';
  readonly codec: FeedCodec;
  readonly clockRate: number;
  readonly payloadType: number;
  readonly ssrc: number;
  /** RFC 4588; retransmissions go on the stream itself when either is absent. */
  readonly rtxPayloadType?: number;
  readonly rtxSsrc?: number;
}

/** A packet to be sent on; `ReceivedPacket` fits. */
export interface SourcePacket {
  /** Tells sources apart: another value means another source with numbers and times of its own. */
  readonly ssrc: number;
  /** Unwrapped. */
  readonly seq: number;
  readonly timestamp: RtpTicks;
  readonly marker: boolean;
  /** RFC 6464 level, 255 for none. */
  readonly level: number;
  readonly arrivalUs: WallUs;
  /** Copied before the call returns. */
  readonly payload: Uint8Array;
}

/** A sender report of the source; `ReceivedSenderReport` fits. */
export interface SourceReport {
  readonly ssrc: number;
  readonly ntpUs: WallUs;
  readonly rtp: RtpTicks;
  readonly arrivalUs: WallUs;
}

/** Where a sending session's results go: datagrams ready for SRTP and SRTCP, and the wish for a key frame. */
export interface SenderEvents {
  sendRtp(bytes: Uint8Array): void;
  sendRtcp(bytes: Uint8Array): void;
  /** The viewer cannot decode before the next key frame; `media` is an index into the session's media. */
  onKeyFrameWanted(media: number): void;
}

/** Settings of a sending session. */
export interface SenderOptions {
  /** Header extensions negotiated with the viewer. */
  readonly extensions?: { readonly mid?: number; readonly audioLevel?: number };
  readonly cname?: string;
  /** Time between sender reports in microseconds. */
  readonly reportIntervalUs?: number;
  /** Packets kept for retransmission, per stream; a power of two up to 32,768. */
  readonly historyPackets?: number;
  /** Gives 0 ≤ x < 1 for the first sequence numbers and timestamps (RFC 3550 §5.1). */
  readonly random?: () => number;
}

/** `SenderOptions` with every default filled in. */
export type SenderSettings = Required<SenderOptions>;

/** Defaults of `SenderOptions`. */
export const senderDefaults: SenderSettings = {
  extensions: {},
  cname: 'roomtape',
  reportIntervalUs: 1_000_000,
  historyPackets: 512,
  random: Math.random,
};

/** Counters of one sending session. */
export interface SenderStats {
  packets: number;
  bytes: number;
  /** Source packets that were not sent: before the first key frame, or older than the source's start. */
  dropped: number;
  retransmitted: number;
  /** Sequence numbers the viewer asked for that were no longer kept. */
  notInHistory: number;
  /** Requests that were over what may be sent again. */
  resendsRefused: number;
  malformed: number;
  keyFramesAsked: number;
  /** Round trip by the viewer's last report in microseconds, −1 before it. */
  rttUs: number;
  /** Loss by the viewer's last report, in 1/256. */
  fractionLost: number;
}
