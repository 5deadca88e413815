import { z } from 'zod';
import type { Clock } from '../../clock.ts';
import type { AppDirectory } from '../../config/apps.ts';
import type { PresenceQueries } from '../../presence/queries.ts';
import type { RoomControl } from '../../presence/room-control.ts';
import type { RoomKind } from '../../room-key.ts';
import { apiVersions, defineAction, type Action } from '../action.ts';
import { apiError } from '../errors.ts';
import { given } from '../fields.ts';
import { ownedApp } from '../owned-app.ts';
import { roomEntry, roomEntryAnswer, userEntry, userEntryAnswer } from './presence-entries.ts';
import {
  askedUserIds,
  checkedRoomId,
  checkedUserIds,
  checkWindow,
  dismissNumberSchema,
  dismissTextSchema,
  pageOf,
  removeNumberSchema,
  removeTextSchema,
  roomInfoSchema,
  roomMissing,
  userInfoSchema,
} from './requests.ts';

/** What the room actions stand on. */
export interface RoomServices {
  readonly apps: AppDirectory;
  readonly control: RoomControl;
  readonly presence: PresenceQueries;
  readonly clock: Clock;
}

const dayHours = 24;
/** DescribeUserInfo looks at four hours at most (contract §2.11). */
const visitHours = 4;

/** DismissRoom, RemoveUser, their twins for string rooms, DescribeRoomInfo and DescribeUserInfo (contract §2.11). */
export const roomActions = (services: RoomServices): readonly Action[] => [
  dismissAction(services, 'DismissRoom', 'number', dismissNumberSchema),
  dismissAction(services, 'DismissRoomByStrRoomId', 'string', dismissTextSchema),
  removeAction(services, 'RemoveUser', 'number', removeNumberSchema),
  removeAction(services, 'RemoveUserByStrRoomId', 'string', removeTextSchema),
  describeRoomAction(services),
  describeUserAction(services),
];

type DismissSchema = typeof dismissNumberSchema | typeof dismissTextSchema;
type RemoveSchema = typeof removeNumberSchema | typeof removeTextSchema;

const steerErrors = [
  'InvalidParameter.SdkAppId',
  'InvalidParameter.RoomId',
  'FailedOperation.RoomNotExist',
  'InternalError.GetRoomFromCacheError',
] as const;

const windowErrors = [
  'InvalidParameter.SdkAppId',
  'InvalidParameter.StartTs',
  'InvalidParameter.StartTsOversize',
  'InvalidParameter.QueryScaleOversize',
  'InvalidParameter.PageSize',
  'InvalidParameter.PageSizeOversize',
] as const;

const named = (kind: RoomKind): string => (kind === 'number' ? 'named by number' : 'named by text');

const dismissAction = ({ apps, control }: RoomServices, name: string, kind: RoomKind, schema: DismissSchema): Action =>
  defineAction({
    name,
    version: apiVersions.trtc,
    summary: `Dissolves a room ${named(kind)}: everybody is put out, and its recordings end with LeaveCode 2.`,
    schema: schema as z.ZodType<z.infer<DismissSchema>>,
    answer: z.object({}),
    errors: steerErrors,
    twoLevelMissing: roomMissing,
    run: async (request, account) => {
      const roomId = checkedRoomId(request.RoomId);
      const { sdkAppId } = ownedApp(apps, account, request.SdkAppId);
      await steer(control.dismiss({ sdkAppId, kind, roomId }));
      return {};
    },
  });

const removeAction = ({ apps, control }: RoomServices, name: string, kind: RoomKind, schema: RemoveSchema): Action =>
  defineAction({
    name,
    version: apiVersions.trtc,
    summary: `Puts users out of a room ${named(kind)}. The recording of a bot that is named ends with LeaveCode 1.`,
    schema: schema as z.ZodType<z.infer<RemoveSchema>>,
    answer: z.object({}),
    errors: [...steerErrors, 'InvalidParameter.UserIds'],
    twoLevelMissing: roomMissing,
    run: async (request, account) => {
      const userIds = checkedUserIds(request.UserIds);
      const roomId = checkedRoomId(request.RoomId);
      const { sdkAppId } = ownedApp(apps, account, request.SdkAppId);
      await steer(control.remove({ sdkAppId, kind, roomId }, userIds));
      return {};
    },
  });

const describeRoomAction = ({ apps, presence, clock }: RoomServices): Action =>
  defineAction({
    name: 'DescribeRoomInfo',
    version: apiVersions.trtc,
    summary: 'Lists the rooms of a time of at most 24 hours in the last 14 days.',
    schema: roomInfoSchema,
    answer: z.object({
      Total: z.number().describe('How many this page has.'),
      RoomList: z.array(roomEntryAnswer).describe('Earliest first.'),
    }),
    errors: windowErrors,
    twoLevelMissing: roomMissing,
    run: async (request, account) => {
      const window = checkWindow(request, dayHours, clock.wallMs());
      const page = pageOf(request, 10);
      const { sdkAppId } = ownedApp(apps, account, request.SdkAppId);
      const { sessions } = await presence.sessions({ sdkAppId, ...window, roomId: given(request.RoomId), page });
      const RoomList = sessions.map((session) => roomEntry(session, clock.wallMs()));
      // The SDK's words for Total here: how many this page has.
      return { Total: RoomList.length, RoomList };
    },
  });

const describeUserAction = ({ apps, presence, clock }: RoomServices): Action =>
  defineAction({
    name: 'DescribeUserInfo',
    version: apiVersions.trtc,
    summary: 'Lists who was in a room, in a time of at most 4 hours in the last 14 days.',
    schema: userInfoSchema,
    answer: z.object({
      Total: z.number().describe('How many there are on all pages.'),
      UserList: z.array(userEntryAnswer).describe('One for each visit.'),
    }),
    errors: [...windowErrors, 'InvalidParameter.UserIds'],
    twoLevelMissing: roomMissing,
    run: async (request, account) => {
      const window = checkWindow(request, visitHours, clock.wallMs());
      const page = pageOf(request, 6);
      const userIds = askedUserIds(request.UserIds);
      const { sdkAppId } = ownedApp(apps, account, request.SdkAppId);
      const filter = { sdkAppId, commId: request.CommId, ...window, userIds, page };
      const { total, visits } = await presence.visits(filter);
      return { Total: total, UserList: visits.map((visit) => userEntry(visit, clock.wallMs())) };
    },
  });

/** @throws {ApiError} FailedOperation.RoomNotExist (E8); InternalError.GetRoomFromCacheError when nobody can say */
async function steer(done: Promise<boolean>): Promise<void> {
  let existed: boolean;
  try {
    existed = await done;
  } catch (error) {
    const unreachable = apiError('InternalError.GetRoomFromCacheError');
    unreachable.cause = error;
    throw unreachable;
  }
  if (!existed) throw apiError('FailedOperation.RoomNotExist');
}
