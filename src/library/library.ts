import type { Clock } from '../clock.ts';
import type { Logger } from '../process/log.ts';
import type { Store } from '../store/store.ts';
import type { WallMs } from '../units.ts';
import { Catalogue, type LibraryHits, type LibraryQuery } from './catalogue.ts';
import { ExpirySweep } from './expiry-sweep.ts';
import { setExpiry } from './expiry.ts';
import type { LibraryScope } from './kept-files.ts';
import type { LibraryFile } from './library-file.ts';
import { fileMediaStore } from './media-store.ts';
import type { PlayLinks } from './play-links.ts';
import { Removal, type RemovalStats } from './removal.ts';

/** What the VOD actions need of the library. An account sees what its scope says and nothing else. */
export interface MediaLibrary {
  /** The files of these ids that the scope sees, in no order. */
  files(scope: LibraryScope, fileIds: readonly string[]): Promise<readonly LibraryFile[]>;
  /** A page of the files that fit. */
  search(scope: LibraryScope, query: LibraryQuery): Promise<LibraryHits>;
  /** Deletes a file; false when the scope sees none of that id. */
  remove(scope: LibraryScope, fileId: string): Promise<boolean>;
  /** Whether a task of these apps has ever ended with files in this sub-application. */
  hasSubApp(sdkAppIds: readonly number[], subAppId: number): Promise<boolean>;
}

/** What administrators do with it. */
export interface AdminLibrary extends Pick<MediaLibrary, 'files' | 'search' | 'remove'> {
  /** Sets when a file's time is over, undefined for never; false when the scope sees none of that id. */
  setExpiry(scope: LibraryScope, fileId: string, expiresMs: WallMs | undefined): Promise<boolean>;
}

/** The library while the server runs: what can be asked of it, and the sweep that ends its files in time. */
export interface RunningLibrary extends MediaLibrary, AdminLibrary {
  /** Makes a round of the sweep now, or joins the one under way. Never rejects. */
  sweep(): Promise<void>;
  /** Ends the sweep after the round under way. Idempotent. */
  close(): Promise<void>;
  readonly closed: boolean;
  stats(): RemovalStats;
}

/** What the library stands on. */
export interface MediaLibraryOptions {
  readonly store: Store;
  /** Folder of the finished files, `library` in the data directory. */
  readonly root: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly links: Pick<PlayLinks, 'urlOf'>;
}

/** Opens the library and begins to sweep it. */
export function startMediaLibrary(options: MediaLibraryOptions): RunningLibrary {
  const catalogue = new Catalogue(options);
  const removal = new Removal({ ...options, media: fileMediaStore(options.root) });
  const sweep = new ExpirySweep({ ...options, removal });
  return {
    files: (scope, fileIds) => catalogue.files(scope, fileIds),
    search: (scope, query) => catalogue.search(scope, query),
    hasSubApp: (sdkAppIds, subAppId) => catalogue.hasSubApp(sdkAppIds, subAppId),
    remove: (scope, fileId) => removal.remove(scope, fileId),
    setExpiry: (scope, fileId, expiresMs) => setExpiry(options.store, scope, fileId, expiresMs),
    sweep: () => sweep.sweep(),
    close: () => sweep.close(),
    get closed() {
      return sweep.closed;
    },
    stats: () => removal.stats(),
  };
}
