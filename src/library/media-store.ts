import { open, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { libraryPath, type LibraryKey } from './location.ts';
import type { ByteRange } from './range.ts';

/** Where finished files are kept. Who finishes them puts them there by rename, so that a file seen is a file complete. */
export interface MediaStore {
  /** Size in bytes, or undefined when there is no such file. */
  size(key: LibraryKey): Promise<number | undefined>;
  /** A range of a file, opened before it resolves; rejects when it is gone. Destroying the stream closes the file. */
  read(key: LibraryKey, range: ByteRange): Promise<Readable>;
  /** Removes a file and its folder; nothing happens when it is gone already. */
  delete(key: LibraryKey): Promise<void>;
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');

/** A media store in a folder of this machine. */
export function fileMediaStore(root: string): MediaStore {
  return {
    async size(key) {
      try {
        const found = await stat(libraryPath(root, key));
        return found.isFile() ? found.size : undefined;
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },
    async read(key, range) {
      const file = await open(libraryPath(root, key), 'r');
      return file.createReadStream({ start: range.start, end: range.end, highWaterMark: 256 * 1024 });
    },
    delete: (key) => rm(dirname(libraryPath(root, key)), { recursive: true, force: true }),
  };
}
