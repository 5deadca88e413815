import type { FeedPacket } from '../feed/messages.ts';
import type { WallUs } from '../units.ts';
import type { SenderReport } from './track-clock.ts';

/** Counters that readers of both kinds have. */
export interface TrackReaderStats {
  packets: number;
  /** Packets that did not come in time. */
  lost: number;
  late: number;
  /** Packets or units that break their payload format. */
  malformed: number;
  /** Units handed to the sink. */
  units: number;
  /** Stretches of continuous RTP time; more than one means that timestamps jumped. */
  sections: number;
  /** Units placed by arrival because their timestamp stood alone. */
  outliers: number;
  reports: number;
  rejectedReports: number;
}

/** One track of the feed on its way to a sink. Pure but for the sink: time comes in with packets and by `advance`. */
export interface TrackReader {
  /** Takes a packet of the track, in any order; the payload is not kept after the call. */
  push(packet: FeedPacket): void;
  /** Takes a sender report of the track; one that cannot be true is counted and ignored. */
  onSenderReport(report: SenderReport): void;
  /** Tells that time has passed; call at least every 100 ms, so that a lost packet does not hold up what came after it. */
  advance(now: WallUs): void;
  /** Hands out what is still waiting. Idempotent; nothing is taken after it. */
  close(): void;
  readonly closed: boolean;
  stats(): TrackReaderStats;
}
