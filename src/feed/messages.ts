import type { MediaId, RoomKey } from '../room-key.ts';
import type { RtpTicks, WallUs } from '../units.ts';

/**
 * What crosses the room feed, the one way media and room events go from the `rooms` role to recorders (design §2).
 * One connection is one recording bot in one room. Control messages are JSON; media goes in binary batches (frames.ts, packet-batch.ts).
 */

/** Codecs a track on the feed can have. */
export type FeedCodec = 'h264' | 'vp8' | 'opus';

/** First message of a recorder: the bot enters the room. Refused with {@link FeedRefused}. */
export interface FeedJoin {
  readonly kind: 'join';
  readonly room: RoomKey;
  /** The bot's user id; a second join by the same id in the same room ends the first with `replaced` (contract C46). */
  readonly botUserId: string;
  /** Identifies the joining task, so that a bot that rejoins for its own task is not announced as another's. */
  readonly taskId: string;
}

/** Asks the track's sender for a key frame; `rooms` limits the rate. */
export interface FeedKeyFrame {
  readonly kind: 'key-frame';
  readonly track: number;
}

/** Messages from a recorder to `rooms`. */
export type FeedRequest = FeedJoin | FeedKeyFrame;

/** A user who can publish. `order` rises with entry into the room and never repeats within a room's life. */
export interface FeedAnchor {
  readonly userId: string;
  readonly order: number;
  readonly enteredUs: WallUs;
  /**
   * Absent for people. A relay robot sends a mix of the room back into it: it keeps no task alive and is recorded only
   * where the task says so (contract §2.2 SubscribeAbility, §2.3).
   */
  readonly robot?: 'relay';
}

/** One published RTP stream. Ids are unique within a connection; a re-publish makes new tracks of the same user and media. */
export interface FeedTrack {
  readonly track: number;
  readonly userId: string;
  readonly mediaId: MediaId;
  readonly media: 'audio' | 'video';
  readonly codec: FeedCodec;
  readonly clockRate: number;
  /** Tracks of one session share the sender's NTP clock. */
  readonly sessionId: string;
  readonly startedUs: WallUs;
}

/** Answer to a join: the room as it is. Events follow in order from here. */
export interface FeedJoined {
  readonly kind: 'joined';
  readonly anchors: readonly FeedAnchor[];
  readonly tracks: readonly FeedTrack[];
}

/** The join was refused; the connection is closed after it. */
export interface FeedRefused {
  readonly kind: 'refused';
  readonly reason: string;
}

/** A user entered with a first publishing session. */
export interface FeedEntered {
  readonly kind: 'entered';
  readonly anchor: FeedAnchor;
}

/** A user left with the last session: by leaving, by silence, or because an administrator removed them. */
export interface FeedLeft {
  readonly kind: 'left';
  readonly userId: string;
  readonly reason: 'left' | 'timeout' | 'removed';
  readonly atUs: WallUs;
}

/** First packets of a new track are about to follow. */
export interface FeedStarted {
  readonly kind: 'started';
  readonly track: FeedTrack;
}

/** Nothing more will come on this track. */
export interface FeedStopped {
  readonly kind: 'stopped';
  readonly track: number;
  readonly atUs: WallUs;
}

/** An RTCP sender report: the sender's NTP wall time and the RTP time of the same instant (RFC 3550 §6.4.1). */
export interface FeedSenderReport {
  readonly kind: 'sender-report';
  readonly track: number;
  /** NTP time of the *sender's* clock in microseconds since the Unix epoch; its offset to ours is unknown. */
  readonly ntpUs: WallUs;
  readonly rtp: RtpTicks;
  readonly arrivalUs: WallUs;
}

/** The bot itself is out: another bot of the same id entered, it was removed, or the room was dissolved. */
export interface FeedEjected {
  readonly kind: 'ejected';
  readonly reason: 'replaced' | 'removed' | 'dissolved' | 'removed-by-server' | 'dissolved-by-server';
}

/** Messages from `rooms` to a recorder. */
export type FeedEvent =
  | FeedJoined
  | FeedRefused
  | FeedEntered
  | FeedLeft
  | FeedStarted
  | FeedStopped
  | FeedSenderReport
  | FeedEjected;

/**
 * One repaired RTP packet: RTX unwrapped, RED split into plain Opus, duplicates dropped, header extensions and padding
 * removed. Packets may still be out of order by as much as a retransmission takes.
 */
export interface FeedPacket {
  readonly track: number;
  /** Sequence number unwrapped by `rooms`, as many cycles as fit 32 bits; starts near the first packet's own number. */
  readonly seq: number;
  readonly timestamp: RtpTicks;
  readonly marker: boolean;
  /** RFC 6464 level in -dBov, 0 loud … 127 silent; 255 when the packet had none. */
  readonly level: number;
  readonly arrivalUs: WallUs;
  /** Codec payload; valid only during the callback that hands it out unless copied. */
  readonly payload: Uint8Array;
}
