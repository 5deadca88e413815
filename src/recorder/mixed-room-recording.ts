import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FeedAnchor, FeedTrack } from '../feed/messages.ts';
import { fullEffort, type Effort } from '../mixed/effort.ts';
import type { ImageLoader } from '../images/image-loader.ts';
import type { LayoutPlan } from '../layout/layout-plan.ts';
import {
  createMixedRecording,
  type MixedPicture,
  type MixedRecording,
  type MixedSound,
} from '../mixed/mixed-recording.ts';
import type { MixedRecordingOptions } from '../mixed/mix-options.ts';
import { fileKey } from '../naming/file-key.ts';
import type { Logger } from '../process/log.ts';
import type { AudioSink, VideoSink } from '../timeline/media.ts';
import { floorWallMs, micros, toWallMs, wallUs, type Micros, type WallUs } from '../units.ts';
import type { RecordedFile, RecordingPlan } from '../worker-api/messages.ts';
import { Late } from './late.ts';
import { isWanted, SHORTEST_FILE_US, type RoomRecording } from './room-recording.ts';
import type { OpenSpoolFile } from './spool-writer.ts';

/** What the mix of a room needs. */
export interface MixedRoomRecordingOptions {
  readonly plan: RecordingPlan;
  /** Zero of an earlier epoch of the same task, if there was one. */
  readonly zeroUs: WallUs | undefined;
  /** Where the mix begins, for one that goes on from another; with its first media by default. */
  readonly begin?: (first: WallUs) => Promise<MixBeginning>;
  readonly openWriter: OpenSpoolFile;
  readonly requestKeyFrame: (track: number) => void;
  /** Brings the images that layouts name. */
  readonly images: Pick<ImageLoader, 'load'>;
  /** An image of the layout cannot be used (event 309); the recording goes on. */
  readonly onImageFailed: (url: string) => void;
  /** Who is seen where from a time on. */
  readonly onArranged?: MixedRecordingOptions['onArranged'];
  /** The file could not be opened: nothing is being recorded. */
  readonly onFault: (error: unknown) => void;
  readonly log: Logger;
}

/** Where a mix begins. */
export type MixBeginning = Pick<MixedRecordingOptions, 'zeroUs' | 'fromUs' | 'soundFromUs'>;

/** Pictures that are decoded in one go before the first is drawn. */
const WARM_UP_AT_A_TIME = 16;

/** Steps of the compositor (1–10 ms each) taken in one go. */
const STEPS_AT_A_TIME = 6;

/** What a mix keeps back for late media: with it, every whole window before `end` is due, and nothing behind it. */
const LATENCY_US = 700_000;

/** Draws what is due in pieces, so that the process goes on serving its other tasks and leases meanwhile. */
async function catchUp(mix: MixedRecording, end: WallUs): Promise<void> {
  while (!mix.closed && mix.advance(wallUs(end + LATENCY_US), STEPS_AT_A_TIME)) await nextTurn();
}

const TRACK_TYPE = { 'audio-video': 'audio_video', audio: 'audio', video: 'video' } as const;

/**
 * The room as one picture and one sound. The file begins with the first media of anybody and ends when the task ends,
 * or when the last anchor left before that (docs/decisions/0003).
 */
export class MixedRoomRecording implements RoomRecording {
  #options: MixedRoomRecordingOptions;
  #mix: Late<MixedRecording>;
  #videoTracks = new Map<string, number>();
  #tracks = new Map<number, MixedPicture | MixedSound>();
  #anchors = new Set<string>();
  #emptySince: WallUs | undefined;
  #effort = fullEffort;

  constructor(options: MixedRoomRecordingOptions) {
    this.#options = options;
    this.#mix = new Late(options.log, options.onFault);
  }

  anchorEntered({ userId, order, enteredUs }: FeedAnchor): void {
    this.#anchors.add(userId);
    this.#emptySince = undefined;
    this.#mix.run((mix) => mix.addAnchor(userId, order, enteredUs));
  }

