import type { AppStorage } from '../config/apps.ts';
import type { FileDigests } from '../evidence/file-digests.ts';
import type { TimelineEntry, ToldHead } from '../evidence/timeline.ts';
import type { LayoutPlan } from '../layout/layout-plan.ts';
import type { FileNameMode } from '../naming/file-name.ts';
import type { MediaId, RoomKey } from '../room-key.ts';
import type { ChainCheck, EpochHead } from '../segment/check-chain.ts';
import type { TrackType } from '../segment/recording-folder.ts';
import type { WallMs } from '../units.ts';

/**
 * What recorders and the `server` say to each other (`/worker/v1/…`, bearer token of the installation). The recorder
 * asks, the server answers; everything a recorder writes names the epoch of its lease and a stale one is refused.
 */

/** Who is recorded, of one medium: at most one of the lists has entries (contract §2.3). */
export interface MediumSubscription {
  /** User ids, or prefixes written `1.*$`. Empty: no restriction. */
  readonly allow: readonly string[];
  readonly block: readonly string[];
}

/** Who is recorded: sound and picture are judged apart. Modify replaces it as a whole. */
export interface SubscriptionPlan {
  readonly audio: MediumSubscription;
  readonly video: MediumSubscription;
}

/** Everybody, with sound and picture. */
export const everybody: SubscriptionPlan = { audio: { allow: [], block: [] }, video: { allow: [], block: [] } };

/** A form in which a recording is delivered. */
export type Container = 'mp4' | 'hls' | 'aac';

/** Parameters of a recording after validation and defaults (contract §2.1–2.6). */
export interface RecordingPlan {
  readonly mode: 'single' | 'mixed';
  /** Seconds without an anchor after which the recorder leaves (LeaveCode 99). */
  readonly maxIdleSeconds: number;
  readonly streams: 'audio-video' | 'audio' | 'video';
  readonly media: readonly MediaId[];
  /** The mix takes an odd width or height down to even, which 4:2:0 needs (contract §2.5, DEC). */
  readonly video: { width: number; height: number; fps: number; bitrate: number; gopSeconds: number };
  readonly audio: { sampleRate: 48000 | 44100 | 16000; channels: 1 | 2; bitrate: number };
  /** Mixed recordings only. */
  readonly layout: LayoutPlan;
  readonly subscription: SubscriptionPlan;
  /** What is seen while a user sends no picture: the last one or black (FillType). */
  readonly fill: 'hold' | 'black';
  /** Whether users that announce themselves as relay robots are recorded too (SubscribeAbility). */
  readonly relayRobots: boolean;
  /** Longest MP4 or AAC file, in minutes (MaxMediaFileDuration). */
  readonly maxFileMinutes: number;
  /** How long it lasts at most, in seconds from the first entry of the bot; it ends as if it were stopped. */
  readonly mostSeconds?: number | undefined;
  /** What is made of every recorded file, at least one. */
  readonly outputs: readonly Container[];
  /** HLS in a bucket: one stream with sound and picture, or one for each (AvMerge). */
  readonly avMerge: boolean;
}

/** The media library as a destination (contract §2.4 TencentVod): ours, or Tencent's where the app is configured so. */
export interface VodDestination {
  readonly kind: 'vod';
  /** The SdkAppId unless the request named another. */
  readonly subAppId: number;
  /** Only when the request named one: Tencent's library has a default of its own. */
  readonly askedSubAppId?: number | undefined;
  /** Seconds a finished file is kept, 0 for ever. */
  readonly expireSeconds: number;
  readonly classId: number;
  readonly procedure?: string | undefined;
  readonly storageRegion?: string | undefined;
  readonly sessionContext?: string | undefined;
  readonly sourceContext?: string | undefined;
}

/** A bucket of the customer's as a destination (contract §2.4 CloudStorage). Holds secrets: never logged. */
export interface BucketDestination {
  readonly kind: 'bucket';
  readonly vendor: 'cos' | 's3';
  readonly region: string;
  readonly bucket: string;
  readonly accessKey: string;
  readonly secretKey: string;
  /** EndpointUrl: a host, or a whole origin. */
  readonly endpoint?: string | undefined;
  /** Path segments before the TaskId in every key. */
  readonly prefix: readonly string[];
}

