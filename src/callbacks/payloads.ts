import type { WallMs } from '../units.ts';
import type { EventType } from './event-table.ts';

/** A file as event 311 names it. */
export interface CommittedFile {
  /** Empty for the mix. */
  readonly userId: string;
  readonly trackType: 'audio' | 'video' | 'audio_video';
  readonly mediaId: 'main' | 'aux' | 'mix';
  readonly fileId: string;
  readonly videoUrl: string;
  /** The file's name, extension included. */
  readonly cacheFile: string;
  readonly startMs: WallMs;
  readonly endMs: WallMs;
}

/** Something to tell the app's receiver about a task; `atMs` is when it happened. */
export interface TaskEvent {
  readonly type: EventType;
  readonly atMs: WallMs;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** 301: the bot is in the room (0) or will never be (1). */
export const recorderStart = (atMs: WallMs, status: 0 | 1): TaskEvent => ({
  type: 301,
  atMs,
  payload: { Status: status },
});

/** 302: the bot left; LeaveCode by contract §4.3. */
export const recorderStop = (atMs: WallMs, leaveCode: number): TaskEvent => ({
  type: 302,
  atMs,
  payload: { LeaveCode: leaveCode },
});

/** 303: the upload began (0), or its first object could not be written (1). */
export const uploadStart = (atMs: WallMs, status: 0 | 1): TaskEvent => ({
  type: 303,
  atMs,
  payload: { Status: status },
});

/** 304: a playlist is in the bucket. FileList is a text here, unlike in 310. */
export const fileInfo = (atMs: WallMs, name: string): TaskEvent => ({ type: 304, atMs, payload: { FileList: name } });

/** 305: everything is in the bucket (0), something is stuck on the server (1), or what was stuck is there too (2). */
export const uploadStop = (atMs: WallMs, status: 0 | 1 | 2): TaskEvent => ({
  type: 305,
  atMs,
  payload: { Status: status },
});

/** 307: the first segment of a playlist is in the bucket. */
export const fileSlice = (
  atMs: WallMs,
  slice: {
    readonly name: string;
    readonly userId: string;
    readonly trackType: CommittedFile['trackType'];
    readonly beginMs: WallMs;
  },
): TaskEvent => ({
  type: 307,
  atMs,
  payload: {
    FileName: slice.name,
    UserId: slice.userId,
    TrackType: slice.trackType,
    BeginTimeStamp: slice.beginMs,
  },
});

/** 309: an image of the layout could not be fetched or decoded. */
export const downloadImageError = (atMs: WallMs, url: string): TaskEvent => ({
  type: 309,
  atMs,
  payload: { Url: url },
});

/** A file as event 310 names it. */
export interface StoppedFile {
  readonly name: string;
  /** Empty for the mix. */
  readonly userId: string;
  readonly trackType: CommittedFile['trackType'];
  readonly mediaId: CommittedFile['mediaId'];
  readonly startMs: WallMs;
  readonly endMs: WallMs;
}

/** 310: MP4 or AAC files are in the bucket (0), stuck on the server (1), or recovered after that (2). */
export const mp4Stop = (atMs: WallMs, status: 0 | 1 | 2, files: readonly StoppedFile[]): TaskEvent => ({
  type: 310,
  atMs,
  payload: {
    Status: status,
    FileList: files.map(({ name }) => name),
    FileMessage: files.map((file) => ({
      FileName: file.name,
      UserId: file.userId,
      TrackType: file.trackType,
      MediaId: file.mediaId,
      StartTimeStamp: file.startMs,
      EndTimeStamp: file.endMs,
    })),
  },
});

/** 306: another recorder took the task over and is in the room. */
export const failover = (atMs: WallMs): TaskEvent => ({ type: 306, atMs, payload: { Status: 0 } });

/** 311 Status 0: one file is in the library. Nested and in milliseconds; {@link flatCommit} is the other form of D-4. */
export const vodCommit = (atMs: WallMs, file: CommittedFile): TaskEvent => ({
  type: 311,
  atMs,
  payload: {
    Status: 0,
    TencentVod: {
      UserId: file.userId,
      TrackType: file.trackType,
      MediaId: file.mediaId,
      FileId: file.fileId,
      VideoUrl: file.videoUrl,
      CacheFile: file.cacheFile,
      StartTimeStamp: file.startMs,
      EndTimeStamp: file.endMs,
    },
  },
});

/** Why a file is not in the library: 1 its segments are stuck on the spool, 2 it could not be made at all (contract §4.3). */
export interface FileFailure {
  readonly status: 1 | 2;
  /** Errmsg of the event. */
  readonly reason: string;
}

/** 311 of a file that failed; only what names it remains (contract §4.3). */
export const vodFailure = (
  atMs: WallMs,
  file: Pick<CommittedFile, 'userId' | 'trackType' | 'cacheFile'>,
  failure: FileFailure,
): TaskEvent => ({
  type: 311,
  atMs,
  payload: {
    Status: failure.status,
    Errmsg: failure.reason,
    TencentVod: { UserId: file.userId, TrackType: file.trackType, CacheFile: file.cacheFile },
  },
});

interface NestedCommit {
  readonly Status: number;
  readonly Errmsg?: string;
  readonly TencentVod: Readonly<Record<string, unknown>> & {
    readonly StartTimeStamp?: number;
    readonly EndTimeStamp?: number;
  };
}

const flatTimes = (startMs: number, endMs: number) => ({
  BeginTimeStamp: Math.floor(startMs / 1000),
  EndTimeStamp: Math.floor(endMs / 1000),
});

/**
 * The payload of a 311, as {@link vodCommit} and {@link vodFailure} make it, in the form of contract §4.4 (1): the file's
 * members stand beside Status, and its times are in whole seconds, as EventTs is. A failure has no times.
 */
export function flatCommit(payload: TaskEvent['payload']): TaskEvent['payload'] {
  const { TencentVod, ...outer } = payload as unknown as NestedCommit;
  const { StartTimeStamp: startMs, EndTimeStamp: endMs, ...file } = TencentVod;
  const times = startMs === undefined || endMs === undefined ? {} : flatTimes(startMs, endMs);
  return { ...outer, ...file, ...times };
}

/** 312: every file is settled; 1 when one of them failed. */
export const vodStop = (atMs: WallMs, status: 0 | 1): TaskEvent => ({ type: 312, atMs, payload: { Status: status } });
