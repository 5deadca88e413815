import { z } from 'zod';
import { watcherId } from '../bot-id.ts';
import type { LiveRoom } from '../presence/live-rooms.ts';
import { roomKeyText, type RoomKey } from '../room-key.ts';
import { readRoom } from '../rooms/address.ts';
import { Problem } from '../rooms/problem.ts';
import { roomOf } from '../tasks/stored-task.ts';
import { app, appText, ms } from './fields.ts';
import { operatorPlan } from './operator-plan.ts';
import { AdminProblem } from './problem.ts';
import { defineRoute, type AdminRoute } from './route.ts';
import type { AdminServices } from './services.ts';
import { roomKind } from './task-view.ts';

const byRoom = { app: appText, kind: roomKind, roomId: z.string().min(1).max(256) };
const aRoom = z.strictObject(byRoom);
const nobody = 'Nobody is in that room.';
const outOfReach = { 503: 'The rooms are out of reach at this moment.' } as const;

const liveRoom = z
  .object({
    app,
    room: z.object({ kind: roomKind, id: z.string() }),
    anchors: z.array(
      z.object({
        userId: z.string(),
        tracks: z.array(z.object({ mediaId: z.enum(['main', 'aux']), media: z.enum(['audio', 'video']) })),
      }),
    ),
    taskIds: z.array(z.string()).describe('Active recordings of the room.'),
  })
  .meta({ id: 'LiveRoom' });

/** A live room in an answer. */
export type LiveRoomView = z.input<typeof liveRoom>;

const list = defineRoute({
  method: 'GET',
  path: '/rooms',
  summary: 'Lists the rooms that somebody is in, with their anchors and active recordings.',
  query: z.strictObject({ app: appText.optional().describe('SdkAppId.') }),
  answer: { status: 200, description: 'As it is now.', schema: z.object({ items: z.array(liveRoom) }) },
  problems: outOfReach,
  async handle({ query }, services) {
    const rooms = await reached(services.liveRooms.list(query.app));
    const recordings = await activeRecordings(services);
    return { items: rooms.map((live) => viewRoom(live, recordings.get(roomKeyText(live.room)) ?? [])) };
  },
});

/** MP4 and AAC exclude each other, as in MediaType of the recording API. */
const wishes = z
  .strictObject({
    mode: z.enum(['single', 'mixed']),
    containers: z
      .array(z.enum(['mp4', 'hls', 'aac']))
      .min(1)
      .refine((all) => new Set(all).size === all.length, 'names a form twice')
      .refine((all) => !(all.includes('mp4') && all.includes('aac')), 'mp4 and aac exclude each other')
      .optional()
      .describe('Forms of the files, MP4 by default; `mp4` and `aac` exclude each other, `aac` is sound alone.'),
    layout: z
      .enum(['grid', 'floating', 'share'])
      .optional()
      .describe('Of a mixed picture: `grid` by default, or a big picture with the others over it, or beside it.'),
    users: z
      .array(z.string().min(1).max(128))
      .min(1)
      .max(32)
      .optional()
      .describe('Who is recorded: UserIds, or beginnings of them written `lecturer_.*$`. Default: everybody.'),
    mostSeconds: z
      .int()
      .min(1)
      .max(30 * 86_400)
      .optional()
      .describe('It ends by itself after so long, as if it were stopped. Default: never.'),
  })
  .refine(({ mode, layout }) => mode === 'mixed' || layout === undefined, {
    error: 'only a mixed recording has a layout',
    path: ['layout'],
  });

const record = defineRoute({
  method: 'POST',
  path: '/rooms/{app}/{kind}/{roomId}/recordings',
  summary: 'Starts a recording of a room, with 720p and a minute of patience.',
  params: aRoom,
  body: wishes,
  answer: { status: 201, description: 'It was accepted.', schema: z.object({ taskId: z.string() }) },
  problems: {
    404: 'This server has no such app.',
    429: 'As many recordings are running as the app may have.',
    503: 'No recorder can take it.',
    507: 'The library of the app is full.',
  },
  async handle({ params, body }, { tasks, appIds, clock }) {
    const room = roomOfPath(params);
    if (!appIds.includes(room.sdkAppId)) throw new AdminProblem(404, 'This server has no such app.');
    const created = await tasks.create({
      room,
      botUserId: `console_${body.mode}_${clock.wallMs()}`,
      plan: operatorPlan(body),
      destination: { kind: 'vod', subAppId: room.sdkAppId, expireSeconds: 0, classId: 0 },
      userDefineRecordId: undefined,
      // As long as a recording can be granted: an operator's must be stoppable for as long as it runs.
      resourceExpiredHours: 720,
    });
    if (typeof created === 'string') throw refusals[created]();
    return created;
  },
});

