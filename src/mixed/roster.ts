import type { LayoutPicture } from '../layout/layout-pictures.ts';
import type { MediaId } from '../room-key.ts';
import { wallUs, type WallUs } from '../units.ts';

/**
 * A picture of the layout with the source that fills it. A camera that was switched off keeps its source, which rests, and
 * has no video; one that never was has no source either.
 */
export interface Seat<Source> extends LayoutPicture {
  readonly source: Source | undefined;
}

/** Something that changes who is where. */
export type RosterChange<Source> =
  | { readonly kind: 'enter'; readonly userId: string; readonly order: number }
  | { readonly kind: 'leave'; readonly userId: string }
  | { readonly kind: 'show'; readonly userId: string; readonly mediaId: MediaId; readonly source: Source }
  /** With `source`, only that source is taken away, not one that has replaced it. */
  | { readonly kind: 'hide'; readonly userId: string; readonly mediaId: MediaId; readonly source?: Source }
  /** Nothing of the user's pictures stays in sight, nor that of a camera that rests. */
  | { readonly kind: 'forget'; readonly userId: string };

/** Told about sources that leave the picture. */
export interface RosterEvents<Source> {
  /** `next` takes the place of `previous`, a user who published anew. */
  replaced(previous: Source, next: Source): void;
  /** The source's track is gone, but its last picture stays. */
  rested(source: Source): void;
  /** The source is shown no more. */
  released(source: Source): void;
}

interface Anchor<Source> {
  order: number;
  readonly sources: Map<MediaId, Source>;
  /** The camera among `sources` that sends no more. */
  resting?: Source | undefined;
}

interface PlannedChange<Source> {
  readonly at: WallUs;
  readonly change: RosterChange<Source>;
}

/**
 * Who is in the mix at a given time. Changes are announced with their wall time and take effect when the ticks reach it.
 * Changes of one user keep their order even when their stamps do not. Pure.
 */
export class Roster<Source> {
  readonly #events: RosterEvents<Source>;
  readonly #anchors = new Map<string, Anchor<Source>>();
  readonly #planned: PlannedChange<Source>[] = [];
  readonly #latest = new Map<string, WallUs>();

  constructor(events: RosterEvents<Source>) {
    this.#events = events;
  }

  /** Time of the next change that has not taken effect. */
  get nextChange(): WallUs | undefined {
    return this.#planned[0]?.at;
  }

  /** Anchors in the room now. */
  get anchors(): number {
    return this.#anchors.size;
  }

  /** Announces a change. */
  plan(at: WallUs, change: RosterChange<Source>): void {
    const time = wallUs(Math.max(at, this.#latest.get(change.userId) ?? at));
    this.#latest.set(change.userId, time);
    let i = this.#planned.length;
    while (i > 0 && this.#planned[i - 1]!.at > time) i -= 1;
    this.#planned.splice(i, 0, { at: time, change });
  }

  /** Lets everything take effect that is due at `t`; true when something changed. */
  applyUntil(t: WallUs): boolean {
    let changed = false;
    for (let first = this.#planned[0]; first && first.at <= t; first = this.#planned[0]) {
      this.#planned.shift();
      if (this.#latest.get(first.change.userId) === first.at) this.#latest.delete(first.change.userId);
      this.#apply(first.change);
      changed = true;
    }
    return changed;
  }

  /** Everything that could be shown now, in no particular order. A user who only shares a screen has no empty camera. */
  seats(): Seat<Source>[] {
    const seats: Seat<Source>[] = [];
    for (const [userId, { order, sources, resting }] of this.#anchors) {
      const aux = sources.get('aux');
      const main = sources.get('main');
      if (main || !aux) seats.push({ userId, mediaId: 'main', order, hasVideo: main !== resting, source: main });
      if (aux) seats.push({ userId, mediaId: 'aux', order, hasVideo: true, source: aux });
    }
    return seats;
  }

  /** Releases every source, also those whose time has not come. */
  clear(): void {
    for (const { change } of this.#planned.splice(0)) if (change.kind === 'show') this.#events.released(change.source);
    for (const userId of this.#anchors.keys()) this.#leave(userId);
  }

  #apply(change: RosterChange<Source>): void {
    if (change.kind === 'enter') this.#enter(change.userId, change.order);
    else if (change.kind === 'leave') this.#leave(change.userId);
    else if (change.kind === 'show') this.#show(change.userId, change.mediaId, change.source);
    else if (change.kind === 'hide') this.#hide(change.userId, change.mediaId, change.source);
    else this.#forget(change.userId);
  }

  #enter(userId: string, order: number): void {
    const known = this.#anchors.get(userId);
    if (known) known.order = order;
    else this.#anchors.set(userId, { order, sources: new Map<MediaId, Source>() });
  }

  #leave(userId: string): void {
    const anchor = this.#anchors.get(userId);
    this.#anchors.delete(userId);
    for (const source of anchor?.sources.values() ?? []) this.#events.released(source);
  }

  #forget(userId: string): void {
    const anchor = this.#anchors.get(userId);
    if (!anchor) return;
    for (const source of anchor.sources.values()) this.#events.released(source);
    anchor.sources.clear();
    anchor.resting = undefined;
  }

  #show(userId: string, mediaId: MediaId, source: Source): void {
    const anchor = this.#anchors.get(userId);
    if (!anchor) {
      this.#events.released(source);
      return;
    }
    const previous = anchor.sources.get(mediaId);
    anchor.sources.set(mediaId, source);
    if (anchor.resting === previous) anchor.resting = undefined;
    if (previous !== undefined) this.#events.replaced(previous, source);
  }

  #hide(userId: string, mediaId: MediaId, only: Source | undefined): void {
    const anchor = this.#anchors.get(userId);
    const shown = anchor?.sources.get(mediaId);
    if (!anchor || shown === undefined || (only !== undefined && only !== shown)) return;
    if (mediaId === 'main') {
      anchor.resting = shown;
      this.#events.rested(shown);
    } else {
      anchor.sources.delete(mediaId);
      this.#events.released(shown);
    }
  }
}