/** Where a task's files go. */
export type Destination = VodDestination | BucketDestination;

/** What names of files depend on beside the room and the user (contract §5). */
export interface FileNaming {
  readonly mode: FileNameMode;
  readonly userDefineRecordId?: string | undefined;
}

/** What ModifyCloudRecording replaces in a running task (contract §2.8). */
export interface PlanChange {
  readonly layout: LayoutPlan;
  readonly subscription: SubscriptionPlan;
}

/** A task as the recorder that holds its lease sees it. */
export interface LeasedTask {
  readonly taskId: string;
  readonly epoch: number;
  readonly room: RoomKey;
  readonly botUserId: string;
  /** As it is now: changes of before this claim are in it. */
  readonly plan: RecordingPlan;
  /** Rises with every change of the plan. */
  readonly revision: number;
  readonly destination: Destination;
  readonly naming: FileNaming;
  /** Anchors it may record, the earliest; absent from a server of an earlier version. */
  readonly mostStreams?: number | undefined;
  /** Wall time of the first `started` report, absent until then; with it a later epoch keeps the same zero. */
  readonly startedMs: WallMs | undefined;
  /**
   * LeaveCode of a stop that was asked for before this claim. The bot must not enter the room: report `stopped` at once
   * with what earlier epochs left on the spool, without `started`.
   */
  readonly stopCode: number | undefined;
}

/** One finishing job: a file's segments become one output, checked, at the task's destination. */
export interface LeasedJob {
  readonly jobId: number;
  readonly epoch: number;
  readonly taskId: string;
  readonly sdkAppId: number;
  /** Folder of the file's segments below the task's spool, as reported when the task stopped. */
  readonly fileKey: string;
  readonly mediaId: MediaId | 'mix';
  readonly trackType: TrackType;
  readonly container: Container;
  /** HLS only: sound and picture in lists of their own (AvMerge 0). */
  readonly separateMedia: boolean;
  /** Name by contract §5 without index and extension. */
  readonly nameStem: string;
  /** FileId of the first part in the library, decimal text; the same on every try. */
  readonly fileId: string;
  readonly destination: Destination;
  /** Where files of the app go that are for VOD, with its keys; absent from a server of an earlier version. */
  readonly storage?: AppStorage | undefined;
  /** Longest part, in minutes. */
  readonly maxFileMinutes: number;
  /** Expected media span by the timeline. */
  readonly startMs: WallMs;
  readonly endMs: WallMs;
  readonly attempt: number;
  /** How far the chains of its segments went when that was last told: by these they are checked. */
  readonly heads?: readonly EpochHead[] | undefined;
  /** How far an upload in parts had come when it was last told. */
  readonly upload?: UploadProgress | undefined;
}

/** An upload in parts to a bucket that another attempt may go on with. */
export interface UploadProgress {
  readonly key: string;
  readonly uploadId: string;
  /** Size of all parts but the last. */
  readonly partBytes: number;
  /** The file that is sent; one with another size or checksum begins anew. */
  readonly sizeBytes: number;
  readonly sha256: string;
  /** Parts that the store has confirmed, from the first on. */
  readonly parts: readonly { readonly etag: string; readonly md5: string }[];
}

/** How a recorder does, as it measured itself in the last seconds. */
export interface RecorderLoad {
  /** Share of its time at work, in thousandths. */
  readonly busy: number;
  /** How far its writing is behind what could be written, in milliseconds. */
  readonly lagMs: number;
  /** Step of what it leaves out to keep up, 0 for nothing. */
  readonly effort: number;
  /** Free space of its spool, in MiB. */
  readonly freeMb: number;
  /** Whether that is less than a new task may begin with. */
  readonly spoolFull: boolean;
  /** Whether it would carry one more task of that kind whole. */
  readonly takes: { readonly single: boolean; readonly mixed: boolean };
}

