import { stat } from 'node:fs/promises';
import { publishFile, publishFolder } from '../finish/publish.ts';
import { folderSize } from '../folder-size.ts';
import { libraryFolder, libraryPath } from '../library/location.ts';
import { DeliveryError, type Deliver } from './deliverer.ts';
import { partFileId } from './part-file-id.ts';

/** What {@link toLibrary} is given. */
export interface LibraryTarget {
  /** Folder of the finished files. */
  readonly root: string;
  readonly subAppId: number;
  /** FileId of the first part. */
  readonly fileId: string;
}

/** Puts parts into the embedded library by rename. A redone job replaces what is there by the same. */
export const toLibrary =
  ({ root, subAppId, fileId: firstId }: LibraryTarget): Deliver =>
  async ({ path, container, part, sizeBytes }) => {
    const fileId = partFileId(firstId, part);
    const place = { subAppId, fileId };
    const isFolder = container === 'hls';
    const target = isFolder ? libraryFolder(root, place) : libraryPath(root, place, container);
    await (isFolder ? publishFolder(path, target) : publishFile(path, target));
    // What is reported as done lets the segments go.
    const found = isFolder ? await folderSize(target) : (await stat(target)).size;
    if (found !== sizeBytes)
      throw new DeliveryError('environment', `the library has ${found} bytes of the file instead of ${sizeBytes}`);
    return { fileId };
  };