  anchorLeft(userId: string, at: WallUs): void {
    this.#anchors.delete(userId);
    this.#mix.run((mix) => mix.removeAnchor(userId, at));
    if (this.#anchors.size === 0) this.#emptied(at);
  }

  openTrack(track: FeedTrack): (VideoSink & AudioSink) | undefined {
    if (!isWanted(this.#options.plan, track)) return undefined;
    const { userId, mediaId, startedUs } = track;
    if (track.media === 'video') {
      this.#videoTracks.set(fileKey(userId, mediaId), track.track);
      this.#mix.run((mix) => this.#tracks.set(track.track, mix.addPicture(userId, mediaId, startedUs)));
    } else {
      this.#mix.run((mix) => this.#tracks.set(track.track, mix.addSound(userId, mediaId, startedUs)));
    }
    return {
      onVideo: (unit) =>
        this.#take(unit.at, () => (this.#tracks.get(track.track) as MixedPicture | undefined)?.onVideo(unit)),
      onAudio: (unit) =>
        this.#take(unit.at, () => (this.#tracks.get(track.track) as MixedSound | undefined)?.onAudio(unit)),
    };
  }

  closeTrack(track: FeedTrack, at: WallUs): void {
    this.#mix.run(() => {
      this.#tracks.get(track.track)?.remove(at);
      this.#tracks.delete(track.track);
    });
  }

  forgetPictures(userId: string, at: WallUs): void {
    this.#mix.run((mix) => mix.forgetPictures(userId, at));
  }

  changeLayout(layout: LayoutPlan, at: WallUs): void {
    this.#mix.run((mix) => mix.changeLayout(layout, at));
  }

  advance(now: WallUs): boolean {
    return this.#mix.value?.advance(now, STEPS_AT_A_TIME) ?? false;
  }

  /** Resolves when the file that the first media asked for is open, or could not be opened. */
  async opened(): Promise<void> {
    await this.#mix.settled();
  }

  /** Decodes a bounded number of pictures from before the mix's beginning; true when there is more to do. */
  warmUp(): boolean {
    return this.#mix.value?.warmUp(WARM_UP_AT_A_TIME) ?? false;
  }

  /** Everything before this is in the file; undefined while there is none. */
  get writtenUntil(): WallUs | undefined {
    return this.#mix.value?.writtenUntil;
  }

  lag(now: WallUs): Micros {
    return this.#mix.value?.lag(now) ?? micros(0);
  }

  setEffort(effort: Effort): void {
    this.#effort = effort;
    this.#mix.value?.setEffort(effort);
  }

  async finish(at: WallUs): Promise<RecordedFile[]> {
    const mix = await this.#mix.settled();
    if (!mix) return [];
    const end = wallUs(Math.min(at, this.#emptySince ?? at));
    await catchUp(mix, end);
    if (mix.closed) return [];
    const { startUs } = mix.finish(end);
    if (end - startUs < SHORTEST_FILE_US) return [];
    const trackType = TRACK_TYPE[this.#options.plan.streams];
    // An empty room goes on being written, in case somebody comes back; finishing cuts what lies behind the end.
    const span = { startMs: floorWallMs(startUs), endMs: toWallMs(end) };
    return [{ fileKey: fileKey('', 'mix'), userId: '', mediaId: 'mix', trackType, ...span }];
  }

  close(): void {
    this.#mix.close();
  }

  /** If nobody comes back the file ends here, and its HLS with a whole segment. Ends are told in whole milliseconds. */
  #emptied(at: WallUs): void {
    this.#emptySince = at;
    this.#mix.run((mix) => mix.cutAt(wallUs(at + 1_000)));
  }

  /** Recording zero is the first media of anybody, unless an earlier epoch has set it. */
  #take(at: WallUs, deliver: () => void): void {
    if (!this.#mix.begun) this.#begin(at);
    this.#mix.run(deliver);
  }

  #begin(first: WallUs): void {
    this.#mix.open(async () => createMixedRecording(this.#mixOptions(await this.#beginning(first))));
    this.#mix.run((mix) => mix.setEffort(this.#effort));
  }

  async #beginning(first: WallUs): Promise<MixBeginning> {
    const { begin, zeroUs } = this.#options;
    return begin ? begin(first) : { zeroUs: zeroUs ?? first, fromUs: first };
  }

  #mixOptions(beginning: MixBeginning): MixedRecordingOptions {
    const { plan, log, openWriter, requestKeyFrame, images, onImageFailed } = this.#options;
    const { zeroUs } = beginning;
    return {
      ...beginning,
      video: plan.video,
      audio: plan.audio,
      streams: plan.streams,
      layout: plan.layout,
      media: plan.media,
      fill: plan.fill,
      images,
      onImageFailed,
      onArranged: this.#options.onArranged,
      openWriter: ({ audio, video }, askEncoder) => {
        const format = { zeroUs, audio, video: video !== undefined };
        return openWriter({ userId: '', mediaId: 'mix', ...format, requestKeyFrame: askEncoder });
      },
      requestKeyFrame: (userId, mediaId) => {
        const track = this.#videoTracks.get(fileKey(userId, mediaId));
        if (track !== undefined) requestKeyFrame(track);
      },
      log,
    };
  }
}