/**
 * Renews, claims and learns in one call; the server holds it up to a second when there is nothing to say. A held task or
 * job that is not listed counts as let go.
 */
export interface SyncRequest {
  readonly recorderId: string;
  /** `revision` is that of the plan the recorder acts by. */
  readonly tasks: readonly { taskId: string; epoch: number; revision: number }[];
  readonly jobs: readonly { jobId: number; epoch: number }[];
  /** How many more tasks and jobs this recorder will take. */
  readonly wantTasks: number;
  /** It will take only tasks that were asked to stop: these write next to nothing, and ending them frees its disk. */
  readonly onlyStopped?: boolean | undefined;
  readonly wantJobs: number;
  readonly load: RecorderLoad;
}

/** Answer to a sync. A held task or job that is not in `kept*` is lost: stop at once, write nothing more. */
export interface SyncResponse {
  /** Length of a lease from the moment the request was *sent*, on the recorder's monotonic clock. */
  readonly leaseMs: number;
  readonly keptTasks: readonly string[];
  readonly keptJobs: readonly number[];
  readonly newTasks: readonly LeasedTask[];
  readonly newJobs: readonly LeasedJob[];
  /** Tasks the API asked to stop, with the LeaveCode for event 302. */
  readonly stops: readonly { taskId: string; leaveCode: number }[];
  /** Plans of kept tasks that are newer than what the recorder acts by. */
  readonly changes: readonly (PlanChange & { taskId: string; revision: number })[];
}

/** A file of a task: one anchor's main or aux, or the mix. */
export interface RecordedFile {
  readonly fileKey: string;
  /** Empty for the mix. */
  readonly userId: string;
  readonly mediaId: MediaId | 'mix';
  readonly trackType: TrackType;
  readonly startMs: WallMs;
  readonly endMs: WallMs;
}

/** Reports of a recorder about a task; each is idempotent for its epoch. */
export type TaskReport =
  /** The bot is in the room: event 301 Status 0 (or 306 when a later epoch re-joins). */
  | { readonly kind: 'started'; readonly epoch: number; readonly startedMs: WallMs }
  /** The bot could not start for good: event 301 Status 1, the task ends. */
  | { readonly kind: 'start-failed'; readonly epoch: number; readonly reason: string }
  /** Describe's Status: media is arriving or not. */
  | { readonly kind: 'status'; readonly epoch: number; readonly status: 'Idle' | 'InProgress' }
  /** The bot left and every segment is on the spool: event 302, one finishing job per file (312 at once without files). */
  | {
      readonly kind: 'stopped';
      readonly epoch: number;
      readonly leaveCode: number;
      readonly atMs: WallMs;
      readonly files: readonly RecordedFile[];
    }
  /** The first object of the task is in the bucket (0) or could not be written (1): event 303, once. */
  | { readonly kind: 'upload-began'; readonly epoch: number; readonly status: 0 | 1 }
  /** The first segment of a playlist is in the bucket: event 307, once for each name. */
  | {
      readonly kind: 'playlist-began';
      readonly epoch: number;
      readonly name: string;
      readonly userId: string;
      readonly mediaId: MediaId | 'mix';
      readonly trackType: TrackType;
      readonly beginMs: WallMs;
    }
  /** A playlist itself is in the bucket: event 304, once for each name. */
  | { readonly kind: 'playlist-listed'; readonly epoch: number; readonly name: string }
  /** What happened, in order, each entry once; and how far the chains of the files go. */
  | {
      readonly kind: 'timeline';
      readonly epoch: number;
      readonly entries: readonly TimelineEntry[];
      readonly heads: readonly ToldHead[];
    }
  /** An image of the plan could not be had: event 309. */
  | { readonly kind: 'image-failed'; readonly epoch: number; readonly url: string };

/**
 * Why an attempt at a finishing job failed. `content`: the file itself does not pass its checks; after three such attempts
 * it is given up as stuck (311 Status 1). `environment`: disk full, I/O, a killed process, a lost lease; told after an hour
 * (Status 1). `destination`: the place it goes to does not take it; told after half a minute. Both are tried until
 * `jobs.give_up_hours`.
 */
