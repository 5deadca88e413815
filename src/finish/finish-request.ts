import type { WallMs } from '../units.ts';
import type { TencentVodStorage } from '../config/apps.ts';
import type { EpochHead } from '../segment/check-chain.ts';
import type { MediaId } from '../room-key.ts';
import type { BucketDestination, Container, JobFault, UploadProgress, VodDestination } from '../worker-api/messages.ts';
import type { PartLimits } from './split.ts';

/** Streams that were written into a file, so that it must have them. */
export interface ExpectedStreams {
  readonly audio: boolean;
  readonly video: boolean;
}

/** What parts are made of, and how. */
export interface PartsRequest {
  /** Folders of one file on the spool, one per epoch, in order. */
  readonly dirs: readonly string[];
  /** Media span by the timeline: the first part's zero and the last one's end. */
  readonly startMs: WallMs;
  readonly endMs: WallMs;
  readonly container: Container;
  /** When a file is split; nothing to HLS. */
  readonly limits: PartLimits;
}

/** Where parts go. Holds secrets: never logged, never in arguments or the environment of a process. */
export type PartsTarget =
  | { readonly kind: 'library'; readonly root: string; readonly subAppId: number }
  | { readonly kind: 'tencent-vod'; readonly account: TencentVodStorage; readonly options: VodDestination }
  | {
      readonly kind: 'bucket';
      readonly taskId: string;
      readonly bucket: BucketDestination;
      readonly allowPrivate: boolean;
    };

/** One finishing job as its own process sees it. */
export interface FinishRequest extends PartsRequest {
  /** Folder for the unfinished files of all attempts, best on the file system of the library. */
  readonly tempDir: string;
  /**
   * Tells this try from every other one that may still be at work on the same output, so that no two write the same
   * unfinished files: epoch and number of the try, letters, digits and dashes.
   */
  readonly attempt: string;
  readonly mediaId: MediaId | 'mix';
  /** HLS in a bucket only: sound and picture in playlists of their own. */
  readonly separateMedia: boolean;
  /** Name by contract §5 without index and extension. */
  readonly nameStem: string;
  /** FileId of the first part in the library. */
  readonly fileId: string;
  readonly target: PartsTarget;
  /** How far the chains of the epochs went when that was last told. */
  readonly heads?: readonly EpochHead[] | undefined;
  /** Age at which jobs are given up, in milliseconds: what attempts leave for each other is kept for longer. */
  readonly giveUpMs?: number | undefined;
  /** With less free space, in MiB, finished parts are not kept for another attempt: it can make them anew. */
  readonly leastFreeMb?: number | undefined;
  /** How far an earlier attempt's upload in parts had come. */
  readonly upload?: UploadProgress | undefined;
}

/** Why a job could not be finished. `no-media` will not change on another try. */
export type FinishErrorCode = 'no-media' | 'probe-failed' | 'cancelled' | 'not-delivered' | 'failed';

const faults = {
  'no-media': 'content',
  'probe-failed': 'content',
  cancelled: 'environment',
  'not-delivered': 'destination',
  failed: 'environment',
} as const satisfies Record<FinishErrorCode, JobFault>;

/** The one error of finishing. */
export class FinishError extends Error {
  readonly code: FinishErrorCode;
  readonly fault: JobFault;
  /** True when trying again is no use. */
  readonly permanent: boolean;

  /** Names the code and the reason; fault and permanence follow from the code unless given. */
  constructor(code: FinishErrorCode, message: string, told: { fault?: JobFault; permanent?: boolean } = {}) {
    super(message);
    this.name = 'FinishError';
    this.code = code;
    this.fault = told.fault ?? faults[code];
    this.permanent = told.permanent ?? code === 'no-media';
  }
}
