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
  const found = await Promise.all(names.map(async (name) => ({ name, ...(await sizeAndTime(join(source, name))) })));
  const zip = new ZipFile();
  const bytes = zip.outputStream as Readable;
  // The first file is opened as soon as it is added, so nothing may be awaited before this.
  zip.on('error', (error: Error) => bytes.destroy(error));
  const openNext = oneAtATime(bytes);
  // Opened when its turn comes: a long recording has more segments than a process may have files open.
  for (const { name, size, mtime } of found)
    zip.addReadStreamLazy(`${folder}/${name}`, { size, mtime, compress: false }, (give) => {
      openNext(join(source, name)).then(
        (stream) => give(null, stream),
        (error: unknown) => give(error, undefined as never),
      );
    });
  return { bytes, sizeBytes: await sizeAfterEnd(zip) };
}

async function sizeAndTime(path: string): Promise<{ readonly size: number; readonly mtime: Date }> {
  const { size, mtime } = await stat(path);
  return { size, mtime };
}

/** Opens files one after the other for an archive; with the archive the one that is open is closed, wherever it is. */
function oneAtATime(bytes: Readable): (path: string) => Promise<Readable> {
  let current: Readable | undefined;
  bytes.once('close', () => current?.destroy());
  return async (path) => {
    const file = await open(path, 'r');
    current = file.createReadStream({ highWaterMark: 256 * 1024 });
    if (!bytes.destroyed) return current;
    current.destroy();
    throw new Error('the archive is not wanted any more');
  };
}

/** Nothing is compressed, so that the size is known before the first byte is read; the types do not know that it is told. */
const sizeAfterEnd = (zip: ZipFile): Promise<number> =>
  new Promise((resolve) =>
    zip.end({ forceZip64Format: false, comment: '' }, (...[sizeBytes = 0]: readonly number[]) => resolve(sizeBytes)),
  );
