import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Pool } from 'undici';
import { PROBLEM_TYPE, problemBody } from '../rooms/problem.ts';

/** Where the rooms role answers. */
export interface RoomsAddress {
  /** Origin, such as http://127.0.0.1:41000. */
  readonly origin: string;
  /** Bearer token of the installation, for its internal routes. */
  readonly token: string;
}

const SDP_BYTES = 64 * 1024;
const PASSED_REQUEST_HEADERS = [
  'content-type',
  'authorization',
  'if-match',
  'origin',
  'access-control-request-method',
  'access-control-request-headers',
  'user-agent',
];
const DROPPED_RESPONSE_HEADERS = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'date']);

/** Signalling on the public port: `/whip/*` and `/whep/*` are answered by the rooms role. Media never passes here. */
export function registerRoomsProxy(fastify: FastifyInstance, rooms: RoomsAddress): void {
  const pool = new Pool(rooms.origin, { connections: 32, headersTimeout: 20_000 });
  fastify.addHook('onClose', () => pool.close());
  void fastify.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: SDP_BYTES }, (_request, body, parsed) =>
      parsed(null, body),
    );
    scope.setErrorHandler((error: FastifyError, _request, reply) =>
      refuse(reply, error.statusCode ?? 500, error.message),
    );
    const handler = (request: FastifyRequest, reply: FastifyReply) => forward(pool, request, reply);
    scope.all('/whip/*', handler);
    scope.all('/whep/*', handler);
    done();
  });
}

async function forward(pool: Pool, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  try {
    const answer = await pool.request({
      path: request.raw.url!,
      method: request.method,
      headers: passedHeaders(request),
      body: request.body instanceof Uint8Array ? request.body : null,
    });
    // Read whole before anything is set: an answer that breaks off must leave no header in the refusal.
    const body = Buffer.from(await answer.body.arrayBuffer());
    for (const [name, value] of Object.entries(answer.headers)) {
      if (value !== undefined && !DROPPED_RESPONSE_HEADERS.has(name)) void reply.header(name, value);
    }
    return await reply.code(answer.statusCode).send(body);
  } catch (error) {
    request.log.warn({ err: error }, 'rooms role out of reach');
    void reply.header('retry-after', '1');
    return refuse(reply, 503, 'The rooms are starting; try again in a second.');
  }
}

/** As the rooms role itself refuses (RFC 9457): in bytes, or Fastify adds a charset, and readable from any origin. */
function refuse(reply: FastifyReply, status: number, detail: string): FastifyReply {
  return reply
    .code(status)
    .header('access-control-allow-origin', '*')
    .type(PROBLEM_TYPE)
    .send(Buffer.from(problemBody(status, detail)));
}

function passedHeaders(request: FastifyRequest): Record<string, string> {
  const passed: Record<string, string> = { 'x-forwarded-for': request.ip };
  for (const name of PASSED_REQUEST_HEADERS) {
    const value = request.headers[name];
    if (typeof value === 'string') passed[name] = value;
  }
  return passed;
}
