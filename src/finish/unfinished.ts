import { createHash } from 'node:crypto';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { makeFolder } from '../durable-folder.ts';
import type { FinishRequest } from './finish-request.ts';

const dayMs = 24 * 3_600_000;
/** How long jobs are tried unless configured. */
const weekMs = 7 * dayMs;

/** Names of ours, and how long a thing of that name may lie untouched before it is nobody's. */
const kept = (giveUpMs: number) => [
  // No job leaves its folder alone so long; what is older was left by a process that was killed.
  { name: /^[0-9a-f]{32}(-[\w-]+)?(\.mp4)?$/, ms: dayMs },
  // Every attempt touches it; it can be made anew.
  { name: /^[0-9a-f]{32}\.made$/, ms: dayMs },
  // What was delivered must be known for as long as the job is tried.
  { name: /^[0-9a-f]{32}\.delivered$/, ms: giveUpMs + dayMs },
];

/**
 * Folder of an attempt's unfinished files. Its name holds the output and the try: a finishing process that has outlived
 * its recorder never writes into the files of its successor.
 */
export const workFolder = (request: Pick<FinishRequest, 'tempDir' | 'fileId' | 'attempt'>): string =>
  join(request.tempDir, `${outputOf(request.fileId)}-${request.attempt}`);

/** File in which all attempts of a job note what was delivered. */
export const receiptsPath = ({ tempDir, fileId }: Pick<FinishRequest, 'tempDir' | 'fileId'>): string =>
  join(tempDir, `${outputOf(fileId)}.delivered`);

/** Folder of a job's finished parts while their destination has not confirmed them; the same in every attempt. */
export const madeFolder = ({ tempDir, fileId }: Pick<FinishRequest, 'tempDir' | 'fileId'>): string =>
  join(tempDir, `${outputOf(fileId)}.made`);

const outputOf = (fileId: string): string => createHash('sha256').update(fileId).digest('hex').slice(0, 32);

/** Makes an empty folder for an attempt. */
export async function claimWorkFolder(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
  await mkdir(path, { recursive: true });
}

/** Removes what a job that is over has left. */
export async function removeLeftovers(job: Pick<FinishRequest, 'tempDir' | 'fileId'>): Promise<void> {
  await rm(madeFolder(job), { recursive: true, force: true });
  await rm(receiptsPath(job), { force: true });
}

/**
 * Creates the folder of unfinished files and removes those that nobody works on any more, when jobs are given up after
 * `giveUpMs`.
 */
export async function sweepUnfinished(tempDir: string, nowMs: number, giveUpMs = weekMs): Promise<void> {
  await makeFolder(resolve(tempDir));
  for (const name of await readdir(tempDir)) {
    const ours = kept(giveUpMs).find((one) => one.name.test(name));
    if (ours) await removeIfOlder(join(tempDir, name), nowMs - ours.ms);
  }
}

/** Another finishing process may be faster: a file that is gone is what was wanted. */
async function removeIfOlder(path: string, thanMs: number): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (!found || found.mtimeMs >= thanMs) return;
  if (found.isDirectory() && (await newestMs(path)) >= thanMs) return;
  await rm(path, { recursive: true, force: true });
}

/** When anything in a folder was last written to. */
async function newestMs(folder: string): Promise<number> {
  const names = await readdir(folder).catch(() => []);
  const times = await Promise.all(names.map((name) => stat(join(folder, name)).catch(() => undefined)));
  return Math.max(0, ...times.map((one) => one?.mtimeMs ?? 0));
}
