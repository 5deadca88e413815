import type { FeedAnchor, FeedTrack } from '../feed/messages.ts';
import type { TimelineTrack } from '../evidence/timeline.ts';
import type { LayoutPlan } from '../layout/layout-plan.ts';
import type { Effort } from '../mixed/effort.ts';
import type { AudioSink, AudioUnit, VideoSink, VideoUnit } from '../timeline/media.ts';
import { wallUs, type Micros, type WallUs } from '../units.ts';
import type { RecordedFile, SubscriptionPlan } from '../worker-api/messages.ts';
import type { SubscribedRecording } from './room-recording.ts';
import type { Witness } from './witness.ts';

/** Sound of this level is digital silence: a microphone that is muted, not a quiet room (RFC 6464). */
const silentLevel = 127;
/** Without media for so long a track counts as paused. */
const pausedAfterUs = 3_000_000;
const lookEveryUs = 500_000;

interface WatchedTrack {
  readonly track: TimelineTrack;
  /** When its last media came, by the media's own time. */
  lastUs: WallUs;
  paused: boolean;
}

/** What a track is called in the timeline. */
export const timelineTrack = ({ userId, mediaId, media }: FeedTrack): TimelineTrack => ({ userId, mediaId, media });

/** A recording whose room is witnessed: who is there, what they send, and when what they send pauses. */
export class WitnessedRecording implements SubscribedRecording {
  readonly #recording: SubscribedRecording;
  readonly #witness: Witness;
  readonly #tracks = new Map<number, WatchedTrack>();
  #lookedUs = -Infinity;

  constructor(recording: SubscribedRecording, witness: Witness) {
    this.#recording = recording;
    this.#witness = witness;
  }

  anchorEntered(anchor: FeedAnchor): void {
    const { userId, robot, enteredUs } = anchor;
    this.#witness.note({ kind: 'anchor-entered', userId, robot: robot !== undefined }, enteredUs);
    this.#recording.anchorEntered(anchor);
  }

  anchorLeft(userId: string, at: WallUs): void {
    this.#witness.note({ kind: 'anchor-left', userId }, at);
    this.#recording.anchorLeft(userId, at);
  }

  openTrack(track: FeedTrack): (VideoSink & AudioSink) | undefined {
    const told = timelineTrack(track);
    this.#witness.note({ kind: 'track-began', ...told, codec: track.codec }, track.startedUs);
    const sink = this.#recording.openTrack(track);
    if (!sink) return undefined;
    const watched: WatchedTrack = { track: told, lastUs: track.startedUs, paused: false };
    this.#tracks.set(track.track, watched);
    return {
      onVideo: (unit) => {
        this.#heard(watched, unit);
        sink.onVideo(unit);
      },
      onAudio: (unit) => {
        if (unit.level !== silentLevel) this.#heard(watched, unit);
        sink.onAudio(unit);
      },
    };
  }

  closeTrack(track: FeedTrack, at: WallUs): void {
    this.#tracks.delete(track.track);
    this.#witness.note({ kind: 'track-ended', ...timelineTrack(track) }, at);
    this.#recording.closeTrack(track, at);
  }

  changeSubscription(subscription: SubscriptionPlan, at: WallUs): void {
    this.#recording.changeSubscription(subscription, at);
  }

  changeLayout(layout: LayoutPlan, at: WallUs): void {
    this.#recording.changeLayout(layout, at);
  }

  advance(now: WallUs): boolean {
    if (now - this.#lookedUs >= lookEveryUs) this.#look(now);
    return this.#recording.advance(now);
  }

  lag(now: WallUs): Micros {
    return this.#recording.lag(now);
  }

  setEffort(effort: Effort): void {
    this.#recording.setEffort(effort);
  }

  finish(at: WallUs): Promise<RecordedFile[]> {
    return this.#recording.finish(at);
  }

  close(): void {
    this.#recording.close();
  }

  #heard(watched: WatchedTrack, { at }: VideoUnit | AudioUnit): void {
    if (watched.paused) this.#witness.note({ kind: 'media-resumed', ...watched.track }, at);
    watched.paused = false;
    watched.lastUs = wallUs(Math.max(watched.lastUs, at));
  }

  #look(now: WallUs): void {
    // A track that was open before this recorder came has had no chance yet.
    const first = this.#lookedUs === -Infinity;
    this.#lookedUs = now;
    for (const watched of this.#tracks.values()) {
      if (first) watched.lastUs = wallUs(Math.max(watched.lastUs, now));
      if (watched.paused || now - watched.lastUs < pausedAfterUs) continue;
      watched.paused = true;
      this.#witness.note({ kind: 'media-paused', ...watched.track }, watched.lastUs);
    }
  }
}
