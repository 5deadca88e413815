import { z } from 'zod';
import { isReservedUserId, RESERVED_RULE } from '../bot-id.ts';
import type { MediaId, RoomKey, RoomKind } from '../room-key.ts';
import { Problem } from './problem.ts';
import { hasControlCharacter } from './sdp-document.ts';

/** Whose picture in which room a WHIP or WHEP URL names. */
export interface PictureAddress {
  readonly room: RoomKey;
  readonly userId: string;
  readonly mediaId: MediaId;
  /** Set when the publisher says that it is no person but a robot that relays a mix into the room. */
  readonly robot?: 'relay';
}

const pathSchema = z.object({ sdkAppId: z.string(), roomId: z.string(), userId: z.string() });

const querySchema = z.object({
  media: z.enum(['main', 'aux']).default('main'),
  room_type: z.enum(['number', 'string']).optional(),
  robot: z.literal('relay').optional(),
});

/** Reads `/{SdkAppId}/{RoomId}/{UserId}?media=…&room_type=…&robot=…` after percent-decoding. Throws Problem (400). */
export function readAddress(path: unknown, query: unknown): PictureAddress {
  const { sdkAppId, roomId, userId } = pathSchema.parse(path);
  const options = querySchema.safeParse(query);
  if (!options.success) throw new Problem(400, 'media is main or aux; room_type is number or string; robot is relay.');
  const { media, room_type: kind, robot } = options.data;
  return {
    room: readRoom(sdkAppId, roomId, kind),
    userId: readClientId(userId, 'UserId'),
    mediaId: media,
    ...(robot ? { robot } : {}),
  };
}

/** Checks a room's parts; without a kind, digits alone name a numeric room. Throws Problem (400). */
export function readRoom(sdkAppId: string, roomId: string, kind: RoomKind | undefined): RoomKey {
  if (!/^[1-9]\d{0,9}$/.test(sdkAppId)) throw new Problem(400, 'SdkAppId is a number.');
  const known = kind ?? (/^\d+$/.test(roomId) ? 'number' : 'string');
  if (known === 'number' ? !isNumericRoomId(roomId) : !isText(roomId)) {
    throw new Problem(400, `RoomId is ${known === 'number' ? 'a number from 1 to 4294967294' : TEXT_RULE}.`);
  }
  return { sdkAppId: Number(sdkAppId), kind: known, roomId };
}

/** Checks a user id; the documented alphabet is narrower, but ids beyond it are in use. Throws Problem (400). */
export function readUserId(userId: string, name: string): string {
  if (!isText(userId)) throw new Problem(400, `${name} is ${TEXT_RULE}.`);
  return userId;
}

/** Checks the id of somebody who wants to enter: not one of our own bots'. Throws Problem (400). */
export function readClientId(userId: string, name: string): string {
  if (isReservedUserId(userId)) throw new Problem(400, `${name} cannot be used: ${RESERVED_RULE}.`);
  return readUserId(userId, name);
}

const MAX_TEXT_BYTES = 64;
const TEXT_RULE = `1 to ${MAX_TEXT_BYTES} bytes of UTF-8 without control characters`;

const isText = (text: string): boolean =>
  text !== '' && Buffer.byteLength(text) <= MAX_TEXT_BYTES && !hasControlCharacter(text) && text.isWellFormed();

/** Contract §3: 1 to 4294967294, written without leading zeros. */
const isNumericRoomId = (text: string): boolean => /^[1-9]\d{0,9}$/.test(text) && Number(text) <= 4294967294;
