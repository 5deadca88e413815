import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { JOURNAL_PATH } from '../presence/messages.ts';
import { readRoom, readUserId } from './address.ts';
import { isInstallationToken } from './authorize.ts';
import type { RoomsContext } from './context.ts';
import type { JournalPosition } from './journal.ts';
import { Problem } from './problem.ts';
import { APPS_PATH, toldAppsText, type RoomApp } from './room-apps.ts';
import type { RemovedBy, Room } from './room.ts';

/** Largest list of apps, in bytes: tens of thousands of them. */
const APPS_LIMIT = 16 * 1024 * 1024;

/** Routes for the installation's own processes, with its token as the bearer; `/healthz` needs none. */
export function registerInternalRoutes(
  server: FastifyInstance,
  context: RoomsContext,
  token: string,
  stats: () => object,
): void {
  server.get('/healthz', (_request, reply) => reply.type('text/plain').send('ok\n'));
  const guarded = { onRequest: (request: FastifyRequest) => requireToken(request, token) };
  server.get('/rooms/v1/rooms', guarded, (request, reply) => {
    const { sdk_app_id: app } = request.query as { sdk_app_id?: string };
    return json(reply, { rooms: context.registry.list(app === undefined ? undefined : Number(app)) });
  });
  server.get('/rooms/v1/stats', guarded, (_request, reply) => json(reply, stats()));
  server.get(JOURNAL_PATH, guarded, async (request, reply) =>
    json(reply, await context.registry.journal.read(readPosition(request.query), hangUp(reply))),
  );
  server.put(APPS_PATH, { ...guarded, bodyLimit: APPS_LIMIT }, (request, reply) => {
    context.apps.tell(readApps(request.body));
    return reply.code(204).send();
  });
  server.delete('/rooms/v1/rooms/:sdkAppId/:kind/:roomId', guarded, (request, reply) => {
    requireRoom(context, request).dissolve(removedBy(request));
    return reply.code(204).send();
  });
  // Several at once, as the API removes them; who is not in the room is out of it already.
  server.delete('/rooms/v1/rooms/:sdkAppId/:kind/:roomId/users', guarded, (request, reply) => {
    const room = requireRoom(context, request);
    for (const userId of readUserIds(request.query)) room.removeUser(userId, removedBy(request));
    return reply.code(204).send();
  });
  server.delete('/rooms/v1/rooms/:sdkAppId/:kind/:roomId/users/:userId', guarded, (request, reply) => {
    const { userId } = request.params as { userId: string };
    const removed = requireRoom(context, request).removeUser(readUserId(userId, 'UserId'), removedBy(request));
    if (!removed) throw new Problem(404, 'There is no such user in the room.');
    return reply.code(204).send();
  });
}

const json = (reply: FastifyReply, body: object): FastifyReply => reply.type('application/json').send(body);

const byQuery = z.object({ by: z.enum(['customer', 'server']).default('server') });
const usersQuery = z.object({ user: z.union([z.string().transform((one) => [one]), z.array(z.string())]) });
const positionQuery = z.object({
  boot: z.string().default(''),
  after: z.coerce.number().int().nonnegative().default(0),
});

function readQuery<T>(schema: z.ZodType<T>, query: unknown): T {
  const read = schema.safeParse(query);
  if (!read.success) throw new Problem(400, `The query cannot be read: ${read.error.issues[0]?.path.join('.')}.`);
  return read.data;
}

/** On whose behalf: the customer's, who asked through the API, or by default the operator's. */
const removedBy = (request: FastifyRequest): RemovedBy => readQuery(byQuery, request.query).by;

const readPosition = (query: unknown): JournalPosition => readQuery(positionQuery, query);

function readApps(body: unknown): readonly RoomApp[] {
  const told = toldAppsText.safeParse(body);
  if (!told.success) throw new Problem(400, `The apps cannot be read: ${told.error.issues[0]?.path.join('.')}.`);
  return told.data.apps;
}

const readUserIds = (query: unknown): string[] =>
  readQuery(usersQuery, query).user.map((userId) => readUserId(userId, 'user'));

/** Aborts when the reader hangs up before it got its answer. */
function hangUp(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  return gone.signal;
}

/** Async, as a hook without a callback has to be. */
async function requireToken(request: FastifyRequest, token: string): Promise<void> {
  if (isInstallationToken(request.headers.authorization, token)) return;
  throw new Problem(401, "The installation's token is expected as the bearer.", { 'www-authenticate': 'Bearer' });
}

function requireRoom(context: RoomsContext, request: FastifyRequest): Room {
  const { sdkAppId, kind, roomId } = request.params as { sdkAppId: string; kind: string; roomId: string };
  if (kind !== 'number' && kind !== 'string') throw new Problem(400, 'The kind of a room is number or string.');
  const room = context.registry.find(readRoom(sdkAppId, roomId, kind));
  if (!room?.occupied) throw new Problem(404, 'Nobody is in that room.');
  return room;
}
