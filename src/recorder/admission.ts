import type { FeedAnchor, FeedTrack } from '../feed/messages.ts';
import type { LayoutPlan } from '../layout/layout-plan.ts';
import type { Effort } from '../mixed/effort.ts';
import type { AudioSink, VideoSink } from '../timeline/media.ts';
import { wallUs, type Micros, type WallUs } from '../units.ts';
import type { RecordedFile, RecordingPlan, SubscriptionPlan } from '../worker-api/messages.ts';
import { isWanted, type RoomRecording, type SubscribedRecording } from './room-recording.ts';
import { couldVoidAPrefix, noMedium, wantedOf, type Wanted } from './subscription.ts';

type Sink = VideoSink & AudioSink;

/** What {@link AdmittedAnchors} decides by. */
export interface AdmissionOptions {
  readonly plan: RecordingPlan;
  /** How many anchors are recorded at once. */
  readonly most: number;
  /** Asks for a key frame of a video track that is recorded from its middle on. */
  readonly requestKeyFrame: (track: number) => void;
  /** Told when a track comes into the recording or leaves it. */
  readonly onRecorded?: (track: FeedTrack, isRecorded: boolean, at: WallUs) => void;
}

/** Somebody in the room. */
interface Visitor {
  anchor: FeedAnchor;
  wanted: Wanted;
  admitted: boolean;
  /** Whether pictures of the user may be in sight; meaningless while the user is not admitted. */
  seen: boolean;
}

/** A track of the room and, while it is recorded, where the recording wants it. */
interface RoomTrack {
  readonly track: FeedTrack;
  sink: Sink | undefined;
  /** Units of before are not for the recording. */
  from: WallUs;
}

const later = (a: WallUs, b: WallUs): WallUs => wallUs(Math.max(a, b));

/**
 * Lets those anchors of the room into a recording whom its lists allow, the earliest so many of them (contract §2.3: the
 * 25 earliest win, audio-only ones count). Who is in stays in; a place that becomes free goes to the next by entry, with
 * the tracks that are open by then. A medium that the lists do not allow is as if it were not sent.
 */
export class AdmittedAnchors implements SubscribedRecording {
  readonly #recording: RoomRecording;
  readonly #options: AdmissionOptions;
  readonly #visitors = new Map<string, Visitor>();
  readonly #tracks = new Map<number, RoomTrack>();
  #subscription: SubscriptionPlan;

  constructor(recording: RoomRecording, options: AdmissionOptions) {
    this.#recording = recording;
    this.#options = options;
    this.#subscription = options.plan.subscription;
  }

  anchorEntered(anchor: FeedAnchor): void {
    const known = this.#visitors.get(anchor.userId);
    if (known) known.anchor = anchor;
    else this.#visitors.set(anchor.userId, { anchor, wanted: noMedium, admitted: false, seen: false });
    if (known?.admitted) this.#recording.anchorEntered(anchor);
    this.#onPresence(anchor.userId, anchor.enteredUs);
  }

  anchorLeft(userId: string, at: WallUs): void {
    const visitor = this.#visitors.get(userId);
    this.#visitors.delete(userId);
    if (visitor?.admitted) this.#recording.anchorLeft(userId, at);
    this.#onPresence(userId, at);
  }

