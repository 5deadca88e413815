import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { backOffMs } from '../back-off.ts';
import type { Clock } from '../clock.ts';
import type { Logger } from '../process/log.ts';
import { parsePlaylist } from '../segment/playlist.ts';
import { playlistFile, readRecord, type RecordingRecord } from '../segment/recording-folder.ts';
import { FolderUpload, type FolderUploadOptions } from './folder-upload.ts';

/** What {@link LiveFolder} is given. */
export interface LiveFolderOptions {
  /** Folder of one file and epoch, which may be being written. */
  readonly dir: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** How the folder is uploaded, once it says whose it is. */
  readonly uploadOf: (record: RecordingRecord) => Omit<FolderUploadOptions, 'dir'>;
}

/** A folder that has said whose it is. */
interface OpenUpload {
  readonly folder: FolderUpload;
  readonly record: RecordingRecord;
  readonly signal: AbortSignal;
}

/**
 * One folder that grows: uploads what its playlist names whenever that has changed, again later when it fails. Playlists
 * that were left behind in the bucket catch up in due time.
 */
export class LiveFolder {
  readonly #options: LiveFolderOptions;
  #upload: OpenUpload | undefined;
  /** Version of the playlist that was uploaded. */
  #seen = '';
  #busy: Promise<void> | undefined;
  #failedInRow = 0;
  #failures = 0;
  #notBeforeUs = 0;

  constructor(options: LiveFolderOptions) {
    this.#options = options;
  }

  /** Segments in the bucket. */
  get segments(): number {
    return this.#upload?.folder.done ?? 0;
  }

  /** Tries that failed. */
  get failures(): number {
    return this.#failures;
  }

  /** Goes on unless it is at work, or waits after a failure. Never throws. */
  look(): void {
    if (this.#busy || this.#options.clock.monoUs() < this.#notBeforeUs) return;
    this.#busy = this.#try().finally(() => (this.#busy = undefined));
  }

  /** Resolves when what is on the way has arrived or failed. */
  async settle(): Promise<void> {
    await this.#busy;
  }

  async #try(): Promise<void> {
    try {
      await this.#bring();
      this.#failedInRow = 0;
    } catch (error) {
      if (!this.#upload?.signal.aborted) this.#wait(error);
    }
  }

  async #bring(): Promise<void> {
    const path = join(this.#options.dir, playlistFile);
    const { mtimeMs, size } = await stat(path);
    const version = `${mtimeMs} ${size}`;
    if (version === this.#seen) return this.#upload?.folder.catchUp();
    this.#upload ??= this.#open();
    if (!this.#upload) return;
    const { folder, record } = this.#upload;
    const { segments, ended } = parsePlaylist(await readFile(path, 'utf8'), record.zeroUs);
    await folder.bring(segments, ended);
    this.#seen = version;
  }

  #open(): OpenUpload | undefined {
    const { dir, uploadOf } = this.#options;
    const record = readRecord(dir);
    if (!record) return undefined;
    const options = uploadOf(record);
    return { folder: new FolderUpload({ ...options, dir }), record, signal: options.signal };
  }

  /** 1 s after the first failure, doubling to a minute. */
  #wait(error: unknown): void {
    // A folder is there before its first playlist is.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' && !this.#upload) return;
    this.#failures += 1;
    this.#failedInRow += 1;
    const waitMs = backOffMs(this.#failedInRow);
    this.#notBeforeUs = this.#options.clock.monoUs() + waitMs * 1000;
    this.#options.log.warn({ err: error, waitMs }, 'the bucket does not take segments; they wait on the spool');
  }
}
