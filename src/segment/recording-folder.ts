import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { syncPathNow } from '../durable-folder.ts';
import { utcStamp } from '../naming/hls-name.ts';
import type { MediaId } from '../room-key.ts';
import type { WallUs } from '../units.ts';

/** Whose recording a folder of the spool holds; kept in `recording.json` so that the folder explains itself after a crash. */
export interface RecordingIdentity {
  /** The task it is recorded for. */
  readonly taskId?: string | undefined;
  /** Empty for the mix. */
  readonly userId: string;
  readonly mediaId: MediaId | 'mix';
  /** Epoch of the lease under which the folder is written. */
  readonly epoch: number;
}

/** What a recording's file has in it. */
export type TrackType = 'audio' | 'video' | 'audio_video';

/** Contents of `recording.json`. */
export interface RecordingRecord extends RecordingIdentity {
  readonly version: 1;
  /** Wall time of the recording's zero. */
  readonly zeroUs: WallUs;
  readonly trackType: TrackType;
}

/** The folder is in use already; a recording never writes over another. */
export class FolderOccupiedError extends Error {
  /** Names the folder. */
  constructor(dir: string) {
    super(`the recording folder ${dir} is not empty`);
    this.name = 'FolderOccupiedError';
  }
}

/** The playlist's file in a recording's folder. */
export const playlistFile = 'index.m3u8';
const recordName = 'recording.json';

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

// A reader sees the old text or the new one, never half of it.
function replaceFile(path: string, text: string, flush = false): void {
  writeFileSync(`${path}.new`, text, { flush });
  renameSync(`${path}.new`, path);
}

/**
 * Creates the folder; every new folder is in its parent's list on the disk when the call returns.
 * @throws FolderOccupiedError when it holds anything.
 */
export function claimFolder(dir: string): void {
  const path = resolve(dir);
  const first = mkdirSync(path, { recursive: true });
  if (readdirSync(path).length > 0) throw new FolderOccupiedError(dir);
  if (first === undefined) return syncPathNow(dirname(path));
  for (let parent = dirname(path); ; parent = dirname(parent)) {
    syncPathNow(parent);
    if (parent === dirname(first)) return;
  }
}

/** Replaces `recording.json` in one step; it is on the disk when the call returns, since nothing can be recovered without. */
export function writeRecord(dir: string, record: RecordingRecord): void {
  replaceFile(join(dir, recordName), `${JSON.stringify(record)}\n`, true);
  syncPathNow(dir);
}

/** Reads `recording.json`; undefined when the folder or the file is not there. @throws SyntaxError when it is not ours. */
export function readRecord(dir: string): RecordingRecord | undefined {
  const text = readIfThere(join(dir, recordName));
  if (text === undefined) return undefined;
  const record: unknown = JSON.parse(text);
  if (!isRecord(record)) throw new SyntaxError(`${join(dir, recordName)} is no record of a recording`);
  return record;
}

function isRecord(value: unknown): value is RecordingRecord {
  if (typeof value !== 'object' || value === null) return false;
  const { userId, mediaId, epoch, zeroUs, trackType } = value as Partial<Record<keyof RecordingRecord, unknown>>;
  return (
    typeof userId === 'string' &&
    ['main', 'aux', 'mix'].includes(String(mediaId)) &&
    ['audio', 'video', 'audio_video'].includes(String(trackType)) &&
    Number.isSafeInteger(epoch) &&
    Number.isSafeInteger(zeroUs)
  );
}

/** Replaces `index.m3u8` in one step. */
export const writePlaylist = (dir: string, text: string): void => replaceFile(join(dir, playlistFile), text);

/** Reads `index.m3u8`; empty when there is none. */
export const readPlaylist = (dir: string): string => readIfThere(join(dir, playlistFile)) ?? '';

/** Names of the segment files in order of time. */
export function segmentNames(dir: string): string[] {
  try {
    return readdirSync(dir)
      .filter((name) => name.endsWith('.ts'))
      .sort();
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** Name of a segment: its number, then the UTC time of its start, so that both survive without the playlist. */
export const segmentName = (number: number, startMs: number): string =>
  `${String(number).padStart(6, '0')}_${utcStamp(startMs)}.ts`;

/** Start time in a segment's name, in milliseconds since the epoch; undefined when the name is not ours. */
export function segmentStartMs(name: string): number | undefined {
  const stamp = /_(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d{3})\.ts$/.exec(name)?.slice(1).map(Number);
  if (!stamp) return undefined;
  const [year, month, day, hour, minute, second, ms] = stamp as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return Date.UTC(year, month - 1, day, hour, minute, second, ms);
}
