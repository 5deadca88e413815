import type { FeedAnchor, FeedEvent, FeedTrack } from '../feed/messages.ts';
import type { WallUs } from '../units.ts';

/** A change of the room as a recording wants to hear it. */
export type RoomChange =
  | { readonly kind: 'anchor-entered'; readonly anchor: FeedAnchor }
  | { readonly kind: 'anchor-left'; readonly userId: string; readonly at: WallUs }
  | { readonly kind: 'track-opened'; readonly track: FeedTrack }
  | { readonly kind: 'track-closed'; readonly track: FeedTrack; readonly at: WallUs };

/**
 * Who is in the room and what they send, as the feed tells it. A re-join after a lost connection is told as the
 * difference: tracks always begin anew, anchors that are still there do not leave.
 */
export class RoomView {
  #anchors = new Map<string, FeedAnchor>();
  #tracks = new Map<number, FeedTrack>();

  /** Anchors now in the room, by entry. */
  get anchors(): FeedAnchor[] {
    return [...this.#anchors.values()].sort((a, b) => a.order - b.order);
  }

  /** Number of people now in the room as anchors; robots are none (contract §2.2: "nobody but bots"). */
  get anchorCount(): number {
    return [...this.#anchors.values()].filter(({ robot }) => !robot).length;
  }

  /** The track of that id, if it is open. */
  track(id: number): FeedTrack | undefined {
    return this.#tracks.get(id);
  }

  /** Applies one event and returns what changed, in the order it must be applied. */
  apply(event: FeedEvent, now: WallUs): RoomChange[] {
    switch (event.kind) {
      case 'joined':
        return [...this.#rejoin(event.anchors, now), ...event.tracks.map((track) => this.#open(track))];
      case 'entered':
        return this.#enter(event.anchor);
      case 'left':
        return this.#leave(event.userId, event.atUs);
      case 'started':
        return [this.#open(event.track)];
      case 'stopped':
        return this.#close(event.track, event.atUs);
      default:
        return [];
    }
  }

  /** The connection is gone: every track ends, everybody stays until a re-join tells otherwise. */
  disconnected(now: WallUs): RoomChange[] {
    return [...this.#tracks.keys()].flatMap((id) => this.#close(id, now));
  }

  #rejoin(present: readonly FeedAnchor[], now: WallUs): RoomChange[] {
    const ids = new Set(present.map((anchor) => anchor.userId));
    const gone = [...this.#anchors.keys()].filter((userId) => !ids.has(userId));
    return [...gone.flatMap((userId) => this.#leave(userId, now)), ...present.flatMap((anchor) => this.#enter(anchor))];
  }

  #enter(anchor: FeedAnchor): RoomChange[] {
    const known = this.#anchors.get(anchor.userId);
    this.#anchors.set(anchor.userId, anchor);
    return known && known.order === anchor.order ? [] : [{ kind: 'anchor-entered', anchor }];
  }

  #leave(userId: string, at: WallUs): RoomChange[] {
    const open = [...this.#tracks.values()].filter((track) => track.userId === userId);
    const closed = open.flatMap((track) => this.#close(track.track, at));
    return this.#anchors.delete(userId) ? [...closed, { kind: 'anchor-left', userId, at }] : closed;
  }

  #open(track: FeedTrack): RoomChange {
    this.#tracks.set(track.track, track);
    return { kind: 'track-opened', track };
  }

  #close(id: number, at: WallUs): RoomChange[] {
    const track = this.#tracks.get(id);
    this.#tracks.delete(id);
    return track ? [{ kind: 'track-closed', track, at }] : [];
  }
}
