import { createHash, createHmac } from 'node:crypto';
import { defaultCompat, type Compat } from '../config/compat.ts';
import type { RoomKind } from '../room-key.ts';
import { recordingEvents, type EventType } from './event-table.ts';
import { eventGroup } from './groups.ts';
import { flatCommit } from './payloads.ts';

/** What a callback about a recording says (contract §4.2). */
export interface CallbackMessage {
  readonly type: number;
  /** Raw room id, never escaped. */
  readonly roomId: string;
  /** Matters only where RoomId is told as the client has it (D-3). */
  readonly roomKind?: RoomKind;
  /** When it happened, milliseconds since the epoch. */
  readonly eventMs: number;
  /** The bot's user id. */
  readonly botUserId: string;
  readonly taskId: string;
  readonly payload: Readonly<Record<string, unknown>>;
  /** When the first attempt is made; retries repeat it (contract §4.1). */
  readonly callbackMs: number;
}

/** Which answers of contract §0.2 the bodies of callbacks follow. */
export type MessageCompat = Pick<Compat, 'event_ts' | 'room_id' | 'file_committed'>;

const hasTextTime = (type: number): boolean =>
  Object.hasOwn(recordingEvents, type) && recordingEvents[type as EventType].timeIsText;

function eventTs({ type, eventMs }: CallbackMessage, { event_ts: form }: MessageCompat): string | number {
  const seconds = Math.floor(eventMs / 1000);
  const isText = form === 'documented' ? hasTextTime(type) : form === 'string';
  return isText ? String(seconds) : seconds;
}

/** RoomId of a room as its clients have it: a number for a numeric room. */
export const clientRoomId = (kind: RoomKind | undefined, roomId: string): string | number =>
  kind === 'number' ? Number(roomId) : roomId;

/** The message as compact JSON, members in the order of the contract's examples; `compat` decides D-2, D-3 and D-4. */
export function messageBody(message: CallbackMessage, compat: MessageCompat = defaultCompat): string {
  const { type, roomKind, roomId, payload } = message;
  return JSON.stringify({
    EventGroupId: eventGroup.recording,
    EventType: type,
    CallbackTs: message.callbackMs,
    EventInfo: {
      RoomId: compat.room_id === 'client' ? clientRoomId(roomKind, roomId) : roomId,
      EventTs: eventTs(message, compat),
      EventMsTs: message.eventMs,
      UserId: message.botUserId,
      TaskId: message.taskId,
      Payload: type === 311 && compat.file_committed === 'flat' ? flatCommit(payload) : payload,
    },
  });
}

/** What a callback about a room or the media in it says (contract §4.5). */
export interface RoomMessage {
  /** EventGroupId: 1 room, 2 media. */
  readonly group: number;
  readonly type: number;
  /** When it happened, milliseconds since the epoch. */
  readonly eventMs: number;
  /** EventInfo without its times; RoomId first. */
  readonly info: Readonly<Record<string, unknown>>;
  /** When the first attempt is made; retries repeat it. */
  readonly callbackMs: number;
}

/** The message as compact JSON; EventTs is a number here, and the times follow RoomId as in the contract's vector 1. */
export function roomMessageBody({ group, type, eventMs, info, callbackMs }: RoomMessage): string {
  const { RoomId, ...rest } = info;
  return JSON.stringify({
    EventGroupId: group,
    EventType: type,
    CallbackTs: callbackMs,
    EventInfo: { RoomId, EventTs: Math.floor(eventMs / 1000), EventMsTs: eventMs, ...rest },
  });
}

/** The `Sign` header: base64 of HMAC-SHA256 over the exact bytes of the body (contract §4.1). */
export const signBody = (key: string, body: string | Uint8Array): string =>
  createHmac('sha256', key).update(body).digest('base64');

/** A message on its way. */
export interface SentMessage {
  readonly sdkAppId: number;
  /** The same in every attempt, see {@link messageId}. */
  readonly id: string;
  readonly body: string;
  /** When this attempt is made, milliseconds since the epoch. */
  readonly sentMs: number;
}

/**
 * Names a message towards its receiver, who may get it twice; of letters and digits, since the names of streams are not.
 * The event's time is in it because a room that was forgotten counts from 1 again.
 */
export const messageId = (stream: string, seq: number, eventMs: number): string =>
  `evt_${createHash('sha256').update(`${stream}\n${seq}\n${eventMs}`).digest('hex').slice(0, 32)}`;

/**
 * Headers of a callback: the contract's, and those of Standard Webhooks beside them, which name the message and sign the
 * time with it. The signatures are left out when the app has no key.
 */
export function messageHeaders(
  { sdkAppId, id, body, sentMs }: SentMessage,
  key: string | undefined,
): Record<string, string> {
  const seconds = String(Math.floor(sentMs / 1000));
  const plain = {
    'Content-Type': 'application/json',
    SdkAppId: String(sdkAppId),
    'webhook-id': id,
    'webhook-timestamp': seconds,
  };
  if (!key) return plain;
  return {
    ...plain,
    Sign: signBody(key, body),
    'webhook-signature': `v1,${signBody(key, `${id}.${seconds}.${body}`)}`,
  };
}
