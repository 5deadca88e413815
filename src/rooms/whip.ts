import { randomInt, randomUUID } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { readAddress, type PictureAddress } from './address.ts';
import { requireUserSig } from './authorize.ts';
import type { RoomsContext } from './context.ts';
import { negotiatePublish } from './negotiation.ts';
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
    const { room, publisher } = makePublisher(context, address, offer);
    const session = clientSession(room, publisher, offer);
    context.sessions.add(session);
    room.admit(publisher);
    try {
      const local = await publisher.open(context.transports, offer.transport);
      const { negotiation } = publisher;
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
  offer: Offer,
): { room: Room; publisher: Publisher } {
  const negotiation = negotiatePublish(offer);
  const room = context.registry.open(address.room);
  const publisher = new Publisher({
    sessionId: randomUUID(),
    userId: address.userId,
    mediaId: address.mediaId,
    ...(address.robot ? { robot: address.robot } : {}),
    negotiation,
    clock: context.clock,
    nextTrack: context.registry.nextTrack,
    host: room,
  });
  return { room, publisher };
}

function clientSession(room: Room, publisher: Publisher, offer: Offer): ClientSession {
  return {
    kind: 'whip',
    sessionId: publisher.sessionId,
    remoteUfrag: offer.transport.ufrag,
    get closed() {
      return publisher.closed;
    },
    addCandidate: (candidate) => publisher.addCandidate(candidate),
    end: () => room.end(publisher, 'left'),
  };
}
