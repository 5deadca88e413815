import { randomUUID } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { isWatcherId } from '../bot-id.ts';
import { readAddress, readClientId, type PictureAddress } from './address.ts';
import { requirePermission, requireUserSig, requireWatchTicket, watchPrivileges } from './authorize.ts';
import { describeClient } from './client-description.ts';
import type { RoomsContext } from './context.ts';
import { negotiateWatch, type Negotiation } from './negotiation.ts';
import { Problem } from './problem.ts';
import type { Publisher } from './publisher.ts';
import { writeAnswer, type SentStream } from './sdp-answer.ts';
import type { OpenedSession, OpenSession } from './sdp-endpoint.ts';
import { readOffer, type Offer } from './sdp-offer.ts';
import type { ClientSession } from './session-table.ts';
import { SENDER_CNAME, Viewer, type ViewerOptions } from './viewer.ts';
import { newSessionNumber } from './whip.ts';

const viewerSchema = z.object({ viewer: z.string() });

/** Watching: a POSTed offer becomes a session that gets an anchor's picture and sound. */
export function whepOpener(context: RoomsContext, connectTimeoutMs: number): OpenSession {
  return async (request: FastifyRequest, text: string): Promise<OpenedSession> => {
    const address = readAddress(request.params, request.query);
    const viewerId = readViewer(request.query);
    const permit = admit(context, request, { ...address, viewerId });
    const offer = readOffer(text);
    const watcher = { viewerId, client: describeClient(request, 'WHEP'), connectTimeoutMs };
    const viewer = makeViewer(context, address, offer, watcher, permit);
    const session = clientSession(address.room.sdkAppId, viewer.viewer, offer);
    context.sessions.add(session, context.clock.monoUs());
    return { session, answer: await openViewer(context, viewer, offer) };
  };
}

type Permit = (negotiation: Negotiation) => void;

/** Judges who wants to watch, and tells how what is negotiated is judged. Throws Problem: 401, 403 or 404. */
function admit(
  { apps, tickets, clock }: RoomsContext,
  request: FastifyRequest,
  { viewerId, ...address }: PictureAddress & { readonly viewerId: string },
): Permit {
  const { authorization } = request.headers;
  if (isWatcherId(viewerId)) {
    requireWatchTicket(tickets, authorization, { ...address, viewerId });
    return () => undefined;
  }
  const user = { sdkAppId: address.room.sdkAppId, userId: viewerId, nowMs: clock.wallMs() };
  requireUserSig(apps, authorization, user);
  return ({ media }) => {
    const needed = watchPrivileges(address.mediaId, media);
    requirePermission(apps, request.query, { ...user, room: address.room, needed });
  };
}

interface MadeViewer {
  readonly viewer: Viewer;
  readonly negotiation: Negotiation;
  readonly enter: () => void;
}

function readViewer(query: unknown): string {
  const options = viewerSchema.safeParse(query);
  if (!options.success) throw new Problem(400, 'viewer names the user who watches.');
  const { viewer } = options.data;
  return isWatcherId(viewer) ? viewer : readClientId(viewer, 'viewer');
}

function makeViewer(
  context: RoomsContext,
  address: PictureAddress,
  offer: Offer,
  watcher: Pick<ViewerOptions, 'viewerId' | 'client' | 'connectTimeoutMs'>,
  permit: Permit,
): MadeViewer {
  const { userId, mediaId } = address;
  const room = context.registry.find(address.room);
  const source = room?.source(userId, mediaId);
  if (!room || !source) throw new Problem(404, 'That user does not publish this picture.', { 'retry-after': '1' });
  const negotiation = negotiateWatch(offer, sentBy(source));
  permit(negotiation);
  const { clock } = context;
  const gate = context.intake.gate();
  const viewer = new Viewer({ ...watcher, sessionId: randomUUID(), userId, mediaId, room, negotiation, clock, gate });
  return { viewer, negotiation, enter: () => room.watch(viewer) };
}

function sentBy(source: Publisher): Parameters<typeof negotiateWatch>[1] {
  const { media } = source.negotiation;
  return {
    audio: media.some((one) => one.media === 'audio'),
    video: media.find((one) => one.media === 'video')?.codec,
  };
}

async function openViewer(context: RoomsContext, made: MadeViewer, offer: Offer): Promise<string> {
  const { viewer, negotiation } = made;
  made.enter();
  try {
    const local = await viewer.open(context.transports, offer.transport);
    return writeAnswer({ offer, negotiation, local, sessionNumber: newSessionNumber(), sent: sentStreams(viewer) });
  } catch (error) {
    viewer.close();
    throw error;
  }
}

function sentStreams(viewer: Viewer): SentStream[] {
  const streamId = viewer.sessionId;
  return viewer.streams.map(({ ssrc, rtxSsrc }) => ({ ssrc, rtxSsrc, cname: SENDER_CNAME, streamId }));
}

function clientSession(sdkAppId: number, viewer: Viewer, offer: Offer): ClientSession {
  return {
    kind: 'whep',
    owner: { sdkAppId, userId: viewer.viewerId },
    sessionId: viewer.sessionId,
    remoteUfrag: offer.transport.ufrag,
    get closed() {
      return viewer.closed;
    },
    addCandidate: (candidate) => viewer.addCandidate(candidate),
    end: () => viewer.close(),
  };
}