  openTrack(track: FeedTrack): Sink | undefined {
    if (!isWanted(this.#options.plan, track)) return undefined;
    const open: RoomTrack = { track, sink: undefined, from: wallUs(0) };
    this.#tracks.set(track.track, open);
    const visitor = this.#visitors.get(track.userId);
    if (visitor?.admitted && visitor.wanted[track.media]) this.#record(open, track);
    return {
      onVideo: (unit) => (unit.at >= open.from ? open.sink?.onVideo(unit) : undefined),
      onAudio: (unit) => (unit.at >= open.from ? open.sink?.onAudio(unit) : undefined),
    };
  }

  closeTrack(track: FeedTrack, at: WallUs): void {
    const open = this.#tracks.get(track.track);
    this.#tracks.delete(track.track);
    if (open?.sink) this.#endTrack(open, at);
  }

  changeSubscription(subscription: SubscriptionPlan, at: WallUs): void {
    this.#subscription = subscription;
    this.#judge(this.#visitors.values());
    this.#settle(at);
  }

  changeLayout(layout: LayoutPlan, at: WallUs): void {
    this.#recording.changeLayout(layout, at);
  }

  advance(now: WallUs): boolean {
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

  /** That user came or went, which may change what an entry of the lists means to everybody. */
  #onPresence(userId: string, at: WallUs): void {
    const own = this.#visitors.get(userId);
    this.#judge(couldVoidAPrefix(userId) ? this.#visitors.values() : own ? [own] : []);
    this.#settle(at);
  }

  #judge(visitors: Iterable<Visitor>): void {
    for (const visitor of visitors) visitor.wanted = this.#wantedOf(visitor.anchor);
  }

  /** A medium that the task does not record at all gives nobody a place. */
  #wantedOf({ userId, robot }: FeedAnchor): Wanted {
    const { streams, relayRobots } = this.#options.plan;
    if (robot && !relayRobots) return noMedium;
    const { audio, video } = wantedOf(this.#subscription, userId, this.#visitors);
    return { audio: audio && streams !== 'video', video: video && streams !== 'audio' };
  }

  /** First those go who are not wanted any more, so that their places are free for others. */
  #settle(at: WallUs): void {
    const admitted = [...this.#visitors.values()].filter((visitor) => visitor.admitted);
    for (const visitor of admitted) this.#matchTracks(visitor, at);
    const going = admitted.filter(({ wanted }) => !wanted.audio && !wanted.video);
    for (const visitor of going) this.#dismiss(visitor, at);
    for (const visitor of admitted) if (visitor.admitted) this.#matchSight(visitor, at);
    this.#fill(this.#options.most - admitted.length + going.length, at);
  }

  #fill(places: number, at: WallUs): void {
    if (places <= 0) return;
    const waiting = [...this.#visitors.values()].filter(
      ({ admitted, wanted }) => !admitted && (wanted.audio || wanted.video),
    );
    waiting.sort((a, b) => a.anchor.order - b.anchor.order);
    for (const visitor of waiting.slice(0, places)) this.#admit(visitor, at);
  }

  #admit(visitor: Visitor, at: WallUs): void {
    visitor.admitted = true;
    visitor.seen = visitor.wanted.video;
    const { anchor } = visitor;
    this.#recording.anchorEntered({ ...anchor, enteredUs: later(anchor.enteredUs, at) });
    this.#matchTracks(visitor, at);
  }

  #dismiss(visitor: Visitor, at: WallUs): void {
    visitor.admitted = false;
    this.#recording.anchorLeft(visitor.anchor.userId, at);
  }

  /** Opens and closes what the user sends already, as the user is wanted now. */
  #matchTracks({ anchor: { userId }, wanted }: Visitor, at: WallUs): void {
    for (const open of this.#tracks.values()) {
      if (open.track.userId !== userId || wanted[open.track.media] === (open.sink !== undefined)) continue;
      if (open.sink) this.#endTrack(open, at);
      else this.#beginTrack(open, at);
    }
  }

  /** What the lists do not allow any more must not stay in sight, as the last picture of a camera that is off does. */
  #matchSight(visitor: Visitor, at: WallUs): void {
    if (visitor.seen && !visitor.wanted.video) this.#recording.forgetPictures(visitor.anchor.userId, at);
    visitor.seen = visitor.wanted.video;
  }

  #beginTrack(open: RoomTrack, at: WallUs): void {
    const { track } = open;
    open.from = at;
    this.#record(open, { ...track, startedUs: later(track.startedUs, at) });
    if (open.sink && track.media === 'video') this.#options.requestKeyFrame(track.track);
  }

  #record(open: RoomTrack, track: FeedTrack): void {
    open.sink = this.#recording.openTrack(track);
    if (open.sink) this.#options.onRecorded?.(track, true, track.startedUs);
  }

  #endTrack(open: RoomTrack, at: WallUs): void {
    open.sink = undefined;
    this.#recording.closeTrack(open.track, at);
    this.#options.onRecorded?.(open.track, false, at);
  }
}
