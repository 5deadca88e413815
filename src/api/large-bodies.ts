import type { FastifyInstance, FastifyRequest } from 'fastify';
import { apiError } from './errors.ts';

/** A body above this is large, in bytes; real calls have a few kilobytes. */
const LARGE_BYTES = 256 * 1024;
/** Large bodies that are read at once: who has no key yet may make us hold so many times 10 MB. */
export const mostLargeBodies = 24;

/** Length as the head tells it; a body in chunks may become as long as it likes. */
function announcedBytes({ headers }: FastifyRequest): number {
  if (headers['transfer-encoding'] !== undefined) return Infinity;
  return Number(headers['content-length'] ?? 0);
}

/** Refuses large bodies beyond {@link mostLargeBodies} at once, before they are read (RequestLimitExceeded). */
export function limitLargeBodies(scope: FastifyInstance): void {
  let held = 0;
  scope.addHook('onRequest', (request, reply, done) => {
    if (announcedBytes(request) <= LARGE_BYTES) return done();
    if (held >= mostLargeBodies) {
      // What comes of the body is not waited for.
      void reply.header('connection', 'close');
      throw apiError('RequestLimitExceeded', { count: held + 1, limit: mostLargeBodies });
    }
    held += 1;
    reply.raw.once('close', () => (held -= 1));
    return done();
  });
}
