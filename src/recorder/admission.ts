import type { FeedAnchor, FeedTrack } from '../feed/messages.ts';
import type { LayoutPlan } from '../layout/layout-plan.ts';
import type { AudioSink, VideoSink } from '../timeline/media.ts';
import type { WallUs } from '../units.ts';
import type { RecordedFile } from '../worker-api/messages.ts';
import type { RoomRecording } from './room-recording.ts';

type Sink = VideoSink & AudioSink;

/** A track of the room and, once its anchor is admitted, where the recording wants it. */
interface WaitingTrack {
  readonly track: FeedTrack;
  sink: Sink | undefined;
}

/**
 * Lets the earliest so many anchors of the room into a recording (contract §2.3: the 25 earliest win, audio-only ones
 * count). When one of them leaves, the next by entry takes the place, with the tracks that are open by then.
 */
export class AdmittedAnchors implements RoomRecording {
  #recording: RoomRecording;
  #most: number;
  #anchors = new Map<string, FeedAnchor>();
  #admitted = new Set<string>();
  #tracks = new Map<number, WaitingTrack>();

  /** `most` is how many anchors are recorded at once. */
  constructor(recording: RoomRecording, most: number) {
    this.#recording = recording;
    this.#most = most;
  }

  anchorEntered(anchor: FeedAnchor): void {
    this.#anchors.set(anchor.userId, anchor);
    if (this.#admitted.has(anchor.userId)) this.#recording.anchorEntered(anchor);
    else this.#fill();
  }

  anchorLeft(userId: string, at: WallUs): void {
    this.#anchors.delete(userId);
    if (!this.#admitted.delete(userId)) return;
    this.#recording.anchorLeft(userId, at);
    this.#fill();
  }

  openTrack(track: FeedTrack): Sink {
    const waiting: WaitingTrack = { track, sink: undefined };
    this.#tracks.set(track.track, waiting);
    if (this.#admitted.has(track.userId)) waiting.sink = this.#recording.openTrack(track);
    return {
      onVideo: (unit) => waiting.sink?.onVideo(unit),
      onAudio: (unit) => waiting.sink?.onAudio(unit),
    };
  }

  closeTrack(track: FeedTrack, at: WallUs): void {
    const waiting = this.#tracks.get(track.track);
    this.#tracks.delete(track.track);
    if (waiting?.sink) this.#recording.closeTrack(track, at);
  }

  changeLayout(layout: LayoutPlan, at: WallUs): void {
    this.#recording.changeLayout(layout, at);
  }

  advance(now: WallUs): boolean {
    return this.#recording.advance(now);
  }

  finish(at: WallUs): Promise<RecordedFile[]> {
    return this.#recording.finish(at);
  }

  close(): void {
    this.#recording.close();
  }

  #fill(): void {
    const waiting = [...this.#anchors.values()].filter(({ userId }) => !this.#admitted.has(userId));
    waiting.sort((a, b) => a.order - b.order);
    for (const anchor of waiting.slice(0, this.#most - this.#admitted.size)) this.#admit(anchor);
  }

  #admit(anchor: FeedAnchor): void {
    this.#admitted.add(anchor.userId);
    this.#recording.anchorEntered(anchor);
    for (const waiting of this.#tracks.values()) {
      if (waiting.track.userId === anchor.userId) waiting.sink = this.#recording.openTrack(waiting.track);
    }
  }
}
