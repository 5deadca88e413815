import { open, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { syncPath } from '../durable-folder.ts';
import type { Container } from '../worker-api/messages.ts';
import { libraryFolder, libraryPath, type LibraryPlace } from './location.ts';
import type { ByteRange } from './range.ts';

/** Something of a library file that can be read: the file itself, of HLS its playlist, or one of its segments. */
export interface MediaItem extends LibraryPlace {
  readonly container: Container;
  /** Name of a segment in the file's folder, a plain file name; undefined for the file itself. */
  readonly segment: string | undefined;
}

/** Where finished files are kept. Who finishes them puts them there by rename, so that a file seen is a file complete. */
export interface MediaStore {
  /** Size in bytes, or undefined when there is no such file. */
  size(item: MediaItem): Promise<number | undefined>;
  /**
   * A range of a file, opened before it resolves, or undefined when it is gone. What was opened is read to its end even
   * when the file is deleted meanwhile. Destroying the stream closes the file.
   */
  read(item: MediaItem, range: ByteRange): Promise<Readable | undefined>;
  /** Removes a file with all that belongs to it, on the disk too when this resolves; a file that is gone is no fault. */
  delete(place: LibraryPlace): Promise<void>;
}

/** A media store in a folder of this machine. */
export function fileMediaStore(root: string): MediaStore {
  const pathOf = (item: MediaItem): string =>
    item.segment === undefined
      ? libraryPath(root, item, item.container)
      : join(libraryFolder(root, item), item.segment);
  return {
    size: (item) => unlessMissing(() => fileSize(pathOf(item))),
    read: (item, { start, end }) =>
      unlessMissing(async () => {
        const file = await open(pathOf(item), 'r');
        return file.createReadStream({ start, end, highWaterMark: 256 * 1024 });
      }),
    delete: (place) => removeFolder(libraryFolder(root, place)),
  };
}

async function fileSize(path: string): Promise<number | undefined> {
  const found = await stat(path);
  return found.isFile() ? found.size : undefined;
}

/** A folder that came back after a power failure would be one that nobody knows of. */
async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await unlessMissing(() => syncPath(dirname(folder)));
}

async function unlessMissing<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