const refusals = {
  restricted: () => new AdminProblem(429, 'As many recordings are running as the app may have. Stop one first.'),
  'recorders busy': () => new AdminProblem(503, 'Every recorder is as busy as it may be. Stop a recording, or wait.'),
  'library full': () =>
    new AdminProblem(507, "The app's library is as full as it may be. Delete files, or raise its limit."),
  'spools full': () => new AdminProblem(503, 'The disk is nearly full. Make space before you record.'),
} as const;

const removeUser = defineRoute({
  method: 'DELETE',
  path: '/rooms/{app}/{kind}/{roomId}/users/{userId}',
  summary: 'Removes a user from a room.',
  params: z.strictObject({ ...byRoom, userId: z.string().min(1).max(256) }),
  answer: { status: 204, description: 'The user is not in the room any more.' },
  problems: { 404: nobody, ...outOfReach },
  async handle({ params: { userId, ...path } }, { roomControl }) {
    if (!(await reached(roomControl.remove(roomOfPath(path), [userId])))) throw new AdminProblem(404, nobody);
  },
});

const watch = defineRoute({
  method: 'POST',
  path: '/rooms/{app}/{kind}/{roomId}/users/{userId}/watch',
  access: 'viewer',
  summary: 'Gives a ticket by which a picture of an anchor is watched (WHEP).',
  description:
    'Nobody in the room sees who watches by it: no callback tells of it, and no room lives by it. The audit log does.',
  params: z.strictObject({ ...byRoom, userId: z.string().min(1).max(256) }),
  body: z.strictObject({ mediaId: z.enum(['main', 'aux']) }),
  answer: {
    status: 200,
    description: 'The ticket.',
    schema: z.object({
      url: z.string().describe('Path to post the offer to.'),
      token: z.string().describe('Its bearer token, for that path alone.'),
      expiresMs: ms.describe('Until then the offer has to be posted.'),
    }),
  },
  problems: { 404: 'This server has no such app.' },
  handle: async ({ params: { userId, ...path }, body: { mediaId } }, { appIds, tickets }, { caller }) => {
    const room = roomOfPath(path);
    if (!appIds.includes(room.sdkAppId)) throw new AdminProblem(404, 'This server has no such app.');
    const viewerId = watcherId(caller?.name ?? '');
    const query = new URLSearchParams({ media: mediaId, room_type: room.kind, viewer: viewerId }).toString();
    const url = `/whep/${room.sdkAppId}/${encodeURIComponent(room.roomId)}/${encodeURIComponent(userId)}?${query}`;
    return { url, ...tickets.issue({ room, userId, mediaId, viewerId }) };
  },
});

const dissolve = defineRoute({
  method: 'DELETE',
  path: '/rooms/{app}/{kind}/{roomId}',
  summary: 'Dissolves a room: everybody is put out.',
  params: aRoom,
  answer: { status: 204, description: 'Nobody is in the room any more.' },
  problems: { 404: nobody, ...outOfReach },
  async handle({ params }, { roomControl }) {
    if (!(await reached(roomControl.dismiss(roomOfPath(params))))) throw new AdminProblem(404, nobody);
  },
});

async function reached<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof AdminProblem) throw error;
    throw new AdminProblem(503, 'The rooms are out of reach. Try again in a second.', {
      headers: { 'retry-after': '1' },
    });
  }
}

function roomOfPath({ app: sdkAppId, kind, roomId }: z.output<typeof aRoom>): RoomKey {
  try {
    return readRoom(String(sdkAppId), roomId, kind);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const errors = [{ in: 'path', at: 'roomId', message: error.message }] as const;
    throw new AdminProblem(400, error.message, { errors });
  }
}

/** TaskIds of active recordings by the text of their room's key. */
async function activeRecordings({ store }: AdminServices): Promise<Map<string, string[]>> {
  const rows = await store.db
    .selectFrom('task')
    .select(['id', 'sdk_app_id', 'room_kind', 'room_id'])
    .where('state', '=', 'active')
    .where('stop_code', 'is', null)
    .execute();
  const byRoomText = Map.groupBy(rows, (row) => roomKeyText(roomOf(row)));
  return new Map(Array.from(byRoomText, ([text, own]) => [text, own.map(({ id }) => id)]));
}

const viewRoom = ({ room, anchors }: LiveRoom, taskIds: string[]): z.input<typeof liveRoom> => ({
  app: room.sdkAppId,
  room: { kind: room.kind, id: room.roomId },
  anchors: anchors.map(({ userId, tracks }) => ({
    userId,
    tracks: tracks.map(({ mediaId, media }) => ({ mediaId, media })),
  })),
  taskIds,
});

/** Live rooms, and what an operator does to them. */
export const roomRoutes: readonly AdminRoute[] = [list, record, removeUser, watch, dissolve];
