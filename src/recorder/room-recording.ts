import type { FeedAnchor, FeedTrack } from '../feed/messages.ts';
import type { LayoutPlan } from '../layout/layout-plan.ts';
import type { Effort } from '../mixed/effort.ts';
import type { AudioSink, VideoSink } from '../timeline/media.ts';
import type { Micros, WallUs } from '../units.ts';
import type { RecordedFile, RecordingPlan, SubscriptionPlan } from '../worker-api/messages.ts';

/**
 * What a task makes of a room: one file per anchor and medium (single), or one picture of all (mixed). Calls come in
 * the order the room events came; units reach the sinks up to a second later than their wall time.
 */
export interface RoomRecording {
  anchorEntered(anchor: FeedAnchor): void;
  anchorLeft(userId: string, at: WallUs): void;
  /** Sink for the track's units; undefined when the plan does not want the track. */
  openTrack(track: FeedTrack): (VideoSink & AudioSink) | undefined;
  closeTrack(track: FeedTrack, at: WallUs): void;
  /** The user's pictures are not wanted any more: unlike after a camera was turned off, none of them stays in a mix. */
  forgetPictures(userId: string, at: WallUs): void;
  /** From `at` on the mixed picture follows this layout instead; nothing to a recording that mixes nothing. */
  changeLayout(layout: LayoutPlan, at: WallUs): void;
  /** Writes what is due, a bounded amount at a time; true when there is more to do: call again soon. */
  advance(now: WallUs): boolean;
  /** How far writing is behind what could be written at `now`. */
  lag(now: WallUs): Micros;
  /** How much work a mix puts into its pictures from now on; nothing to a recording that mixes nothing. */
  setEffort(effort: Effort): void;
  /** Ends every file at that wall time and says what there is. */
  finish(at: WallUs): Promise<RecordedFile[]>;
  /** Flushes and closes without ending: the process drains, another epoch goes on. Idempotent. */
  close(): void;
}

/** A recording of those whom its lists allow; the lists may change while it runs (contract §2.3, §2.8). */
export interface SubscribedRecording extends Omit<RoomRecording, 'forgetPictures'> {
  /**
   * From `at` on these lists decide. Who is not wanted any more leaves, who is wanted now enters with what is open, and
   * nobody else is touched.
   */
  changeSubscription(subscription: SubscriptionPlan, at: WallUs): void;
}

/** Less than this before the stop is no recording: it has not one whole frame of sound and picture. */
export const SHORTEST_FILE_US = 50_000;

/** Whether the plan records the track at all: its StreamType and MediaId (contract §2.2). */
export const isWanted = ({ media, streams }: RecordingPlan, track: FeedTrack): boolean =>
  media.includes(track.mediaId) && streams !== (track.media === 'video' ? 'audio' : 'video');
