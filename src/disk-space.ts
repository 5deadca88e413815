import { statfsSync } from 'node:fs';

/** Free space of the disk at a path, in MiB; infinite when the file system does not tell. */
export function freeMbAt(path: string): number {
  try {
    const { bavail, bsize } = statfsSync(path);
    return (bavail * bsize) / 1024 / 1024;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
