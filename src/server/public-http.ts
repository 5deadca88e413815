import fastify, { LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import type { Config } from '../config/schema.ts';
import { connectionLimits } from './patience.ts';

/** An escaped TaskId is longer than the framework's hundred characters. */
const MAX_PARAM_LENGTH = 512;

/** The one public HTTP server before any route: how patient it is, and whose word on where a visitor comes from it takes. */
export const publicHttp = (http: Config['http'], log: FastifyBaseLogger): FastifyInstance =>
  fastify({
    forceCloseConnections: true,
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    trustProxy: http.trusted_proxies.length > 0 ? [...http.trusted_proxies] : false,
    ...connectionLimits(),
  });
