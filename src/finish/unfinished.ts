import { createHash } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { makeFolder } from './durable-folder.ts';
import type { FinishRequest } from './finish-request.ts';

const ourName = /^[0-9a-f]{32}(-[\w-]+)?\.mp4$/;
/** No job works this long on a file; what is older was left by a process that was killed. */
const abandonedMs = 24 * 3_600_000;

/**
 * Path of a request's unfinished file. Its name holds the output and the try: a finishing process that has outlived its
 * recorder never writes into the file of its successor.
 */
export function unfinishedPath({ tempDir, outputPath, attempt = 'once' }: FinishRequest): string {
  const output = createHash('sha256').update(outputPath).digest('hex').slice(0, 32);
  return join(tempDir, `${output}-${attempt}.mp4`);
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
  if (found && nowMs - found.mtimeMs > abandonedMs) await rm(path, { force: true });
}
