import { join } from 'node:path';
import { hlsPlaylistName } from '../naming/hls-name.ts';
import type { Container } from '../worker-api/messages.ts';

/** Names one file of the library. */
export interface LibraryKey {
  readonly subAppId: number;
  /** 19 decimal digits. */
  readonly fileId: string;
  /** File name by contract §5, extension included. */
  readonly name: string;
}

/** What a file's place depends on: its name is in its address alone. */
export type LibraryPlace = Omit<LibraryKey, 'name'>;

/** Folder of the embedded library in the data directory. */
export const libraryRoot = (dataDir: string): string => join(dataDir, 'library');

/** Everything of one finished file: `<root>/<subAppId>/<fileId>`. */
export const libraryFolder = (root: string, { subAppId, fileId }: LibraryPlace): string =>
  join(root, String(subAppId), fileId);

/**
 * Name of a file in its folder: `<fileId>.mp4`, `<fileId>.aac`, or `index.m3u8`, beside which its segments lie under the
 * names that it lists. Not the name by contract §5, which may be longer than a file system takes.
 */
const libraryFileName = (fileId: string, container: Container): string =>
  container === 'hls' ? hlsPlaylistName : `${fileId}.${container}`;

/** Where a finished file, of HLS its playlist, lies. Who finishes puts it there by rename, an HLS folder as a whole. */
export const libraryPath = (root: string, place: LibraryPlace, container: Container = 'mp4'): string =>
  join(libraryFolder(root, place), libraryFileName(place.fileId, container));

/** VideoUrl of a finished file; a `+` of the name becomes `%2B` (contract §5). `publicUrl` may end in a slash. */
export const videoUrl = (publicUrl: string, key: LibraryKey): string =>
  `${publicUrl.replace(/\/+$/, '')}/vod/${key.subAppId}/${key.fileId}/${encodeURIComponent(key.name)}`;
