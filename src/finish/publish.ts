import { createHash } from 'node:crypto';
import { copyFile, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { makeFolder, syncFolders, syncPath } from '../durable-folder.ts';

/** SHA-256 of a file in hex digits, read in pieces into one buffer. */
export async function hashFile(path: string, onBytes?: (count: number) => void): Promise<string> {
  const hash = createHash('sha256');
  const piece = Buffer.allocUnsafe(1 << 20);
  const file = await open(path, 'r');
  try {
    for (;;) {
      const { bytesRead } = await file.read(piece, 0, piece.length);
      if (bytesRead === 0) return hash.digest('hex');
      hash.update(piece.subarray(0, bytesRead));
      onBytes?.(bytesRead);
    }
  } finally {
    await file.close();
  }
}

/** Under the name of the unfinished file, which no other try has. */
async function copyAcross(from: string, to: string): Promise<void> {
  const part = join(dirname(to), basename(from));
  await copyFile(from, part);
  await syncPath(part);
  if ((await hashFile(part)) !== (await hashFile(from))) {
    await rm(part);
    throw new Error('the copy of a finished file is not what was copied');
  }
  await rename(part, to);
  await rm(from);
}

/** The deepest folder that holds both. */
function commonFolder(one: string, other: string): string {
  let folder = dirname(one);
  while (!other.startsWith(folder.endsWith(sep) ? folder : folder + sep) && folder !== dirname(folder)) {
    folder = dirname(folder);
  }
  return folder;
}

/** Moves what is on the disk to its place in one step; where that fails with one of `codes`, in the other way. */
async function moveOr(
  source: string,
  target: string,
  codes: readonly string[],
  otherwise: () => Promise<void>,
): Promise<void> {
  await syncPath(source);
  await makeFolder(dirname(target));
  try {
    await rename(source, target);
  } catch (error) {
    if (!codes.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    await otherwise();
  }
}

/**
 * Puts a finished file in its place: on the disk first, then visible in one step, also across file systems. The folders
 * above it are synced as far as the one that holds the unfinished files too, since an earlier try may have made them.
 */
export async function publishFile(from: string, to: string): Promise<void> {
  const [source, target] = [resolve(from), resolve(to)];
  await moveOr(source, target, ['EXDEV'], () => copyAcross(source, target));
  await syncFolders(dirname(target), commonFolder(target, source));
}

/**
 * Puts a finished folder, whose files are on the disk, in its place: visible in one step. One that an earlier try has
 * put there gives way. Both must be on one file system.
 */
export async function publishFolder(from: string, to: string): Promise<void> {
  const [source, target] = [resolve(from), resolve(to)];
  await moveOr(source, target, ['ENOTEMPTY', 'EEXIST'], async () => {
    await rename(target, `${source}.old`);
    await rename(source, target);
    await rm(`${source}.old`, { recursive: true, force: true });
  });
  await syncFolders(target, commonFolder(target, source));
}
