import { createHmac } from 'node:crypto';

/** What a callback says (contract §4.2). */
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
    EventGroupId: 3,
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

/** The `Sign` header: base64 of HMAC-SHA256 over the exact bytes of the body (contract §4.1). */
export const signBody = (key: string, body: string | Uint8Array): string =>
  createHmac('sha256', key).update(body).digest('base64');

/** Headers of a callback; `Sign` is left out when the app has no key. */
export function messageHeaders(sdkAppId: number, key: string | undefined, body: string): Record<string, string> {
  const headers: Record<string, string> = { 'Content-Type': 'application/json', SdkAppId: String(sdkAppId) };
  return key ? { ...headers, Sign: signBody(key, body) } : headers;
}
