import type { MediaId, RoomKey } from '../room-key.ts';
import type { Container, FileNaming } from '../worker-api/messages.ts';
import { escapeName } from './escape.ts';

/** Decision D-1: one `_` around `UserId_s` as documented, or two as seen on the wire. */
export type FileNameMode = 'documented' | 'wire';

/** What the names of a recording's files are made of (contract §5). */
export interface FileStemParts {
  readonly room: RoomKey;
  /** The anchor, or undefined for the mix. */
  readonly anchor: { readonly userId: string; readonly mediaId: MediaId } | undefined;
  /** TencentVod.UserDefineRecordId, already checked for its alphabet (contract §2.4). */
  readonly userDefineRecordId: string | undefined;
}

/** Ending of a finished file's name, without the dot. */
export type FileExtension = 'mp4' | 'aac' | 'm3u8';

/** The ending of each form; HLS is called by its playlist. */
export const extensionOf = { mp4: 'mp4', aac: 'aac', hls: 'm3u8' } as const satisfies Record<Container, FileExtension>;

/** Room part of a name: raw for a numeric room, escaped for a string room (contract §5). */
const roomPart = (room: RoomKey): string => (room.kind === 'number' ? room.roomId : escapeName(room.roomId));

const anchorPart = (anchor: NonNullable<FileStemParts['anchor']>, mode: FileNameMode): string => {
  const separator = mode === 'wire' ? '__' : '_';
  return `${separator}UserId_s_${escapeName(anchor.userId)}${separator}UserId_e_${anchor.mediaId}`;
};

/** What the names of all files of one recording begin with, by contract §5. */
export function fileStem(parts: FileStemParts, mode: FileNameMode): string {
  const prefix = parts.userDefineRecordId ? `${parts.userDefineRecordId}__UserDefine_u_` : '';
  const anchor = parts.anchor ? anchorPart(parts.anchor, mode) : '';
  return `${prefix}${parts.room.sdkAppId}_${roomPart(parts.room)}${anchor}`;
}

/** The same for a recording as the spool and the store name it; of the mix only `mediaId` counts. */
export function recordingStem(
  room: RoomKey,
  { userId, mediaId }: { readonly userId: string; readonly mediaId: MediaId | 'mix' },
  { userDefineRecordId, mode }: FileNaming,
): string {
  const anchor = mediaId === 'mix' ? undefined : { userId, mediaId };
  return fileStem({ room, anchor, userDefineRecordId }, mode);
}

/** Name of a finished file: `index` is the part number from 1, undefined unless the file was split (contract §5). */
export const partName = (stem: string, index: number | undefined, extension: FileExtension): string =>
  `${stem}${index === undefined ? '' : `_${index}`}.${extension}`;
