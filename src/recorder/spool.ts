import { readdirSync, rmdirSync, statfsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';

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

  /** Free space of its disk, in MiB; infinite when the file system does not tell. */
  freeMb(): number {
    try {
      const { bavail, bsize } = statfsSync(this.root);
      return (bavail * bsize) / 1024 / 1024;
    } catch {
      return Number.POSITIVE_INFINITY;
    }
  }

  /** Tasks that have anything on the spool. */
  taskIds(): string[] {
    return names(this.root).sort();
  }

  /** Epochs that left anything behind for a task, ascending. */
  epochs(taskId: string): number[] {
    return names(join(this.root, taskId))
      .filter((name) => /^e\d+$/.test(name))
      .map((name) => Number(name.slice(1)))
      .sort((a, b) => a - b);
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
    removeIfEmpty(join(this.root, taskId));
  }
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
