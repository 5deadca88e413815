import type { SeenPicture } from '../evidence/timeline.ts';
import type { MediaId } from '../room-key.ts';
import type { AudioFormat, SegmentWriter } from '../segment/segment-writer.ts';
import type { Micros, WallUs } from '../units.ts';
import type { RecordingPlan } from '../worker-api/messages.ts';
import type { ImageLoader } from '../images/image-loader.ts';
import type { LayoutPlan } from '../layout/layout-plan.ts';

/** What the mix's file carries. */
export interface MixFormats {
  /** H.264 with SPS and PPS in every key frame; at least one key frame per `gopSeconds`. */
  readonly video: { readonly width: number; readonly height: number; readonly fps: number } | undefined;
  readonly audio: AudioFormat | undefined;
}

/** Where the recording writes what it has to say; a pino logger fits. */
export interface MixLog {
  info(fields: object, message: string): void;
}

/** What a mixed recording is made of. */
export interface MixedRecordingOptions {
  /** Absolute start: tick 0 and sample 0. A task keeps it through all its epochs. */
  readonly zeroUs: WallUs;
  /** First moment this epoch records; the zero by default. */
  readonly fromUs?: WallUs | undefined;
  /** The same for sound, where it goes on from another moment than the pictures; that moment by default. */
  readonly soundFromUs?: WallUs | undefined;
  readonly video: RecordingPlan['video'];
  readonly audio: RecordingPlan['audio'];
  readonly streams: RecordingPlan['streams'];
  /** Who is where at first; {@link MixedRecording.changeLayout} replaces it. */
  readonly layout: LayoutPlan;
  /** Cameras, screens, or both: who does not send what is recorded has no place for it. Both by default. */
  readonly media?: RecordingPlan['media'] | undefined;
  /** What is seen while a user sends no picture: the last one or black. */
  readonly fill: RecordingPlan['fill'];
  /** Brings the images that layouts name; without it none is shown. */
  readonly images?: Pick<ImageLoader, 'load'> | undefined;
  /** An image cannot be fetched or decoded: called once for every layout that names it; the recording goes on. */
  readonly onImageFailed?: ((url: string) => void) | undefined;
  /** Told who is seen where whenever that changes, in drawing order, with the time of the first picture that shows it. */
  readonly onArranged?: ((pictures: readonly SeenPicture[], at: WallUs) => void) | undefined;
  /**
   * Opens the file once the encoders are known. The recording flushes and closes it. `requestKeyFrame` makes a picture
   * that is encoded soon a key frame, for a file that is to be cut before the next one is due.
   */
  readonly openWriter: (formats: MixFormats, requestKeyFrame: () => void) => SegmentWriter | Promise<SegmentWriter>;
  /** Asks a sender for a key frame; called again while one is needed, so the callee limits the rate. */
  readonly requestKeyFrame?: ((userId: string, mediaId: MediaId) => void) | undefined;
  /**
   * How long a tick waits for late media, 700 ms by default: a retransmission takes up to 600 ms, and nobody watches a
   * recording live.
   */
  readonly latencyUs?: Micros | undefined;
  readonly log?: MixLog | undefined;
}
