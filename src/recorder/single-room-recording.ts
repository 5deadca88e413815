import type { FeedAnchor, FeedTrack } from '../feed/messages.ts';
import type { LayoutPlan } from '../layout/layout-plan.ts';
import type { Effort } from '../mixed/effort.ts';
import { fileKey } from '../naming/file-key.ts';
import type { Logger } from '../process/log.ts';
import { createSingleRecording, type SingleRecording } from '../single/single-recording.ts';
import type { AudioSink, VideoSink } from '../timeline/media.ts';
import { floorWallMs, micros, toWallMs, wallUs, type Micros, type WallUs } from '../units.ts';
import type { RecordedFile, RecordingPlan } from '../worker-api/messages.ts';
import type { EarlierEpochs } from './earlier-epochs.ts';
import { Late } from './late.ts';
import type { FileWitness } from './spool-writer.ts';
import { isWanted, SHORTEST_FILE_US, type RoomRecording } from './room-recording.ts';

/** What recording everybody apart needs. */
export interface SingleRoomRecordingOptions {
  readonly plan: RecordingPlan;
  readonly epoch: number;
  /** Bound into the chains of the segments. */
  readonly taskId?: string;
  /** Told how far the chain of a file goes, and when the disk refuses it. */
  readonly witness?: FileWitness;
  readonly earlier: EarlierEpochs;
  /** Folder of a file under the present epoch. */
  readonly folder: (fileKey: string) => string;
  readonly requestKeyFrame: (track: number) => void;
  /** Whether the task is still this recorder's; always by default. */
  readonly mayWrite?: () => boolean;
  /** A file could not be opened: its anchor is not being recorded. */
  readonly onFault: (error: unknown) => void;
  readonly log: Logger;
}

/** One file and the tracks that feed it now; a re-publish by the same user goes on in the same file. */
interface AnchorFile {
  readonly recording: Late<SingleRecording>;
  /** Tracks by their number. */
  readonly open: Map<number, FeedTrack['media']>;
  readonly userId: string;
  readonly mediaId: 'main' | 'aux';
  videoTrack: number | undefined;
}

/** Every anchor's camera and every shared screen as a file of its own (RecordMode 1). */
export class SingleRoomRecording implements RoomRecording {
  #options: SingleRoomRecordingOptions;
  #files = new Map<string, AnchorFile>();

  constructor(options: SingleRoomRecordingOptions) {
    this.#options = options;
  }

  anchorEntered(_anchor: FeedAnchor): void {
    // A file begins with an anchor's first media, not with the anchor's presence.
  }

  anchorLeft(_userId: string, _at: WallUs): void {
    // The tracks are closed one by one before this.
  }

  openTrack(track: FeedTrack): (VideoSink & AudioSink) | undefined {
    if (!isWanted(this.#options.plan, track)) return undefined;
    const file = this.#fileOf(track);
    file.open.set(track.track, track.media);
    if (track.media === 'video') file.videoTrack = track.track;
    file.recording.run((recording) => (track.media === 'video' ? recording.beginVideo() : recording.beginSound()));
    return {
      onVideo: (unit) => file.recording.run((recording) => recording.onVideo(unit)),
      onAudio: (unit) => file.recording.run((recording) => recording.onAudio(unit)),
    };
  }

  closeTrack(track: FeedTrack, at: WallUs): void {
    const file = this.#files.get(fileKey(track.userId, track.mediaId));
    if (!file?.open.delete(track.track)) return;
    if (file.videoTrack === track.track) file.videoTrack = undefined;
    const withoutVideo = track.media === 'video' && ![...file.open.values()].includes('video');
    if (withoutVideo) file.recording.run((recording) => recording.endVideo(at));
    if (file.open.size === 0) file.recording.run((recording) => recording.leave(at));
  }

  forgetPictures(_userId: string, _at: WallUs): void {
    // What is in the anchor's own file already was wanted when it came.
  }

  changeLayout(_layout: LayoutPlan, _at: WallUs): void {
    // Everybody has a file of their own: there is no layout (contract §2.8).
  }

  advance(now: WallUs): boolean {
    for (const { recording } of this.#files.values()) recording.value?.advance(now);
    return false;
  }

  lag(_now: WallUs): Micros {
    // Media is written as it comes.
    return micros(0);
  }

  setEffort(_effort: Effort): void {
    // Pictures pass through: there is nothing to leave out.
  }

  async finish(at: WallUs): Promise<RecordedFile[]> {
    const ended = await Promise.all([...this.#files].map(([key, file]) => finishOne(key, file, at)));
    return ended.flat();
  }

  close(): void {
    for (const { recording } of this.#files.values()) recording.close();
  }

  #fileOf({ userId, mediaId }: FeedTrack): AnchorFile {
    const key = fileKey(userId, mediaId);
    const known = this.#files.get(key);
    if (known) return known;
    const recording = new Late<SingleRecording>(
      this.#options.log.child({ user: userId, mediaId }),
      this.#options.onFault,
    );
    const file: AnchorFile = { recording, open: new Map(), userId, mediaId, videoTrack: undefined };
    this.#files.set(key, file);
    recording.open(() => this.#create(key, file));
    return file;
  }

  #create(key: string, file: AnchorFile): Promise<SingleRecording> {
    const { plan, epoch, taskId, witness, earlier, folder, requestKeyFrame, mayWrite, log } = this.#options;
    return createSingleRecording({
      dir: folder(key),
      zeroUs: earlier.zeroOf(key),
      identity: { taskId, userId: file.userId, mediaId: file.mediaId, epoch },
      streams: plan.streams,
      audio: plan.audio,
      fill: plan.fill,
      ...(mayWrite ? { mayWrite } : {}),
      requestKeyFrame: () => (file.videoTrack === undefined ? undefined : requestKeyFrame(file.videoTrack)),
      onChained: (head) => witness?.onChained(key, head),
      onRefused: (error) => witness?.onRefused(file.userId, file.mediaId, error),
      log,
    });
  }
}

async function finishOne(key: string, { recording, userId, mediaId }: AnchorFile, at: WallUs): Promise<RecordedFile[]> {
  const end = await (await recording.settled())?.finish(at);
  if (!end) return [];
  const { startUs, trackType } = end;
  if (at - startUs < SHORTEST_FILE_US) return [];
  // Media that was still on its way when the task was stopped lies behind the end; finishing cuts it off.
  const endUs = wallUs(Math.min(end.endUs, at));
  return [{ fileKey: key, userId, mediaId, trackType, startMs: floorWallMs(startUs), endMs: toWallMs(endUs) }];
}
