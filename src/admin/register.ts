import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Clock } from '../clock.ts';
import type { Logger } from '../process/log.ts';
import { AdminAccess } from './access.ts';
import { openApiDocument } from './openapi.ts';
import { AdminProblem, PROBLEM_TYPE, problemOf, type RequestFault } from './problem.ts';
import type { AdminRoute } from './route.ts';
import { adminRoutes } from './routes.ts';
import type { AdminServices } from './services.ts';

/** Largest body of a request, in bytes. */
const bodyLimit = 1024 * 1024;

/** What the admin API needs. */
export interface AdminApiOptions extends AdminServices {
  /** Bearer token of the operator. */
  readonly token: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * The admin API under `/admin/v1/`, in a scope of its own: every route wants the token, and every refusal is a problem
 * document (RFC 9457).
 */
export async function registerAdminApi(fastify: FastifyInstance, options: AdminApiOptions): Promise<void> {
  const access = new AdminAccess(options.token, options.clock);
  await fastify.register(
    async (scope) => {
      scope.addHook('onRequest', async ({ ip, headers }, reply) => {
        reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
        requireToken(access, ip, headers.authorization);
      });
      scope.setErrorHandler((error: FastifyError, request, reply) => refuse(error, request, reply, options.log));
      scope.setNotFoundHandler(() => {
        throw new AdminProblem(404, 'There is no such route.');
      });
      for (const route of adminRoutes) serve(scope, route, options);
      const document = openApiDocument(adminRoutes);
      scope.get('/openapi.json', async (_request, reply) => reply.send(document));
    },
    { prefix: '/admin/v1' },
  );
}

function requireToken(access: AdminAccess, address: string, authorization: string | undefined): void {
  const judged = access.judge(address, authorization);
  if (judged === 'granted') return;
  if (typeof judged === 'object') {
    const headers = { 'retry-after': String(judged.lockedSeconds) };
    throw new AdminProblem(429, 'There were too many wrong tokens from this address.', { headers });
  }
  const isWrong = judged === 'wrong';
  const challenge = `Bearer realm="roomtape admin"${isWrong ? ', error="invalid_token"' : ''}`;
  const detail = isWrong ? 'The token is not that of this server.' : 'The admin API needs a bearer token.';
  throw new AdminProblem(401, detail, { headers: { 'www-authenticate': challenge } });
}

function serve(scope: FastifyInstance, route: AdminRoute, services: AdminServices): void {
  scope.route({
    method: route.method,
    url: route.path.replaceAll(/\{(\w+)\}/g, ':$1'),
    bodyLimit,
    handler: async (request, reply) => {
      const answer = await route.handle(inputOf(route, request), services);
      reply.code(route.answer.status);
      return route.answer.schema ? reply.send(answer) : reply.send();
    },
  });
}

/** What the request says, by the route's schemas. @throws AdminProblem 400 naming every value that does not fit. */
function inputOf(route: AdminRoute, request: FastifyRequest): Parameters<AdminRoute['handle']>[0] {
  const errors: RequestFault[] = [];
  const read = (schema: z.ZodType, place: RequestFault['in'], value: unknown): unknown => {
    const result = schema.safeParse(value);
    if (!result.success) errors.push(...result.error.issues.flatMap((issue) => faultsOf(issue, place)));
    return result.data;
  };
  const params = read(route.params, 'path', request.params);
  const query = read(route.query, 'query', request.query);
  const body = route.body ? read(route.body, 'body', request.body) : {};
  if (errors.length === 0) return { params, query, body };
  const [first] = errors;
  throw new AdminProblem(400, `The request does not fit: ${first!.in} ${first!.at}: ${first!.message}`, { errors });
}

/** Names that are not known have an entry each, under their own name. */
function faultsOf(issue: z.core.$ZodIssue, place: RequestFault['in']): RequestFault[] {
  const at = issue.path.map(String);
  if (issue.code !== 'unrecognized_keys') return [{ in: place, at: at.join('.'), message: issue.message }];
  return issue.keys.map((key) => ({ in: place, at: [...at, key].join('.'), message: 'is not known' }));
}

function refuse(error: Error | FastifyError, request: FastifyRequest, reply: FastifyReply, log: Logger): FastifyReply {
  if (error instanceof AdminProblem) {
    return send(reply.headers(error.headers), error.status, error.message, error.errors);
  }
  // What the framework refuses: no JSON, too long, another content type.
  const status = 'statusCode' in error ? (error.statusCode ?? 500) : 500;
  if (status < 500) return send(reply, status, error.message);
  log.error({ err: error, route: request.routeOptions.url }, 'admin request failed');
  return send(reply, 500, 'The server failed; its log says how.');
}

/** As bytes: the framework would give an object or a text a content type of its own. */
const send = (reply: FastifyReply, status: number, detail: string, errors?: readonly RequestFault[]): FastifyReply =>
  reply
    .code(status)
    .type(PROBLEM_TYPE)
    .send(Buffer.from(JSON.stringify(problemOf(status, detail, errors))));
