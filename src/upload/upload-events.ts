import type { TrackType, RecordingIdentity } from '../segment/recording-folder.ts';
import type { WallMs } from '../units.ts';

/** A playlist that has its first segment in the bucket: what event 307 tells (contract §4.3). */
export interface BegunPlaylist {
  /** Of the playlist's object, without the key's folders. */
  readonly name: string;
  /** Empty for the mix. */
  readonly userId: string;
  readonly trackType: TrackType;
  readonly mediaId: RecordingIdentity['mediaId'];
  readonly beginMs: WallMs;
}

/**
 * What an upload tells. Another upload of the same task, after a takeover or at the end, tells it again: who listens
 * keeps the first of each.
 */
export interface UploadEvents {
  /** The first object of the task was written (0) or could not be (1): event 303. */
  onBegan(status: 0 | 1): void;
  /** A playlist's first segment was written: event 307. */
  onFile(playlist: BegunPlaylist): void;
  /** A playlist was written for the first time: event 304. */
  onIndex(playlist: { readonly name: string }): void;
  /** A segment is in the bucket, with all that is made of it: so many bytes. */
  onSegment?(bytes: number): void;
}

/** Passes each thing on once. */
export class ToldOnce implements UploadEvents {
  readonly #events: UploadEvents;
  readonly #told = new Set<string>();

  constructor(events: UploadEvents) {
    this.#events = events;
  }

  onBegan(status: 0 | 1): void {
    if (this.#isNew('began')) this.#events.onBegan(status);
  }

  onFile(playlist: BegunPlaylist): void {
    if (this.#isNew(`file ${playlist.name}`)) this.#events.onFile(playlist);
  }

  onIndex(playlist: { readonly name: string }): void {
    if (this.#isNew(`index ${playlist.name}`)) this.#events.onIndex(playlist);
  }

  #isNew(what: string): boolean {
    const isNew = !this.#told.has(what);
    this.#told.add(what);
    return isNew;
  }
}
