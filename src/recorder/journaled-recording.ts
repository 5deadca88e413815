import type { CancelTimer, Clock } from '../clock.ts';
import type { FeedAnchor, FeedTrack } from '../feed/messages.ts';
import type { LayoutPlan } from '../layout/layout-plan.ts';
import type { MixJournal } from '../mix-journal/mix-journal.ts';
import type { Effort } from '../mixed/effort.ts';
import type { AudioSink, VideoSink } from '../timeline/media.ts';
import type { Micros, WallUs } from '../units.ts';
import type { RecordedFile } from '../worker-api/messages.ts';
import { joined } from './earlier-epochs.ts';
import type { MixFile } from './mix-file.ts';
import type { MixTakeover } from './mix-takeover.ts';
import type { RoomRecording } from './room-recording.ts';

/** Parts of a {@link JournaledRecording}. */
export interface JournaledRecordingOptions {
  readonly recording: RoomRecording;
  readonly journal: MixJournal;
  readonly takeover: MixTakeover;
  readonly file: MixFile;
  /** Whether the task is still this recorder's; always by default. */
  readonly mayWrite?: () => boolean;
  readonly clock: Clock;
}

const TICK_MS = 100;

/**
 * A mix whose every call is written to a journal before it is made, and that begins with what the owner before it had
 * only in its journal (docs/decisions/0013). The journal goes with an end in order and stays after any other.
 */
export class JournaledRecording implements RoomRecording {
  readonly #options: JournaledRecordingOptions;
  readonly #cancelTick: CancelTimer;
  #closed = false;

  constructor(options: JournaledRecordingOptions) {
    this.#options = options;
    const { clock, journal } = options;
    this.#cancelTick = clock.every(TICK_MS, () => journal.tick(clock.wallUs()));
  }

  anchorEntered(anchor: FeedAnchor): void {
    this.#options.journal.anchorEntered(anchor);
    this.#options.recording.anchorEntered(anchor);
  }

  anchorLeft(userId: string, at: WallUs): void {
    this.#options.journal.anchorLeft(userId, at);
    this.#options.recording.anchorLeft(userId, at);
  }

  openTrack(track: FeedTrack): (VideoSink & AudioSink) | undefined {
    const { journal, recording } = this.#options;
    const sink = recording.openTrack(track);
    if (!sink) return undefined;
    journal.trackOpened(track);
    return {
      onVideo: (unit) => {
        journal.video(track.track, unit);
        sink.onVideo(unit);
      },
      onAudio: (unit) => {
        journal.audio(track.track, unit);
        sink.onAudio(unit);
      },
    };
  }

  closeTrack(track: FeedTrack, at: WallUs): void {
    this.#options.journal.trackClosed(track.track, at);
    this.#options.recording.closeTrack(track, at);
  }

  forgetPictures(userId: string, at: WallUs): void {
    this.#options.journal.picturesForgotten(userId, at);
    this.#options.recording.forgetPictures(userId, at);
  }

  changeLayout(layout: LayoutPlan, at: WallUs): void {
    this.#options.journal.layoutChanged(layout, at);
    this.#options.recording.changeLayout(layout, at);
  }

  advance(now: WallUs): boolean {
    return this.#options.recording.advance(now);
  }

  lag(now: WallUs): Micros {
    return this.#options.recording.lag(now);
  }

  setEffort(effort: Effort): void {
    this.#options.recording.setEffort(effort);
  }

  /** Resolves when the journal has what was given up to its last tick. */
  settled(): Promise<void> {
    return this.#options.journal.settled();
  }

  async finish(at: WallUs): Promise<RecordedFile[]> {
    const { recording, journal, takeover, file } = this.#options;
    const [own] = await recording.finish(at);
    const [taken] = await takeover.files();
    // Closed meanwhile, by a drain or a lease that is gone: what was not written is in the journal alone.
    if (this.#closed || this.#options.mayWrite?.() === false) return [];
    file.close();
    this.#cancelTick();
    await journal.remove();
    if (own && taken) return [joined(taken, own)];
    return [own ?? taken].filter((one) => one !== undefined);
  }

  close(): void {
    const { recording, journal, takeover, file } = this.#options;
    this.#closed = true;
    this.#cancelTick();
    takeover.close();
    recording.close();
    file.close();
    void journal.close();
  }
}
