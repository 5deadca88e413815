import { readdirSync, rmdirSync, statSync } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { freeMbAt } from '../disk-space.ts';

/**
 * Where a task's segments lie: `<data_dir>/spool/<taskId>/e<epoch>/<fileKey>/`. The epoch is part of the path, so a
 * recorder that lost its lease can never write into its successor's files (design, invariant 4).
 */
export class Spool {
  readonly root: string;

  /** `root` is the spool folder of the data directory. */
  constructor(root: string) {
    this.root = root;
  }

  /** Folder of one file of one epoch; not created here. */
  folder(taskId: string, epoch: number, fileKey: string): string {
    return join(this.epochFolder(taskId, epoch), fileKey);
  }

  /** Folder of all files of one epoch. */
  epochFolder(taskId: string, epoch: number): string {
    return join(this.root, taskId, `e${epoch}`);
  }

  /** Folder of the journal of a mix of one epoch; beside the epochs' folders, which hold files. Not created here. */
  journalFolder(taskId: string, epoch: number): string {
    return join(this.root, taskId, `j${epoch}`);
  }

  /** Epochs of a task that left the journal of a mix behind, ascending. */
  journals(taskId: string): number[] {
    return numbered(join(this.root, taskId), 'j');
  }

  /** Free space of its disk, in MiB; infinite when the file system does not tell. */
  freeMb(): number {
    return freeMbAt(this.root);
  }

  /** Bytes of the files of one epoch that were written to since then. */
  writtenSince(taskId: string, epoch: number, sinceMs: number): number {
    const folders = names(this.epochFolder(taskId, epoch)).map((key) => this.folder(taskId, epoch, key));
    const files = folders.flatMap((folder) => names(folder).map((name) => join(folder, name)));
    const found = files.map((path) => statSync(path, { throwIfNoEntry: false }));
    return found.reduce((sum, one) => sum + (one && one.mtimeMs >= sinceMs ? one.size : 0), 0);
  }

  /** Bytes of a file's segments, of all epochs. */
  async bytesOf(taskId: string, fileKey: string): Promise<number> {
    let sum = 0;
    for (const folder of this.foldersOf(taskId, fileKey)) sum += await bytesIn(folder);
    return sum;
  }

  /** Tasks that have anything on the spool. */
  taskIds(): string[] {
    return names(this.root).sort();
  }

  /** Epochs that left anything behind for a task, ascending. */
  epochs(taskId: string): number[] {
    return numbered(join(this.root, taskId), 'e');
  }

  /** Keys of all files that any epoch of the task has begun. */
  fileKeys(taskId: string): string[] {
    const keys = this.epochs(taskId).flatMap((epoch) => names(join(this.root, taskId, `e${epoch}`)));
    return [...new Set(keys)].sort();
  }

  /** Folders of one file, by epoch ascending. */
  foldersOf(taskId: string, fileKey: string): string[] {
    return this.epochs(taskId)
      .filter((epoch) => names(join(this.root, taskId, `e${epoch}`)).includes(fileKey))
      .map((epoch) => this.folder(taskId, epoch, fileKey));
  }

  /** Removes a file's segments; only after its destination confirmed size and checksum (design, invariant 2). */
  async removeFile(taskId: string, fileKey: string): Promise<void> {
    for (const folder of this.foldersOf(taskId, fileKey)) await rm(folder, { recursive: true, force: true });
    for (const epoch of this.epochs(taskId)) removeIfEmpty(join(this.root, taskId, `e${epoch}`));
    await this.removeJournals(taskId);
  }

  /** Removes the journals of a task none of whose files is left. */
  async removeJournals(taskId: string): Promise<void> {
    if (this.epochs(taskId).length > 0) return;
    for (const epoch of this.journals(taskId))
      await rm(this.journalFolder(taskId, epoch), { recursive: true, force: true });
    removeIfEmpty(join(this.root, taskId));
  }
}

/** What is removed meanwhile counts nothing; an hour of segments is thousands of files, so nothing is held up. */
async function bytesIn(folder: string): Promise<number> {
  let sum = 0;
  for (const name of names(folder)) sum += (await stat(join(folder, name)).catch(() => undefined))?.size ?? 0;
  return sum;
}

function numbered(folder: string, letter: 'e' | 'j'): number[] {
  return names(folder)
    .filter((name) => name.startsWith(letter) && /^\d+$/.test(name.slice(1)))
    .map((name) => Number(name.slice(1)))
    .sort((a, b) => a - b);
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOTEMPTY' && code !== 'ENOENT') throw error;
  }
}
