import { join } from 'node:path';

/** Names one file of the library. */
export interface LibraryKey {
  readonly subAppId: number;
  /** 19 decimal digits. */
  readonly fileId: string;
  /** File name by contract §5, extension included. */
  readonly name: string;
}

/**
 * Where a finished file lies: `<root>/<subAppId>/<fileId>/<fileId>.mp4`, since a name by contract §5 may be longer than a
 * file system takes; the name is in its address alone. Who finishes writes it by rename.
 */
export const libraryPath = (root: string, key: Omit<LibraryKey, 'name'>): string =>
  join(root, String(key.subAppId), key.fileId, `${key.fileId}.mp4`);

/** VideoUrl of a finished file; a `+` of the name becomes `%2B` (contract §5). `publicUrl` may end in a slash. */
export const videoUrl = (publicUrl: string, key: LibraryKey): string =>
  `${publicUrl.replace(/\/+$/, '')}/vod/${key.subAppId}/${key.fileId}/${encodeURIComponent(key.name)}`;