export type JobFault = 'content' | 'environment' | 'destination';

/** What a finished part is coded like, for those who ask the library (contract §7.3 MetaData). Absent: unknown. */
export interface MediaFacts {
  readonly videoBitrate?: number | undefined;
  readonly fps?: number | undefined;
  readonly audioBitrate?: number | undefined;
  readonly sampleRate?: number | undefined;
  readonly channels?: number | undefined;
}

/** One file at its destination. A recording that was split has several; HLS has one for each playlist. */
export interface FinishedPart {
  /** From 1. */
  readonly part: number;
  /** Name by contract §5, with index where it was split, extension included. */
  readonly name: string;
  /** Where the library keeps it, or the FileId that Tencent VOD gave; empty in a bucket. */
  readonly fileId: string;
  /** Where it plays, when the destination says so itself. */
  readonly url?: string | undefined;
  readonly trackType: TrackType;
  readonly sizeBytes: number;
  readonly durationMs: number;
  /** Hex digits; of a playlist: of its text. */
  readonly sha256: string;
  readonly streams: readonly ('h264' | 'aac')[];
  readonly width: number;
  readonly height: number;
  readonly startMs: WallMs;
  readonly endMs: WallMs;
  readonly facts?: MediaFacts | undefined;
  /** By what it is told where somebody changed it; not of playlists in a bucket. */
  readonly digests?: FileDigests | undefined;
}

/** How far the work on a file is: its segments or parts are checked, parts are made, or sent to their destination. */
export interface JobStep {
  readonly step: 'checking' | 'making' | 'sending';
  readonly doneBytes: number;
  /** 0 where nobody knows. */
  readonly totalBytes: number;
}

/** Reports of a recorder about a finishing job. */
export type JobReport =
  | {
      readonly kind: 'done';
      readonly epoch: number;
      /** At least one, in order. */
      readonly parts: readonly FinishedPart[];
      /** Whether the segments that they were made of are those that were written, for each epoch. */
      readonly chains?: readonly ChainCheck[] | undefined;
    }
  /**
   * The attempt failed. `permanent`: trying again can never help, the file is lost at once (311 Status 2). Otherwise it
   * is tried again with back-off, for as long as `fault` allows; `environment` when absent.
   */
  | {
      readonly kind: 'failed';
      readonly epoch: number;
      readonly reason: string;
      readonly permanent: boolean;
      readonly fault?: JobFault;
      /** Nothing was tried: the disk has no room for the file. */
      readonly waitsForSpace?: boolean | undefined;
    }
  /** An upload in parts has come so far; it replaces what was told before. The job stays open. */
  | { readonly kind: 'progress'; readonly epoch: number; readonly upload: UploadProgress }
  /** The attempt has come so far, for whoever looks. The job stays open, nothing is kept of it. */
  | ({ readonly kind: 'step'; readonly epoch: number } & JobStep);

/** Recorders that their supervisor saw die, or that lived before it was started anew. */
export interface GoneRequest {
  readonly recorderIds: readonly string[];
}

/** Files of these tasks a recorder finds on its spool, at most a thousand tasks. */
export interface SpoolRequest {
  readonly taskIds: readonly string[];
}

/** Which segments may go, because their file is in the library; unknown tasks and tasks without any are left out. */
export interface SpoolResponse {
  readonly settled: readonly {
    readonly taskId: string;
    /** Keys of the files that are done; `all` when the task has ended and none failed. */
    readonly fileKeys: readonly string[] | 'all';
  }[];
  /** Tasks that ended longer ago than what was never delivered is kept, and no file of which is tried any more. */
  readonly expired?: readonly string[] | undefined;
}

/** Answer to a report. `stale` means the lease has moved on: drop the task and write nothing more. */
export interface ReportResponse {
  readonly accepted: boolean;
  /** Every output of the job's file is at its destination: its segments may go. */
  readonly spoolFree?: boolean;
  /** The job is over with this report: no attempt follows. */
  readonly settled?: boolean;
  readonly reason?: 'stale' | 'unknown';
}
