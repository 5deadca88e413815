import { syncPath, syncPathNow } from '../durable-folder.ts';
import type { WallUs } from '../units.ts';
import { playlistText, segmentLines, type Segment } from './playlist.ts';
import { claimFolder, writePlaylist, writeRecord, type RecordingIdentity, type TrackType } from './recording-folder.ts';

/** What a {@link RecordingJournal} is made of. */
export interface RecordingJournalOptions {
  readonly dir: string;
  readonly zeroUs: WallUs;
  readonly identity: RecordingIdentity;
  readonly hasAudio: boolean;
  /** Told when the playlist could not be written: nothing is lost by that, the next one has it all. */
  readonly onError: (error: Error) => void;
}

/** What a recording's folder says of itself: that it is taken, `recording.json` and the playlist. */
export class RecordingJournal {
  readonly #options: RecordingJournalOptions;
  #claimed = false;
  #video = false;
  #recorded: TrackType | undefined;
  #lines = '';

  /** Touches no disk yet. */
  constructor(options: RecordingJournalOptions) {
    this.#options = options;
  }

  /**
   * Makes sure that the folder is ours and its record names the streams; `video` once said stays. No media may be
   * written before this returned, since it could not be recovered without the record. It is tried again at every call.
   * @throws FolderOccupiedError, or the error of the file system.
   */
  prepare(video: boolean): void {
    const { dir, identity, zeroUs } = this.#options;
    if (!this.#claimed) claimFolder(dir);
    this.#claimed = true;
    this.#video ||= video;
    const trackType = this.#trackType();
    if (this.#recorded === trackType) return;
    writeRecord(dir, { version: 1, ...identity, zeroUs, trackType });
    const first = this.#recorded === undefined;
    this.#recorded = trackType;
    if (first) this.save(false);
  }

  /** Notes a finished segment; {@link RecordingJournal.save} puts it into the playlist. */
  add(segment: Segment): void {
    this.#lines += segmentLines(segment, this.#options.zeroUs);
  }

  /** Writes the playlist, `ended` or still growing. Never throws. */
  save(ended: boolean): void {
    if (this.#recorded === undefined) return;
    this.#try(() => writePlaylist(this.#options.dir, playlistText(this.#lines, ended)));
  }

  /** Waits until the folder's list of files is on the disk. Never throws. */
  sync(): void {
    if (this.#recorded !== undefined) this.#try(() => syncPathNow(this.#options.dir));
  }

  /** The same without waiting; resolves when it is there or could not be. */
  async syncSoon(): Promise<void> {
    if (this.#recorded === undefined) return;
    await syncPath(this.#options.dir).catch(this.#options.onError);
  }

  #trackType(): TrackType {
    if (!this.#video) return 'audio';
    return this.#options.hasAudio ? 'audio_video' : 'video';
  }

  #try(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#options.onError(error as Error);
    }
  }
}
