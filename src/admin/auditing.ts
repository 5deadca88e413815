import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AuditLog, Deed } from '../accounts/audit-log.ts';
import type { Logger } from '../process/log.ts';

type OnSend = (request: FastifyRequest, reply: FastifyReply, payload: unknown) => Promise<unknown>;

/**
 * A hook that keeps every write in the audit log before its answer is sent. Strangers are kept when they try to sign
 * in; what else they send, and tries while the door is locked, would only fill it.
 */
export const auditing =
  (audit: AuditLog, log: Logger): OnSend =>
  async (request, reply, payload) => {
    const deed = deedOf(request, reply.statusCode);
    if (deed === undefined) return payload;
    try {
      await audit.add(deed);
    } catch (error) {
      log.error({ err: error, actor: deed.actor, action: deed.action }, 'the audit log cannot be written');
    }
    return payload;
  };

function deedOf(request: FastifyRequest, result: number): Deed | undefined {
  const route = request.routeOptions.config.adminRoute;
  if (!route || route.method === 'GET') return undefined;
  const actor = request.adminCaller?.name ?? request.adminSignedAs;
  if (actor === undefined) return undefined;
  return {
    actor,
    address: request.ip,
    action: `${route.method} ${route.path}`,
    detail: [pathOf(request.url), route.hasSecrets || !route.body ? '' : JSON.stringify(request.body)].join(' ').trim(),
    result,
  };
}

const pathOf = (url: string): string => url.split('?', 1)[0]!;
