import type { App } from '../config/apps.ts';
import type { LeaveReason, RoomMedia } from '../presence/messages.ts';
import { roomKeyText, type RoomKey } from '../room-key.ts';
import type { StoreTransaction } from '../store/store.ts';
import type { RoomSessionRow, RoomVisitRow } from '../store/tables.ts';
import { roomEvents, type RoomEventType } from './event-table.ts';
import { eventGroup, targetOf } from './groups.ts';
import { clientRoomId, messageId } from './message.ts';

/** Something to tell the app's receiver about a room; `atMs` is when it happened, in wall milliseconds. */
export interface RoomEvent {
  /** EventGroupId: 1 room, 2 media. */
  readonly group: number;
  readonly type: RoomEventType;
  readonly atMs: number;
  /** EventInfo after RoomId and the times. */
  readonly info: Readonly<Record<string, unknown>>;
}

/** Exit reasons of contract §4.5. */
export const exitReason = { left: 1, timeout: 2, removed: 3 } as const satisfies Record<LeaveReason, number>;

/** Entering is always normal: a session that takes the place of another is no entry. */
const NORMAL_ENTRY = 1;

const startTypes = { video: 201, audio: 203, aux: 205 } as const satisfies Record<RoomMedia, RoomEventType>;
const stopTypes = { video: 202, audio: 204, aux: 206 } as const satisfies Record<RoomMedia, RoomEventType>;

/** A visit as the events name it; `uniqueId` tells several visits of one user apart. */
type EventVisit = Pick<RoomVisitRow, 'user_id' | 'role' | 'terminal' | 'user_type' | 'joined_ms'>;

const roomEvent = (type: RoomEventType, atMs: number, info: RoomEvent['info']): RoomEvent => ({
  group: eventGroup[roomEvents[type].group],
  type,
  atMs,
  info,
});

const who = (visit: EventVisit) => ({ UserId: visit.user_id, UniqueId: visit.joined_ms, Role: visit.role });

/** 101: the first user is about to enter. */
export const roomCreated = (atMs: number, creator: string): RoomEvent => roomEvent(101, atMs, { UserId: creator });

/** 102: the last user has left. */
export const roomDestroyed = (atMs: number): RoomEvent => roomEvent(102, atMs, {});

/** 103: a user entered. */
export const userEntered = (atMs: number, visit: EventVisit): RoomEvent =>
  roomEvent(103, atMs, {
    ...who(visit),
    TerminalType: visit.terminal,
    UserType: visit.user_type,
    Reason: NORMAL_ENTRY,
  });

/** 104: a user left; what the user still sent is not told as stopped. */
export const userLeft = (atMs: number, visit: EventVisit, reason: LeaveReason): RoomEvent =>
  roomEvent(104, atMs, { ...who(visit), Reason: exitReason[reason] });

/** 105: a user who watched began to publish, or the other way round; `visit` has the new role. */
export const roleChanged = (atMs: number, visit: EventVisit): RoomEvent => roomEvent(105, atMs, who(visit));

/** 201 to 206: a user began or ceased to send video, audio, or anything of a screen. */
export const mediaChanged = (atMs: number, userId: string, media: RoomMedia, on: boolean): RoomEvent =>
  on
    ? roomEvent(startTypes[media], atMs, { UserId: userId })
    : roomEvent(stopTypes[media], atMs, { UserId: userId, Reason: 0 });

/**
 * Puts an event into the outbox if the app wants its group. Times rise strictly within a room, over all its lives, and
 * are never in the future, so that receivers can sort by EventMsTs.
 */
export async function writeRoomEvent(
  tx: StoreTransaction,
  session: EventSession,
  event: RoomEvent,
  app: App | undefined,
): Promise<void> {
  if (!targetOf(app, event.group)) return;
  const stream = `${streamKind(event.group, app)}/${roomKeyText(roomOf(session))}`;
  const last = await latestOf(tx, stream);
  const seq = last.seq + 1;
  const eventMs = Math.max(last.event_ms + 1, Math.min(event.atMs, tx.wall));
  const row = {
    stream,
    seq,
    message_id: messageId(stream, seq, eventMs),
    task_id: null,
    sdk_app_id: session.sdk_app_id,
    event_group: event.group,
    type: event.type,
    event_ms: eventMs,
    // The id of a numeric room is told as a number (contract §4.5).
    payload: JSON.stringify({ RoomId: clientRoomId(session.room_kind, session.room_id), ...event.info }),
    state: 'pending' as const,
    attempts: 0,
    next_attempt_ms: tx.wall,
  };
  await tx.db.insertInto('event').values(row).execute();
  tx.announce('events');
}

/** A room's life as events name it. */
type EventSession = Pick<RoomSessionRow, 'sdk_app_id' | 'room_kind' | 'room_id'>;

const roomOf = ({ sdk_app_id, room_kind, room_id }: EventSession): RoomKey => ({
  sdkAppId: sdk_app_id,
  kind: room_kind,
  roomId: room_id,
});

async function latestOf({ db }: StoreTransaction, stream: string): Promise<{ seq: number; event_ms: number }> {
  const row = await db
    .selectFrom('event')
    .select(['seq', 'event_ms'])
    .where('stream', '=', stream)
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row ?? { seq: 0, event_ms: 0 };
}

/** One receiver is told of a room in one order; two receivers do not wait for each other. */
function streamKind(group: number, app: App | undefined): 'room' | 'media' {
  const apart = targetOf(app, eventGroup.room)?.url !== targetOf(app, eventGroup.media)?.url;
  return group === eventGroup.media && apart ? 'media' : 'room';
}
