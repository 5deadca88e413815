import { createReadStream, type ReadStream } from 'node:fs';
import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileKeyPattern } from '../naming/file-key.ts';
import type { MediaId } from '../room-key.ts';
import { parsePlaylist } from '../segment/playlist.ts';
import { playlistFile, readRecord, type RecordingRecord, type TrackType } from '../segment/recording-folder.ts';
import { livePlaylist } from './live-playlist.ts';

/** A recorded file of a running task, as far as it is on this machine's spool. */
export interface PreviewStream {
  /** Name of its folder on the spool, and of the stream in addresses. */
  readonly fileKey: string;
  /** Of the lease under which it is written. */
  readonly epoch: number;
  /** Empty for the mix. */
  readonly userId: string;
  readonly mediaId: MediaId | 'mix';
  readonly trackType: TrackType;
  /** Whether a segment is there to be played. */
  readonly playable: boolean;
}

const segmentPattern = /^\d{6,}_\d{17}\.ts$/;
const taskPattern = /^[A-Za-z0-9+-][A-Za-z0-9+.-]{0,199}$/;

/**
 * What recorders on this machine have written of running tasks: whole segments, which never change again. A recorder
 * elsewhere has its spool elsewhere; nothing of it is found here.
 */
export class SpoolPreview {
  readonly #root: string;

  /** `root` is the spool folder of the data directory. */
  constructor(root: string) {
    this.#root = root;
  }

  /** The files of a task by name, each as its latest owner writes it; empty when nothing of it is on this machine. */
  async streams(taskId: string): Promise<PreviewStream[]> {
    if (!taskPattern.test(taskId)) return [];
    const found = new Map<string, PreviewStream>();
    for (const epoch of await this.#epochs(taskId)) {
      for (const fileKey of await names(join(this.#root, taskId, `e${epoch}`))) {
        const stream = await this.#stream(taskId, epoch, fileKey);
        // What was there before goes on being shown until the next owner has a segment.
        if (stream && (stream.playable || !found.get(fileKey)?.playable)) found.set(fileKey, stream);
      }
    }
    return [...found.values()].sort((a, b) => (a.fileKey < b.fileKey ? -1 : 1));
  }

  /** The latest minutes of what an owner writes of a file, as a playlist; undefined while there is no segment. */
  async playlist(taskId: string, fileKey: string, epoch: number): Promise<string | undefined> {
    const isPlain = taskPattern.test(taskId) && fileKeyPattern.test(fileKey) && Number.isSafeInteger(epoch);
    const folder = this.#folder(taskId, epoch, fileKey);
    const record = isPlain ? recordOf(folder) : undefined;
    const written = record && (await writtenIn(folder, record));
    if (!written || written.segments.length === 0) return undefined;
    return livePlaylist(written.segments, { zeroUs: record.zeroUs, ended: written.ended });
  }

  /** The bytes of a segment; undefined when there is none of that name. */
  async segment(taskId: string, fileKey: string, epoch: number, name: string): Promise<ReadStream | undefined> {
    const isPlain = taskPattern.test(taskId) && fileKeyPattern.test(fileKey) && segmentPattern.test(name);
    if (!isPlain || !Number.isSafeInteger(epoch)) return undefined;
    const path = join(this.#folder(taskId, epoch, fileKey), name);
    const file = await open(path, 'r').catch(unlessMissing);
    return file && createReadStream(path, { fd: file, autoClose: true });
  }

  #folder(taskId: string, epoch: number, fileKey: string): string {
    return join(this.#root, taskId, `e${epoch}`, fileKey);
  }

  async #epochs(taskId: string): Promise<number[]> {
    const epochs = (await names(join(this.#root, taskId))).flatMap((name) => /^e(\d+)$/.exec(name)?.[1] ?? []);
    return epochs.map(Number).sort((a, b) => a - b);
  }

  async #stream(taskId: string, epoch: number, fileKey: string): Promise<PreviewStream | undefined> {
    const folder = this.#folder(taskId, epoch, fileKey);
    const record = fileKeyPattern.test(fileKey) ? recordOf(folder) : undefined;
    if (!record) return undefined;
    const { userId, mediaId, trackType } = record;
    const { segments } = await writtenIn(folder, record);
    return { fileKey, epoch, userId, mediaId, trackType, playable: segments.length > 0 };
  }
}

async function writtenIn(folder: string, { zeroUs }: RecordingRecord): Promise<ReturnType<typeof parsePlaylist>> {
  const text = await readFile(join(folder, playlistFile), 'utf8').catch(unlessMissing);
  return parsePlaylist(text ?? '', zeroUs);
}

/** What was damaged is of no use here, and told by those who finish it. */
function recordOf(folder: string): RecordingRecord | undefined {
  try {
    return readRecord(folder);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const names = async (folder: string): Promise<string[]> => (await readdir(folder).catch(unlessMissing)) ?? [];

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
  throw error;
}
