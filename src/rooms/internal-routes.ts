import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { readRoom, readUserId } from './address.ts';
import { isInstallationToken } from './authorize.ts';
import type { RoomsContext } from './context.ts';
import { Problem } from './problem.ts';
import type { Room } from './room.ts';

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
  server.delete('/rooms/v1/rooms/:sdkAppId/:kind/:roomId', guarded, (request, reply) => {
    requireRoom(context, request).dissolve();
    return reply.code(204).send();
  });
  server.delete('/rooms/v1/rooms/:sdkAppId/:kind/:roomId/users/:userId', guarded, (request, reply) => {
    const { userId } = request.params as { userId: string };
    const removed = requireRoom(context, request).removeUser(readUserId(userId, 'UserId'));
    if (!removed) throw new Problem(404, 'There is no such user in the room.');
    return reply.code(204).send();
  });
}

const json = (reply: FastifyReply, body: object): FastifyReply => reply.type('application/json').send(body);

/** Async, as a hook without a callback has to be. */
async function requireToken(request: FastifyRequest, token: string): Promise<void> {
  if (isInstallationToken(request.headers.authorization, token)) return;
  throw new Problem(401, "The installation's token is expected as the bearer.", { 'www-authenticate': 'Bearer' });
}

function requireRoom(context: RoomsContext, request: FastifyRequest): Room {
  const { sdkAppId, kind, roomId } = request.params as { sdkAppId: string; kind: string; roomId: string };
  if (kind !== 'number' && kind !== 'string') throw new Problem(400, 'The kind of a room is number or string.');
  const room = context.registry.find(readRoom(sdkAppId, roomId, kind));
  if (!room) throw new Problem(404, 'Nobody is in that room.');
  return room;
}
