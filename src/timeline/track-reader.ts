import type { FeedTrack } from '../feed/messages.ts';
import { AudioTrackReader } from './audio-track-reader.ts';
import type { AudioSink, VideoSink } from './media.ts';
import type { SessionClock } from './session-clock.ts';
import type { TrackReader } from './reader.ts';
import { VideoTrackReader } from './video-track-reader.ts';

export type { TrackReader, TrackReaderStats } from './reader.ts';

/** Where a recording wants tracks; a kind without a sink is not read. */
export interface TrackSinks {
  readonly video?: VideoSink;
  readonly audio?: AudioSink;
}

/**
 * A reader for a track of the feed; undefined when there is no sink for its kind or its codec does not go with its kind.
 * `session` is the one clock of all tracks with the same `sessionId`; `requestKeyFrame` is called for video when
 * decoding cannot go on.
 */
export function createTrackReader(
  track: FeedTrack,
  session: SessionClock,
  sinks: TrackSinks,
  requestKeyFrame: () => void,
  maxWaitUs?: number,
): TrackReader | undefined {
  const common = { clock: session, clockRate: track.clockRate, ...(maxWaitUs === undefined ? {} : { maxWaitUs }) };
  const { codec, media } = track;
  if (!Number.isSafeInteger(track.clockRate) || track.clockRate <= 0) return undefined;
  if (media === 'audio' && codec === 'opus' && sinks.audio)
    return new AudioTrackReader({ ...common, sink: sinks.audio });
  if (media === 'video' && codec !== 'opus' && sinks.video) {
    return new VideoTrackReader({ ...common, codec, sink: sinks.video, requestKeyFrame });
  }
  return undefined;
}
