import { readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { LocalPart } from '../deliver/deliverer.ts';
import { isDelivered } from '../deliver/receipts.ts';
import { syncPath } from '../durable-folder.ts';
import { folderSize } from '../folder-size.ts';
import { hlsPlaylistName } from '../naming/hls-name.ts';
import type { FinishRequest } from './finish-request.ts';
import { hashFile } from './publish.ts';
import { madeFolder, receiptsPath } from './unfinished.ts';

/** What is written beside the parts. */
interface Note {
  /** What the parts were made of. */
  readonly source: string;
  /** Paths are relative to the folder. */
  readonly parts: readonly LocalPart[];
}

const noteName = 'parts.json';

/**
 * Keeps finished parts where every later attempt at the job finds them: what went up in parts goes on with the same
 * bytes, and nothing is made twice. The folder of the attempt becomes that of the job, in one step.
 * @returns the parts at their new place.
 */
export async function keepParts(
  request: FinishRequest,
  folder: string,
  parts: readonly LocalPart[],
): Promise<LocalPart[]> {
  const note: Note = {
    source: sourceOf(request),
    parts: parts.map((part) => ({ ...part, path: relative(folder, part.path) })),
  };
  for (const { path, container } of parts) if (container !== 'hls') await syncPath(path);
  const noted = join(folder, noteName);
  await writeFile(noted, JSON.stringify(note), { flush: true });
  const kept = madeFolder(request);
  await rm(kept, { recursive: true, force: true });
  await rename(folder, kept);
  return inFolder(kept, note);
}

/** The parts that an earlier attempt has made, when each is whole or at its destination already; else undefined. */
export async function findParts(request: FinishRequest): Promise<LocalPart[] | undefined> {
  const kept = madeFolder(request);
  const note = await readNote(kept);
  if (!note || note.source !== sourceOf(request)) return undefined;
  const parts = inFolder(kept, note);
  for (const part of parts) {
    if (!(await isDelivered(receiptsPath(request), part)) && !(await isWhole(part))) return undefined;
  }
  await touch(join(kept, noteName));
  return parts;
}

/** An epoch that was found later, or another span, makes other parts. */
const sourceOf = ({ dirs, startMs, endMs, container, limits }: FinishRequest): string =>
  JSON.stringify([dirs.map((dir) => dir.split(/[\\/]/).slice(-2)), startMs, endMs, container, limits]);

const inFolder = (folder: string, { parts }: Note): LocalPart[] =>
  parts.map((part) => ({ ...part, path: join(folder, part.path) }));

/** Half a note is none: the process that wrote it was killed. */
async function readNote(folder: string): Promise<Note | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, noteName), 'utf8')) as Note;
  } catch {
    return undefined;
  }
}

async function isWhole({ path, container, sizeBytes, sha256 }: LocalPart): Promise<boolean> {
  try {
    const [size, hashed] =
      container === 'hls' ? [await folderSize(path), join(path, hlsPlaylistName)] : [await fileSize(path), path];
    return size === sizeBytes && (await hashFile(hashed)) === sha256;
  } catch {
    return false;
  }
}

const fileSize = async (path: string): Promise<number> => (await stat(path)).size;

async function touch(path: string): Promise<void> {
  const now = new Date();
  await utimes(path, now, now);
}
