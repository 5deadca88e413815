import type { FeedPacket, FeedSenderReport, FeedTrack } from '../feed/messages.ts';
import { SessionClock } from '../timeline/session-clock.ts';
import { createTrackReader, type TrackReader } from '../timeline/track-reader.ts';
import type { AudioSink, VideoSink } from '../timeline/media.ts';
import type { WallUs } from '../units.ts';

/** Readers of all open tracks of a room: takes packets and reports off the feed, gives units to the recording's sinks. */
export class TrackDesk {
  #readers = new Map<number, TrackReader>();
  #clocks = new Map<string, { clock: SessionClock; tracks: number }>();
  #tracks = new Map<number, FeedTrack>();
  #requestKeyFrame: (track: number) => void;

  /** `requestKeyFrame` asks the rooms role, which limits the rate. */
  constructor(requestKeyFrame: (track: number) => void) {
    this.#requestKeyFrame = requestKeyFrame;
  }

  /** Begins reading a track. */
  open(track: FeedTrack, sink: VideoSink & AudioSink): void {
    const shared = this.#clocks.get(track.sessionId) ?? { clock: new SessionClock(), tracks: 0 };
    shared.tracks += 1;
    this.#clocks.set(track.sessionId, shared);
    this.#tracks.set(track.track, track);
    const sinks = { video: sink, audio: sink };
    const reader = createTrackReader(track, shared.clock, sinks, () => this.#requestKeyFrame(track.track));
    if (reader) this.#readers.set(track.track, reader);
    if (track.media === 'video') this.#requestKeyFrame(track.track);
  }

  /** Ends a track; what its reader still held goes to the sink first. */
  close(id: number): void {
    const track = this.#tracks.get(id);
    if (!track) return;
    this.#readers.get(id)?.close();
    this.#readers.delete(id);
    this.#tracks.delete(id);
    const shared = this.#clocks.get(track.sessionId)!;
    shared.tracks -= 1;
    if (shared.tracks === 0) this.#clocks.delete(track.sessionId);
  }

  /** Takes one packet; packets of tracks that are not read are dropped. */
  onPacket(packet: FeedPacket): void {
    this.#readers.get(packet.track)?.push(packet);
  }

  /** Takes one sender report. */
  onSenderReport(report: FeedSenderReport): void {
    this.#readers.get(report.track)?.onSenderReport(report);
  }

  /** Lets readers give up on packets that are overdue. */
  advance(now: WallUs): void {
    for (const reader of this.#readers.values()) reader.advance(now);
  }

  /** Ends all tracks. Idempotent. */
  closeAll(): void {
    for (const id of this.#tracks.keys()) this.close(id);
  }
}
