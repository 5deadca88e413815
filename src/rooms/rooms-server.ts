import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { Problem, PROBLEM_TYPE, problemBody } from './problem.ts';
import { MAX_SDP_BYTES, SdpError } from './sdp-document.ts';
import { TransportError } from './transport.ts';

/** The longest path parameter: a room id of 64 bytes, each percent-encoded. */
const MAX_PARAMETER = 64 * 3;

/** What the server needs of a logger. */
export interface FaultLog {
  error(fields: object, message: string): void;
}

/** The rooms' HTTP server without routes: text bodies, CORS, and every refusal as a problem document. */
export function createRoomsServer(log: FaultLog): FastifyInstance {
  const server = Fastify({
    logger: false,
    bodyLimit: MAX_SDP_BYTES,
    requestTimeout: 15_000,
    exposeHeadRoutes: false,
    forceCloseConnections: true,
    routerOptions: {
      maxParamLength: MAX_PARAMETER,
      onBadUrl: (_path, request, response) => refuseUrl(request, response),
    },
  });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser(/^[^;]+/, { parseAs: 'string' }, (_request, body, done) => done(null, body));
  server.addHook('onRequest', (_request, reply, done) => {
    void reply.headers(CORS);
    done();
  });
  server.setNotFoundHandler((_request, reply) =>
    sendProblem(reply, new Problem(404, 'There is nothing at this path.')),
  );
  server.setErrorHandler((error: FastifyError, request, reply) => sendProblem(reply, toProblem(error, request, log)));
  return server;
}

/** Credentials travel in the Authorization header, never in cookies, so any origin may ask (RFC 9725 §4.1). */
const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': 'Authorization, Content-Type, If-Match',
  'access-control-expose-headers': 'Location, ETag, Accept-Patch, Retry-After',
};

function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  // As bytes: to a JSON text Fastify adds a charset, which the type does not have (RFC 9457 §6.1).
  return reply
    .code(problem.status)
    .headers(problem.headers)
    .type(PROBLEM_TYPE)
    .send(Buffer.from(problemBody(problem.status, problem.message)));
}

function toProblem(error: FastifyError | Error, request: FastifyRequest, log: FaultLog): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof SdpError) return new Problem(error.status, error.message);
  if (error instanceof TransportError) return new Problem(422, error.message);
  const status = 'statusCode' in error ? error.statusCode : undefined;
  if (status !== undefined && status >= 400 && status < 500) return new Problem(status, error.message);
  log.error({ err: error, method: request.method, url: request.url.split('?')[0] }, 'rooms request failed');
  return new Problem(500, 'The server failed; its log says why.');
}

/** A path that is no percent-encoded UTF-8 never reaches a route. */
function refuseUrl(_request: unknown, response: unknown): void {
  const raw = response as { writeHead(status: number, headers: object): { end(body: string): void } };
  raw.writeHead(400, { ...CORS, 'content-type': PROBLEM_TYPE }).end(problemBody(400, 'The path is not UTF-8.'));
}
