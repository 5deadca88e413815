import { z } from 'zod';

/**
 * What the rooms role tells of who is in which room, and the server role reads: one schema for both, because it is read
 * behind the network.
 */

const userId = z.string();
const role = z.literal([20, 21]);
const media = z.enum(['video', 'audio', 'aux']);
const atMs = z.int().nonnegative();

const room = z.object({ sdkAppId: z.int(), kind: z.enum(['number', 'string']), roomId: z.string() });

const client = z.object({
  /** TerminalType of contract §4.5. */
  terminal: z.literal([1, 2, 3, 4, 100]),
  /** UserType of contract §4.5; nobody comes as a mini-program. */
  userType: z.literal([1, 3]),
  /** The way in: `WHIP`, `WHEP`, or `recorder` for a recording's bot. */
  software: z.string(),
  /** IP address; empty when it is not known. */
  address: z.string(),
  /** Set for a robot that relays a mix into the room, which is no person. */
  robot: z.literal(true).optional(),
});

const moment = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('created'), room, userId }),
  z.object({ kind: z.literal('entered'), userId, role, client }),
  z.object({ kind: z.literal('left'), userId, reason: z.enum(['left', 'timeout', 'removed']) }),
  z.object({ kind: z.literal('role'), userId, role }),
  z.object({ kind: z.literal('media'), userId, media, on: z.boolean() }),
  z.object({ kind: z.literal('destroyed') }),
]);

const entry = z.object({ seq: z.int().positive(), atMs, session: z.int().positive(), moment });

const presence = z.object({ userId, role, client, enteredMs: atMs, media: z.array(media) });

const session = z.object({
  session: z.int().positive(),
  room,
  createdMs: atMs,
  creator: userId,
  present: z.array(presence),
});

/** What the journal's route answers. */
export const journalPageSchema = z.object({
  /** Names the start of the rooms role; numbers begin anew with each. */
  boot: z.string().min(1),
  /** Number of the last entry that this answer includes, in `entries` or in `snapshot`. */
  upTo: z.int().nonnegative(),
  entries: z.array(entry),
  /** All rooms as they are after `upTo`, in place of entries that are forgotten already. */
  snapshot: z.array(session).optional(),
});

/** 20 anchor, 21 viewer (contract §4.5). */
export type RoomRole = z.infer<typeof role>;
/** A kind of media that the media callbacks tell apart: the camera, the microphone, and all that the screen sends. */
export type RoomMedia = z.infer<typeof media>;
/** With what somebody came into a room. */
export type RoomClient = Readonly<z.infer<typeof client>>;
/** Something that happened in a room. */
export type RoomMoment = Readonly<z.infer<typeof moment>>;
/** Why somebody is no longer in a room. */
export type LeaveReason = Extract<RoomMoment, { kind: 'left' }>['reason'];
/** A moment with its number, its wall time and the room session it belongs to; both numbers count within one boot. */
export type JournalEntry = Readonly<z.infer<typeof entry>>;
/** Somebody who is in a room. */
export type RoomPresence = Readonly<z.infer<typeof presence>>;
/** One life of a room that still goes on. */
export type RoomSession = Readonly<z.infer<typeof session>>;
/** An answer of the journal's route. */
export type JournalPage = Readonly<z.infer<typeof journalPageSchema>>;

/** Path of the journal on the rooms role; query `boot` and `after`: the number of the last entry that is known. */
export const JOURNAL_PATH = '/rooms/v1/journal';
