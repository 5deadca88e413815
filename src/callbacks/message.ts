import { createHmac } from 'node:crypto';
import { eventGroup } from './groups.ts';

/** What a callback about a recording says (contract §4.2). */
export interface CallbackMessage {
  readonly type: number;
  /** Raw room id, never escaped. */
  readonly roomId: string;
  /** When it happened, milliseconds since the epoch. */
  readonly eventMs: number;
  /** The bot's user id. */
  readonly botUserId: string;
  readonly taskId: string;
  readonly payload: unknown;
  /** When the first attempt is made; retries repeat it (contract §4.1). */
  readonly callbackMs: number;
}

/** Events whose EventTs is a string (decision D-2). */
const textTimeEvents: ReadonlySet<number> = new Set([301, 302, 307]);

/** The message as compact JSON, members in the order of the contract's examples; RoomId is always a string (D-3). */
export function messageBody(message: CallbackMessage): string {
  const seconds = Math.floor(message.eventMs / 1000);
  return JSON.stringify({
    EventGroupId: eventGroup.recording,
    EventType: message.type,
    CallbackTs: message.callbackMs,
    EventInfo: {
      RoomId: message.roomId,
      EventTs: textTimeEvents.has(message.type) ? String(seconds) : seconds,
      EventMsTs: message.eventMs,
      UserId: message.botUserId,
      TaskId: message.taskId,
      Payload: message.payload,
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

/** Headers of a callback; `Sign` is left out when the app has no key. */
export function messageHeaders(sdkAppId: number, key: string | undefined, body: string): Record<string, string> {
  const headers: Record<string, string> = { 'Content-Type': 'application/json', SdkAppId: String(sdkAppId) };
  return key ? { ...headers, Sign: signBody(key, body) } : headers;
}
