import type { MediaId, RoomKey } from '../room-key.ts';
import { escapeName } from './escape.ts';

/** Decision D-1: one `_` around `UserId_s` as documented, or two as seen on the wire. */
export type FileNameMode = 'documented' | 'wire';

/** What the name of a finished file is made of (contract §5). */
export interface FileNameParts {
  readonly room: RoomKey;
  /** The anchor, or undefined for the mix. */
  readonly anchor: { readonly userId: string; readonly mediaId: MediaId } | undefined;
  /** Part number from 1; undefined unless the file was split. */
  readonly index: number | undefined;
  /** TencentVod.UserDefineRecordId, already checked for its alphabet (contract §2.4). */
  readonly userDefineRecordId: string | undefined;
  /** Without the dot. */
  readonly extension: 'mp4' | 'aac';
}

/** Room part of a name: raw for a numeric room, escaped for a string room (contract §5). */
const roomPart = (room: RoomKey): string => (room.kind === 'number' ? room.roomId : escapeName(room.roomId));

const anchorPart = (anchor: NonNullable<FileNameParts['anchor']>, mode: FileNameMode): string => {
  const separator = mode === 'wire' ? '__' : '_';
  return `${separator}UserId_s_${escapeName(anchor.userId)}${separator}UserId_e_${anchor.mediaId}`;
};

/** Name of a finished file by contract §5, extension included. */
export function fileName(parts: FileNameParts, mode: FileNameMode): string {
  const prefix = parts.userDefineRecordId ? `${parts.userDefineRecordId}__UserDefine_u_` : '';
  const anchor = parts.anchor ? anchorPart(parts.anchor, mode) : '';
  const index = parts.index === undefined ? '' : `_${parts.index}`;
  return `${prefix}${parts.room.sdkAppId}_${roomPart(parts.room)}${anchor}${index}.${parts.extension}`;
}
