import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Pool } from 'undici';

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
    for (const [name, value] of Object.entries(answer.headers)) {
      if (value !== undefined && !DROPPED_RESPONSE_HEADERS.has(name)) void reply.header(name, value);
    }
    return await reply.code(answer.statusCode).send(Buffer.from(await answer.body.arrayBuffer()));
  } catch (error) {
    request.log.warn({ err: error }, 'rooms role out of reach');
    return reply
      .code(503)
      .header('retry-after', '1')
      .type('application/problem+json')
      .send(
        JSON.stringify({ type: 'about:blank', title: 'The rooms are starting; try again in a second', status: 503 }),
      );
  }
}

function passedHeaders(request: FastifyRequest): Record<string, string> {
  const passed: Record<string, string> = {};
  for (const name of PASSED_REQUEST_HEADERS) {
    const value = request.headers[name];
    if (typeof value === 'string') passed[name] = value;
  }
  return passed;
}
