import { z } from 'zod';
import type { SessionView, VisitView } from '../../presence/queries.ts';
import type { WallMs } from '../../units.ts';

const seconds = (ms: number): number => Math.floor(ms / 1000);

/** TerminalType of contract §4.5 in words. */
const deviceTypes: Readonly<Record<number, string>> = { 1: 'Windows', 2: 'Android', 3: 'iOS', 4: 'Linux' };

/** An entry of RoomList as the reference shows it. */
export const roomEntryAnswer = z.object({
  CommId: z.string().describe('Names this life of the room; DescribeUserInfo asks for it.'),
  RoomString: z.string().describe('The room.'),
  CreateTime: z.number().describe('Seconds since 1970.'),
  DestroyTime: z.number().describe('Seconds since 1970; now while the room lives.'),
  IsFinished: z.boolean().describe('Whether it has ended.'),
  UserId: z.string().describe('Who came first.'),
});

/** An entry of UserList as the reference shows it. */
export const userEntryAnswer = z.object({
  RoomStr: z.string().describe('The room.'),
  UserId: z.string().describe('Who.'),
  JoinTs: z.number().describe('Seconds since 1970.'),
  LeaveTs: z.number().describe('Seconds since 1970; now while the user is there.'),
  DeviceType: z.string().describe('Windows, Android, iOS, Linux or Other.'),
  SdkVersion: z.string().describe('What the client says it is.'),
  ClientIp: z.string().describe('Its address.'),
  Finished: z.boolean().describe('Whether the user has left.'),
});

/** An entry of RoomList (contract §2.11), times in seconds; a room that goes on has its end now. */
export const roomEntry = (session: SessionView, nowMs: WallMs): z.infer<typeof roomEntryAnswer> => ({
  CommId: session.commId,
  RoomString: session.roomId,
  CreateTime: seconds(session.createdMs),
  DestroyTime: seconds(session.destroyedMs ?? nowMs),
  IsFinished: session.destroyedMs !== undefined,
  UserId: session.creator,
});

/** An entry of UserList (contract §2.11), times in seconds; who is still there leaves now. */
export const userEntry = (visit: VisitView, nowMs: WallMs): z.infer<typeof userEntryAnswer> => ({
  RoomStr: visit.roomId,
  UserId: visit.userId,
  JoinTs: seconds(visit.joinedMs),
  LeaveTs: seconds(visit.leftMs ?? nowMs),
  DeviceType: deviceTypes[visit.terminal] ?? 'Other',
  SdkVersion: visit.software,
  ClientIp: visit.clientIp,
  Finished: visit.leftMs !== undefined,
});
