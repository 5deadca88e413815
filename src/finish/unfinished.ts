import { createHash } from 'node:crypto';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { makeFolder } from './durable-folder.ts';
import type { FinishRequest } from './finish-request.ts';

const ourName = /^[0-9a-f]{32}(-[\w-]+)?(\.mp4)?$/;
/** No job leaves its folder untouched so long; what is older was left by a process that was killed. */
const abandonedMs = 24 * 3_600_000;

/**
 * Folder of an attempt's unfinished files. Its name holds the output and the try: a finishing process that has outlived
 * its recorder never writes into the files of its successor.
 */
export function workFolder({
  tempDir,
  fileId,
  attempt,
}: Pick<FinishRequest, 'tempDir' | 'fileId' | 'attempt'>): string {
  const output = createHash('sha256').update(fileId).digest('hex').slice(0, 32);
  return join(tempDir, `${output}-${attempt}`);
}

/** Makes an empty folder for an attempt. */
export async function claimWorkFolder(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
  await mkdir(path, { recursive: true });
}

/** Creates the folder of unfinished files and removes those that nobody works on any more. */
export async function sweepUnfinished(tempDir: string, nowMs: number): Promise<void> {
  await makeFolder(resolve(tempDir));
  for (const name of await readdir(tempDir)) {
    if (ourName.test(name)) await removeIfAbandoned(join(tempDir, name), nowMs);
  }
}

/** Another finishing process may be faster: a file that is gone is what was wanted. */
async function removeIfAbandoned(path: string, nowMs: number): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (!found || nowMs - found.mtimeMs <= abandonedMs) return;
  const newest = found.isDirectory() ? await newestMs(path) : found.mtimeMs;
  if (nowMs - newest > abandonedMs) await rm(path, { recursive: true, force: true });
}

/** When anything in a folder was last written to. */
async function newestMs(folder: string): Promise<number> {
  const names = await readdir(folder).catch(() => []);
  const times = await Promise.all(names.map((name) => stat(join(folder, name)).catch(() => undefined)));
  return Math.max(0, ...times.map((one) => one?.mtimeMs ?? 0));
}
