import { randomInt, randomUUID } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { RoomClient } from '../presence/messages.ts';
import { readAddress, type PictureAddress } from './address.ts';
import { publishPrivileges, requirePermission, requireUserSig } from './authorize.ts';
import { describeClient } from './client-description.ts';
import type { RoomsContext } from './context.ts';
import { negotiatePublish, type Negotiation } from './negotiation.ts';
import { Publisher } from './publisher.ts';
import type { Room } from './room.ts';
import { writeAnswer } from './sdp-answer.ts';
import type { OpenedSession, OpenSession } from './sdp-endpoint.ts';
import { readOffer, type Offer } from './sdp-offer.ts';
import type { ClientSession } from './session-table.ts';

/** Publishing: a POSTed offer becomes a session of the user in the room, who enters when its transport is up. */
export function whipOpener(context: RoomsContext): OpenSession {
  return async (request: FastifyRequest, text: string): Promise<OpenedSession> => {
    const address = readAddress(request.params, request.query);
    const user = { sdkAppId: address.room.sdkAppId, userId: address.userId, nowMs: context.clock.wallMs() };
    requireUserSig(context.apps, request.headers.authorization, user);
    const offer = readOffer(text);
    const negotiation = negotiatePublish(offer);
    const needed = publishPrivileges(address.mediaId, negotiation.media);
    requirePermission(context.apps, request.query, { ...user, room: address.room, needed });
    const { room, publisher } = makePublisher(context, address, negotiation, describeClient(request, 'WHIP'));
    const session = clientSession(room, publisher, offer);
    context.sessions.add(session, context.clock.monoUs());
    room.admit(publisher);
    try {
      const local = await publisher.open(context.transports, offer.transport);
      return { session, answer: writeAnswer({ offer, negotiation, local, sessionNumber: newSessionNumber() }) };
    } catch (error) {
      room.end(publisher, 'left');
      throw error;
    }
  };
}

/** A number for the `o=` line of an answer, which must not repeat for one peer (RFC 9429 §5.2.1). */
export const newSessionNumber = (): string => String(randomInt(1, 2 ** 47));

function makePublisher(
  context: RoomsContext,
  address: PictureAddress,
  negotiation: Negotiation,
  client: RoomClient,
): { room: Room; publisher: Publisher } {
  const room = context.registry.open(address.room);
  const publisher = new Publisher({
    sessionId: randomUUID(),
    userId: address.userId,
    mediaId: address.mediaId,
    ...(address.robot ? { robot: address.robot } : {}),
    negotiation,
    client,
    clock: context.clock,
    gate: context.intake.gate(),
    nextTrack: context.registry.nextTrack,
    host: room,
  });
  return { room, publisher };
}

function clientSession(room: Room, publisher: Publisher, offer: Offer): ClientSession {
  return {
    kind: 'whip',
    owner: { sdkAppId: room.key.sdkAppId, userId: publisher.userId },
    sessionId: publisher.sessionId,
    remoteUfrag: offer.transport.ufrag,
    get closed() {
      return publisher.closed;
    },
    addCandidate: (candidate) => publisher.addCandidate(candidate),
    end: () => room.end(publisher, 'left'),
  };
}
