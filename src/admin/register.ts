import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { PasswordsBusyError } from '../accounts/passwords.ts';
import type { Clock } from '../clock.ts';
import type { Logger } from '../process/log.ts';
import { auditing } from './auditing.ts';
import type { AdminCall, Caller } from './call.ts';
import { Gate } from './gate.ts';
import { openApiDocument } from './openapi.ts';
import { AdminProblem, PROBLEM_TYPE, problemOf, type RequestFault } from './problem.ts';
import type { Access, AdminRoute } from './route.ts';
import { adminRoutes } from './routes.ts';
import type { AdminServices } from './services.ts';

/** Largest body of a request, in bytes. */
const bodyLimit = 1024 * 1024;

/** What the admin API needs. */
export interface AdminApiOptions extends AdminServices {
  /** Bearer token of the operator. */
  readonly token: string;
  /** Base of the addresses by which others reach this server. */
  readonly publicUrl: string;
  readonly clock: Clock;
  readonly log: Logger;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks the admin API. */
    adminCaller: Caller | undefined;
    /** Who it is said to be where nobody is signed in. */
    adminSignedAs: string | undefined;
  }
  interface FastifyContextConfig {
    adminAccess?: Access;
    adminRoute?: AdminRoute;
  }
}

/**
 * The admin API under `/admin/v1/`, in a scope of its own: every route but those that are open wants the token or a
 * session, every write is in the audit log, and every refusal is a problem document (RFC 9457).
 */
export async function registerAdminApi(fastify: FastifyInstance, options: AdminApiOptions): Promise<void> {
  const gate = new Gate({ ...options, sessions: options.accounts.sessions });
  await fastify.register(
    async (scope) => {
      scope.decorateRequest('adminCaller');
      scope.decorateRequest('adminSignedAs');
      scope.addHook('onRequest', async (request, reply) => {
        reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
        request.adminCaller = await gate.admit(request, request.routeOptions.config.adminAccess ?? 'viewer');
      });
      scope.addHook('onSend', auditing(options.accounts.audit, options.log));
      scope.setErrorHandler((error: FastifyError, request, reply) => refuse(error, request, reply, options.log));
      scope.setNotFoundHandler(() => {
        throw new AdminProblem(404, 'There is no such route.');
      });
      for (const route of adminRoutes) serve(scope, route, gate, options);
      const document = openApiDocument(adminRoutes);
      scope.get('/openapi.json', async (_request, reply) => reply.send(document));
    },
    { prefix: '/admin/v1' },
  );
}

function serve(scope: FastifyInstance, route: AdminRoute, gate: Gate, services: AdminServices): void {
  scope.route({
    method: route.method,
    url: route.path.replaceAll(/\{(\w+)\}/g, ':$1'),
    config: { adminAccess: route.access, adminRoute: route },
    bodyLimit,
    handler: async (request, reply) => {
      const call = callOf(request, reply, gate);
      const answer = await route.handle(inputOf(route, request), services, call);
      const { status, schema, file } = route.answer;
      reply.code(status);
      if (file !== undefined) return reply.type(file).send(answer);
      return schema ? reply.send(answer) : reply.send();
    },
  });
}

const callOf = (request: FastifyRequest, reply: FastifyReply, gate: Gate): AdminCall => ({
  caller: request.adminCaller,
  address: request.ip,
  isSecure: gate.isSecure(request),
  setHeader: (name, value) => void reply.header(name, value),
  signAs: (name) => {
    request.adminSignedAs = name;
  },
});

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
  if (error instanceof PasswordsBusyError) {
    return send(reply.header('retry-after', '1'), 503, 'Too many are signing in at once. Try again in a second.');
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
