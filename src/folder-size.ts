import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Bytes of the files of a folder, those of folders in it not counted. @throws Error of the file system. */
export async function folderSize(folder: string): Promise<number> {
  let sum = 0;
  for (const name of await readdir(folder)) sum += (await stat(join(folder, name))).size;
  return sum;
}
