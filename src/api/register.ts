import { METHODS } from 'node:http';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../clock.ts';
import type { AppDirectory } from '../config/apps.ts';
import type { Compat } from '../config/compat.ts';
import type { MediaLibrary } from '../library/library.ts';
import type { TaskService } from '../tasks/service.ts';
import type { UsageQueries } from '../usage/recorded-time.ts';
import { checkMethod, createDispatcher, type ApiLog, type Dispatcher } from './dispatch.ts';
import type { ApiReply } from './envelope.ts';
import { apiError, ApiError } from './errors.ts';
import { limitLargeBodies } from './large-bodies.ts';
import { recordingActions, type VerifyUserSig } from './recording/actions.ts';
import type { ApiRequest } from './request.ts';
import { maxBodyBytes, maxFormBytes, maxPostBytes } from './request-size.ts';
import { roomActions, type RoomServices } from './rooms/actions.ts';
import { usageActions } from './usage/actions.ts';
import { vodActions } from './vod/actions.ts';

/** What the recording API needs of the `server` role. */
export interface RecordingApiOptions {
  readonly apps: AppDirectory;
  readonly tasks: TaskService;
  readonly verifyUserSig: VerifyUserSig;
  /** Rooms to steer, and who was in them. */
  readonly rooms: Pick<RoomServices, 'control' | 'presence'>;
  /** What was recorded, for the statistics. */
  readonly usage: UsageQueries;
  /** Answers the VOD actions. */
  readonly library: MediaLibrary;
  readonly clock: Clock;
  readonly log: ApiLog;
  /** Regions that are accepted; any or none when absent (contract T30). */
  readonly regions?: readonly string[] | undefined;
  /** The defaults of contract §0.2 when absent. */
  readonly compat?: Compat;
}

/**
 * Serves the recording API on `/` for every HTTP method, in a scope of its own: its raw body parser and error handler
 * do not touch other routes of the instance. A query of up to 32 KB needs `http: { maxHeaderSize: 65536 }` there.
 */
export async function registerRecordingApi(fastify: FastifyInstance, options: RecordingApiOptions): Promise<void> {
  const { apps, clock, rooms } = options;
  const actions = [
    ...recordingActions(options),
    ...roomActions({ ...rooms, apps, clock }),
    ...usageActions(options),
    ...vodActions(options),
  ];
  const dispatcher = createDispatcher({ ...options, actions });
  await fastify.register(async (scope) => serve(scope, dispatcher));
}

function serve(scope: FastifyInstance, dispatcher: Dispatcher): void {
  scope.removeAllContentTypeParsers();
  const asBytes = (_request: FastifyRequest, body: string | Buffer, done: (error: null, body: unknown) => void): void =>
    done(null, body);
  scope.addContentTypeParser('*', { parseAs: 'buffer' }, asBytes);
  const form = { parseAs: 'buffer', bodyLimit: maxFormBytes } as const;
  scope.addContentTypeParser('application/x-www-form-urlencoded', form, asBytes);
  scope.setErrorHandler((error: FastifyError, request, reply) =>
    send(reply, dispatcher.refuse(httpFault(error, request))),
  );
  limitLargeBodies(scope);
  takeEveryMethod(scope);
  scope.route({
    method: scope.supportedMethods,
    url: '/',
    bodyLimit: maxPostBytes,
    handler: async (request, reply) => send(reply, await dispatcher.answer(received(request))),
  });
}

/** Methods that the framework knows no more than by name: they too are told what this API speaks. CONNECT is no request. */
function takeEveryMethod(scope: FastifyInstance): void {
  const unknown = METHODS.filter((method) => method !== 'CONNECT' && !scope.supportedMethods.includes(method));
  for (const method of unknown) scope.addHttpMethod(method, { hasBody: true });
}

function received({ method, raw, headers, body }: FastifyRequest): ApiRequest {
  const url = raw.url ?? '/';
  const mark = url.indexOf('?');
  const rawQuery = mark < 0 ? '' : url.slice(mark + 1);
  return { method, rawQuery, headers, body: Buffer.isBuffer(body) ? body : Buffer.alloc(0) };
}

/** The API's word for what HTTP could not read; anything without a 4xx status stays a fault of ours. */
function httpFault(error: FastifyError, request: FastifyRequest): unknown {
  try {
    checkMethod(request.method);
  } catch (unsupported) {
    return unsupported;
  }
  if (error instanceof ApiError) return error;
  if (error.statusCode === 413) return apiError('RequestSizeLimitExceeded', { bytes: maxBodyBytes(request.headers) });
  if (error.statusCode && error.statusCode < 500)
    return apiError('InvalidRequest', { reason: 'HTTP could not be read' });
  return error;
}

/** Bytes, not text: the framework would add a charset, and the Python SDK then reads errors as success (§1.6 c). */
const send = (reply: FastifyReply, { body }: ApiReply): FastifyReply =>
  reply.code(200).header('content-type', 'application/json').send(body);
