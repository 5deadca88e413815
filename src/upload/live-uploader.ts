import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, CancelTimer } from '../clock.ts';
import type { Logger } from '../process/log.ts';
import type { RecordingIdentity } from '../segment/recording-folder.ts';
import { LiveFolder } from './live-folder.ts';
import { ToldOnce, type UploadEvents } from './upload-events.ts';
import { playlistShape, type UploadTarget } from './upload-target.ts';
import { taskTurns, type UploadTurns } from './upload-turns.ts';

/** What {@link LiveUploader} is given. */
export interface LiveUploaderOptions {
  /** Folder of the task's present epoch on the spool; its folders are the files. It need not exist yet. */
  readonly dir: string;
  readonly target: UploadTarget;
  /** AvMerge 0: an anchor's sound and pictures have playlists of their own. */
  readonly separateMedia: boolean;
  /** What all names of a file begin with (contract §5). */
  readonly stemOf: (identity: RecordingIdentity) => string;
  readonly events: UploadEvents;
  readonly clock: Clock;
  readonly log: Logger;
  /** Limits the uploads of the process; by default each task has a few turns among all. */
  readonly turns?: UploadTurns;
}

/** Counters of one live upload. */
export interface LiveUploaderStats {
  readonly files: number;
  /** Segments in the bucket. */
  readonly segments: number;
  /** Tries that failed. */
  readonly failures: number;
}

/** A segment lasts ten seconds: it is in the bucket a second or so after its end. */
const lookEveryMs = 1_000;

/**
 * Uploads a running task's segments as they are finished, and the playlists that name them. It only ever reads the spool,
 * so recording goes on whatever becomes of it; what it did not get done, `completeUpload` does at the end.
 */
export class LiveUploader {
  readonly #options: LiveUploaderOptions;
  readonly #events: ToldOnce;
  readonly #turns: UploadTurns;
  readonly #folders = new Map<string, LiveFolder>();
  readonly #ended = new AbortController();
  readonly #cancel: CancelTimer;
  #looking: Promise<void> | undefined;

  /** Begins to look. */
  constructor(options: LiveUploaderOptions) {
    this.#options = options;
    this.#events = new ToldOnce(options.events);
    this.#turns = options.turns ?? taskTurns();
    this.#cancel = options.clock.every(lookEveryMs, () => void this.#look());
  }

  /** True after {@link LiveUploader.close}. */
  get closed(): boolean {
    return this.#ended.signal.aborted;
  }

  /** Counters so far. */
  stats(): LiveUploaderStats {
    const folders = [...this.#folders.values()];
    const sum = (count: (folder: LiveFolder) => number): number =>
      folders.reduce((all, folder) => all + count(folder), 0);
    return {
      files: folders.length,
      segments: sum((folder) => folder.segments),
      failures: sum((folder) => folder.failures),
    };
  }

  /**
   * After the recording has ended: looks once more and resolves when everything was uploaded, was tried in vain, or
   * `withinMs` have passed; then closes. It never rejects: what is left is the finishing job's.
   */
  async finish(withinMs: number): Promise<void> {
    let cancel: CancelTimer | undefined;
    const late = new Promise<void>((resolve) => (cancel = this.#options.clock.after(withinMs, resolve)));
    await Promise.race([this.#lastLook(), late]);
    cancel?.();
    this.close();
  }

  /** Stops at once; uploads under way are given up. Idempotent. */
  close(): void {
    this.#cancel();
    this.#ended.abort();
  }

  /** What is under way may have begun before the end was written, so it is looked for behind that. */
  async #lastLook(): Promise<void> {
    for (let round = 0; round < 2; round += 1) {
      await this.#look();
      await Promise.all([...this.#folders.values()].map((folder) => folder.settle()));
    }
  }

  /** Looks for files that are new and for segments of all of them. Never rejects. */
  #look(): Promise<void> {
    return (this.#looking ??= this.#lookNow().finally(() => (this.#looking = undefined)));
  }

  async #lookNow(): Promise<void> {
    for (const fileKey of await readdir(this.#options.dir).catch(() => [])) {
      if (this.closed) return;
      if (!this.#folders.has(fileKey)) this.#folders.set(fileKey, this.#open(fileKey));
    }
    for (const folder of this.#folders.values()) folder.look();
  }

  #open(fileKey: string): LiveFolder {
    const { dir, target, separateMedia, stemOf, clock, log } = this.#options;
    return new LiveFolder({
      dir: join(dir, fileKey),
      clock,
      log: log.child({ file: fileKey }),
      uploadOf: (record) => ({
        record,
        stem: stemOf(record),
        shape: playlistShape(record.mediaId, separateMedia),
        target,
        events: this.#events,
        turns: this.#turns,
        clock,
        signal: this.#ended.signal,
      }),
    });
  }
}
