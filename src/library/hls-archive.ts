import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import { hlsPlaylistName } from '../naming/hls-name.ts';
import { libraryFolder, type LibraryPlace } from './location.ts';

/** An HLS recording as one ZIP file: its playlist and segments as they are, so that the playlist plays from the folder. */
export interface HlsArchive {
  readonly bytes: Readable;
  readonly sizeBytes: number;
}

/** Where HLS recordings are had as one file. */
export interface ArchiveShelf {
  /** Undefined where there is no playlist. `folder`: name of the folder in the archive. */
  open(place: LibraryPlace, folder: string): Promise<HlsArchive | undefined>;
}

/** Archives of the library's HLS recordings, made while they are sent; nothing is kept. */
export const hlsArchives = (root: string): ArchiveShelf => ({
  open: (place, folder) => archiveOf(libraryFolder(root, place), folder),
});

async function archiveOf(source: string, folder: string): Promise<HlsArchive | undefined> {
  const names: string[] = await readdir(source).catch(() => []);
  names.sort();
  if (!names.includes(hlsPlaylistName)) return undefined;
  const zip = new ZipFile();
  for (const name of names) {
    const path = join(source, name);
    const { size, mtime } = await stat(path);
    // Opened when its turn comes: a long recording has more segments than a process may have files open.
    zip.addReadStreamLazy(`${folder}/${name}`, { size, mtime, compress: false }, (give) => {
      open(path, 'r').then(
        (file) => give(null, file.createReadStream({ highWaterMark: 256 * 1024 })),
        (error: unknown) => give(error, undefined as never),
      );
    });
  }
  const sizeBytes = await sizeAfterEnd(zip);
  const bytes = zip.outputStream as Readable;
  zip.on('error', (error: Error) => bytes.destroy(error));
  return { bytes, sizeBytes };
}

/** Nothing is compressed, so that the size is known before the first byte is read; the types do not know that it is told. */
const sizeAfterEnd = (zip: ZipFile): Promise<number> =>
  new Promise((resolve) =>
    zip.end({ forceZip64Format: false, comment: '' }, (...[sizeBytes = 0]: readonly number[]) => resolve(sizeBytes)),
  );
