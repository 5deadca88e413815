import { publishFile, publishFolder } from '../finish/publish.ts';
import { libraryFolder, libraryPath } from '../library/location.ts';
import type { Deliver } from './deliverer.ts';
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
  async ({ path, container, part }) => {
    const fileId = partFileId(firstId, part);
    const place = { subAppId, fileId };
    if (container === 'hls') await publishFolder(path, libraryFolder(root, place));
    else await publishFile(path, libraryPath(root, place, container));
    return { fileId };
  };
