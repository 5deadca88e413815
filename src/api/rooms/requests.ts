import { z } from 'zod';
import { RETENTION_MS } from '../../presence/retention.ts';
import type { PageOf } from '../../presence/queries.ts';
import type { WallMs } from '../../units.ts';
import { apiError } from '../errors.ts';
import { optionalText, text, textFault, unsigned } from '../fields.ts';
import { missingParameter } from '../parameters.ts';

/**
 * Requests of the room actions (contract §2.11). Their ranges have codes of their own, so the schemas judge types and
 * presence only, and the checks below the rest.
 */

const anyText = text({ maxBytes: Number.POSITIVE_INFINITY, opaque: true });
const userIds = z.array(z.string());
const numberRoom = unsigned({ min: 0 }).describe('1 to 4294967294.');
const app = unsigned().describe('App of the room.');

/** DismissRoom: the room is an integer. */
export const dismissNumberSchema = z.strictObject({ SdkAppId: app, RoomId: numberRoom });
/** DismissRoomByStrRoomId. */
export const dismissTextSchema = z.strictObject({ SdkAppId: app, RoomId: anyText.describe('At most 64 bytes.') });
const removed = userIds.describe('1 to 10 users.');

/** RemoveUser: the room is an integer. */
export const removeNumberSchema = dismissNumberSchema.extend({ UserIds: removed });
/** RemoveUserByStrRoomId. */
export const removeTextSchema = dismissTextSchema.extend({ UserIds: removed });

const window = {
  SdkAppId: app,
  StartTime: unsigned().describe('Seconds since 1970.'),
  EndTime: unsigned().describe('Seconds since 1970.'),
};
const paging = {
  PageNumber: unsigned().optional().describe('From 0 on; counts only together with PageSize.'),
  PageSize: unsigned().optional().describe('1 to 100. Default: 10 rooms or 6 users.'),
};

/** DescribeRoomInfo; RoomId is text here, for rooms of either kind. */
export const roomInfoSchema = z.strictObject({
  ...window,
  ...paging,
  RoomId: optionalText({ maxBytes: 64 }).describe('One room. Default: all.'),
});
/** DescribeUserInfo. */
export const userInfoSchema = z.strictObject({
  ...window,
  ...paging,
  CommId: text({ maxBytes: 256 }).describe('As DescribeRoomInfo gives it.'),
  UserIds: userIds.optional().describe('At most 100 users. Default: all.'),
});

/** Parameters of the room actions with their own MissingParameter code (contract §2.11). */
export const roomMissing: ReadonlySet<string> = new Set(['CommId', 'RoomId', 'SdkAppId', 'UserIds']);

/** Limit of a string room's id, and of a user's. */
const MAX_ID_BYTES = 64;

/** A room id as rooms are keyed. @throws {ApiError} InvalidParameter.RoomId */
export function checkedRoomId(roomId: number | string): string {
  if (typeof roomId === 'number') {
    if (roomId >= 1 && roomId <= 4_294_967_294) return String(roomId);
    throw apiError('InvalidParameter.RoomId', { rule: 'it must be a number between 1 and 4294967294' });
  }
  if (!textFault(roomId, { maxBytes: MAX_ID_BYTES })) return roomId;
  throw apiError('InvalidParameter.RoomId', {
    rule: `it must be text of at most ${MAX_ID_BYTES} bytes without control characters`,
  });
}

/** Users to remove, one to ten (contract E9). @throws {ApiError} MissingParameter.UserIds, InvalidParameter.UserIds */
export function checkedUserIds(ids: readonly string[]): readonly string[] {
  if (ids.length === 0) throw missingParameter('UserIds', roomMissing);
  return userIdsUpTo(10, ids);
}

/** Users to ask about, everybody when none is named. @throws {ApiError} InvalidParameter.UserIds */
export const askedUserIds = (ids: readonly string[] | undefined): readonly string[] | undefined =>
  ids?.length ? userIdsUpTo(100, ids) : undefined;

function userIdsUpTo(most: number, ids: readonly string[]): readonly string[] {
  if (ids.length > most) throw apiError('InvalidParameter.UserIds', { rule: `it may name at most ${most} users` });
  if (ids.some((id) => id === '' || textFault(id, { maxBytes: MAX_ID_BYTES }))) {
    throw apiError('InvalidParameter.UserIds', { rule: `each must be text of 1 to ${MAX_ID_BYTES} bytes` });
  }
  return ids;
}

const HOUR_S = 3600;
/** What was just in reach when the caller looked at its clock may be asked for. */
const GRACE_MS = 60_000;

/**
 * The time that is asked for, in milliseconds, both ends included.
 * @throws {ApiError} InvalidParameter.StartTs, .StartTsOversize, .QueryScaleOversize
 */
export function checkWindow(
  { StartTime, EndTime }: { readonly StartTime: number; readonly EndTime: number },
  hours: number,
  nowMs: WallMs,
): { fromMs: number; toMs: number } {
  if (StartTime > EndTime) throw apiError('InvalidParameter.StartTs');
  if (StartTime * 1000 < nowMs - RETENTION_MS - GRACE_MS) {
    throw apiError('InvalidParameter.StartTsOversize', { days: RETENTION_MS / (24 * HOUR_S * 1000) });
  }
  if (EndTime - StartTime > hours * HOUR_S)
    throw apiError('InvalidParameter.QueryScaleOversize', { most: `${hours} hours` });
  return { fromMs: StartTime * 1000, toMs: EndTime * 1000 + 999 };
}

/** Times the largest size it is still an exact integer. */
const farthestPage = Math.floor(Number.MAX_SAFE_INTEGER / 100);

/**
 * The page that is asked for. Both members have to be given, or it is the first of the default size.
 * @throws {ApiError} InvalidParameter.PageSize, .PageSizeOversize
 */
export function pageOf(
  { PageNumber, PageSize }: { readonly PageNumber?: number | undefined; readonly PageSize?: number | undefined },
  defaultSize: number,
): PageOf {
  if (PageSize === 0) throw apiError('InvalidParameter.PageSize');
  if (PageSize !== undefined && PageSize > 100) throw apiError('InvalidParameter.PageSizeOversize');
  if (PageNumber === undefined || PageSize === undefined) return { number: 0, size: defaultSize };
  return { number: Math.min(PageNumber, farthestPage), size: PageSize };
}
