import type { SessionView, VisitView } from '../../presence/queries.ts';
import type { WallMs } from '../../units.ts';

const seconds = (ms: number): number => Math.floor(ms / 1000);

/** TerminalType of contract §4.5 in words. */
const deviceTypes: Readonly<Record<number, string>> = { 1: 'Windows', 2: 'Android', 3: 'iOS', 4: 'Linux' };

/** An entry of RoomList (contract §2.11), times in seconds; a room that goes on has its end now. */
export const roomEntry = (session: SessionView, nowMs: WallMs) => ({
  CommId: session.commId,
  RoomString: session.roomId,
  CreateTime: seconds(session.createdMs),
  DestroyTime: seconds(session.destroyedMs ?? nowMs),
  IsFinished: session.destroyedMs !== undefined,
  UserId: session.creator,
});

/** An entry of UserList (contract §2.11), times in seconds; who is still there leaves now. */
export const userEntry = (visit: VisitView, nowMs: WallMs) => ({
  RoomStr: visit.roomId,
  UserId: visit.userId,
  JoinTs: seconds(visit.joinedMs),
  LeaveTs: seconds(visit.leftMs ?? nowMs),
  DeviceType: deviceTypes[visit.terminal] ?? 'Other',
  SdkVersion: visit.software,
  ClientIp: visit.clientIp,
  Finished: visit.leftMs !== undefined,
});
