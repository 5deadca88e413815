import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from './problem.ts';
import type { ClientSession, SessionTable } from './session-table.ts';
import { readTrickle } from './trickle.ts';

/** A session that was just made, with the answer for its client. */
export interface OpenedSession {
  readonly session: ClientSession;
  readonly answer: string;
}

/** Makes a session of a POSTed offer. Rejects with Problem, SdpError or TransportError. */
export type OpenSession = (request: FastifyRequest, offer: string) => Promise<OpenedSession>;

const SDP = 'application/sdp';
const TRICKLE = 'application/trickle-ice-sdpfrag';

/** Serves WHIP (RFC 9725) or WHEP, whose HTTP side is the same, below `/whip` or `/whep`. */
export function registerSdpEndpoint(
  server: FastifyInstance,
  kind: ClientSession['kind'],
  sessions: SessionTable,
  open: OpenSession,
): void {
  const endpoint = `/${kind}/:sdkAppId/:roomId/:userId`;
  const resource = `/${kind}/sessions/:sessionId`;
  server.post(endpoint, async (request, reply) => {
    const opened = await open(request, bodyOf(request, SDP));
    return sendAnswer(reply, kind, opened);
  });
  server.patch(resource, (request, reply) => {
    trickle(sessions.get(kind, sessionIdOf(request)), request);
    return reply.code(204).send();
  });
  server.delete(resource, (request, reply) => {
    sessions.get(kind, sessionIdOf(request)).end();
    return reply.code(200).send();
  });
  registerPreflight(server, endpoint, 'OPTIONS, POST', { 'accept-post': SDP });
  registerPreflight(server, resource, 'OPTIONS, PATCH, DELETE', { 'accept-patch': TRICKLE });
}

function sendAnswer(reply: FastifyReply, kind: ClientSession['kind'], opened: OpenedSession): FastifyReply {
  const { session, answer } = opened;
  return reply
    .code(201)
    .headers({ location: `/${kind}/sessions/${session.sessionId}`, etag: etagOf(session), 'accept-patch': TRICKLE })
    .type(SDP)
    .send(answer);
}

/** One ICE session per WHIP session, so its tag never changes. */
const etagOf = (session: ClientSession): string => `"${session.sessionId.slice(0, 8)}"`;

function sessionIdOf(request: FastifyRequest): string {
  return (request.params as { sessionId: string }).sessionId;
}

function bodyOf(request: FastifyRequest, type: string): string {
  const given = (request.headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();
  if (given !== type) throw new Problem(415, `The body is expected as ${type}.`);
  if (typeof request.body !== 'string' || request.body === '') throw new Problem(400, 'The body is empty.');
  return request.body;
}

/** RFC 9725 §4.3.1: candidates are taken, a restart is not, which a client answers by posting anew. */
function trickle(session: ClientSession, request: FastifyRequest): void {
  const fragment = readTrickle(bodyOf(request, TRICKLE));
  const ifMatch = request.headers['if-match'];
  if (ifMatch !== undefined && ifMatch !== '*' && ifMatch !== etagOf(session)) {
    throw new Problem(412, 'If-Match names another ICE session.');
  }
  if (fragment.ufrag !== undefined && fragment.ufrag !== session.remoteUfrag) {
    throw new Problem(422, 'ICE restarts are not supported: post a new offer, it takes the place of this session.');
  }
  for (const candidate of fragment.candidates) session.addCandidate(candidate);
}

/** Answers OPTIONS for browsers and clients, and every other method with 405. */
function registerPreflight(
  server: FastifyInstance,
  url: string,
  allow: string,
  headers: Readonly<Record<string, string>>,
): void {
  server.options(url, (_request, reply) => {
    const methods = { allow, 'access-control-allow-methods': allow };
    return reply
      .code(204)
      .headers({ ...methods, ...headers, 'access-control-max-age': '3600' })
      .send();
  });
  const known = new Set(allow.split(', '));
  const others = ['GET', 'PUT', 'POST', 'PATCH', 'DELETE'].filter((method) => !known.has(method));
  server.route({
    method: others,
    url,
    handler: () => {
      throw new Problem(405, `Allowed here: ${allow}.`, { allow });
    },
  });
}
