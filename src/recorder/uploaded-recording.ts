import type { FeedAnchor, FeedTrack } from '../feed/messages.ts';
import type { LayoutPlan } from '../layout/layout-plan.ts';
import type { Effort } from '../mixed/effort.ts';
import type { AudioSink, VideoSink } from '../timeline/media.ts';
import type { Micros, WallUs } from '../units.ts';
import type { RecordedFile } from '../worker-api/messages.ts';
import type { RoomRecording } from './room-recording.ts';
import type { BucketWork } from './bucket-work.ts';

/**
 * A recording whose segments are uploaded while it runs. The upload ends with it: before the end is told, because from
 * then on the finishing job writes the same objects, and with the lease, because then somebody else does.
 */
export class UploadedRecording implements RoomRecording {
  readonly #recording: RoomRecording;
  readonly #upload: BucketWork;

  constructor(recording: RoomRecording, upload: BucketWork) {
    this.#recording = recording;
    this.#upload = upload;
  }

  anchorEntered(anchor: FeedAnchor): void {
    this.#recording.anchorEntered(anchor);
  }

  anchorLeft(userId: string, at: WallUs): void {
    this.#recording.anchorLeft(userId, at);
  }

  openTrack(track: FeedTrack): (VideoSink & AudioSink) | undefined {
    const sink = this.#recording.openTrack(track);
    if (sink) this.#upload.onMedia?.();
    return sink;
  }

  closeTrack(track: FeedTrack, at: WallUs): void {
    this.#recording.closeTrack(track, at);
  }

  forgetPictures(userId: string, at: WallUs): void {
    this.#recording.forgetPictures(userId, at);
  }

  changeLayout(layout: LayoutPlan, at: WallUs): void {
    this.#recording.changeLayout(layout, at);
  }

  advance(now: WallUs): boolean {
    return this.#recording.advance(now);
  }

  lag(now: WallUs): Micros {
    return this.#recording.lag(now);
  }

  setEffort(effort: Effort): void {
    this.#recording.setEffort(effort);
  }

  async finish(at: WallUs): Promise<RecordedFile[]> {
    const files = await this.#recording.finish(at);
    await this.#upload.finish();
    return files;
  }

  close(): void {
    this.#recording.close();
    this.#upload.close();
  }
}
