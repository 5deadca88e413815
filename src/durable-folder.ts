import { chmodSync, closeSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Waits until a file's bytes, or a folder's list of files, are on the disk. @throws Error of the file system. */
export async function syncPath(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** {@link syncPath}, holding up the process. @throws Error of the file system. */
export function syncPathNow(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Puts a small file on the disk in the place of what was there, in one step. @throws Error of the file system. */
export function replaceFileNow(path: string, text: string, mode = 0o600): void {
  writeFileSync(`${path}.new`, text, { mode, flush: true });
  // One that a crash left keeps its own mode, and a umask takes bits away.
  chmodSync(`${path}.new`, mode);
  renameSync(`${path}.new`, path);
  syncPathNow(dirname(path));
}

/** Syncs the folder and those above it, as far as `top`. */
export async function syncFolders(folder: string, top: string): Promise<void> {
  for (let at = folder; ; at = dirname(at)) {
    await syncPath(at);
    if (at === top || at === dirname(at)) return;
  }
}

/** Creates the folder and those above it; every new one is in its parent's list on the disk when this resolves. */
export async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true });
  if (first !== undefined) await syncFolders(dirname(folder), dirname(first));
}
