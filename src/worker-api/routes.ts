import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import type { Bell } from '../store/bell.ts';
import type {
  GoneRequest,
  JobReport,
  ReportResponse,
  SpoolRequest,
  SpoolResponse,
  SyncRequest,
  SyncResponse,
  TaskReport,
} from './messages.ts';
import { goneRequest, jobReport, spoolRequest, syncRequest, taskReport } from './schemas.ts';
import { SyncHold } from './sync-hold.ts';

/** Largest body of a sync or a question about the spool, in bytes: a thousand tasks fit. */
const bodyLimit = 1024 * 1024;
/**
 * Largest report: of a task, as many files as the schema allows, with the longest names; of a job, the digests of more
 * than a week.
 */
const reportLimit = 32 * 1024 * 1024;
/** Longest text of a refusal; twenty thousand files may each have something wrong. */
const longestRefusal = 4000;

/** What the routes ask of tasks; the task service fulfils it. */
export interface WorkerTasks {
  readonly store: { readonly work: Bell };
  sync(request: SyncRequest): Promise<SyncResponse>;
  reportTask(taskId: string, report: TaskReport): Promise<ReportResponse>;
  reportJob(jobId: number, report: JobReport): Promise<ReportResponse>;
  sweepable(request: SpoolRequest): Promise<SpoolResponse>;
  gone(request: GoneRequest): Promise<void>;
}

/** What the worker API needs. */
export interface WorkerApiOptions {
  readonly tasks: WorkerTasks;
  /** The installation's token, sent as a bearer by recorders. */
  readonly token: string;
  readonly clock: Clock;
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Refuses a request without the installation's token, in constant time. */
const bearerGuard = (token: string) => {
  const expected = digest(`Bearer ${token}`);
  return async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    if (timingSafeEqual(digest(request.headers.authorization ?? ''), expected)) return undefined;
    return reply.code(401).send({ error: 'The worker API needs the token of this installation.' });
  };
};

/** Aborts when the recorder hangs up before it got its answer. */
function hangUp(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  return gone.signal;
}

/** Parses a body by its schema or answers 400 with what is wrong. */
async function parsed<T>(
  schema: z.ZodType<T>,
  body: unknown,
  reply: FastifyReply,
  use: (value: T) => Promise<unknown>,
): Promise<unknown> {
  const result = schema.safeParse(body);
  if (result.success) return use(result.data);
  return reply.code(400).send({ error: z.prettifyError(result.error).slice(0, longestRefusal) });
}

const jobIdText = z.coerce.number().int().min(0);

/**
 * `/worker/v1/sync`, `/worker/v1/gone`, `/worker/v1/spool`, `/worker/v1/tasks/:taskId/report` and `/worker/v1/jobs/:jobId/report`. 401
 * without the token, 400 for a malformed body, 500 when the store fails: the recorder tries again. Held syncs end when
 * the server closes.
 */
export async function registerWorkerApi(fastify: FastifyInstance, options: WorkerApiOptions): Promise<void> {
  const { tasks, clock } = options;
  await fastify.register(async (scope) => {
    const hold = new SyncHold({ sync: (request) => tasks.sync(request), work: tasks.store.work, clock });
    scope.addHook('onRequest', bearerGuard(options.token));
    scope.addHook('preClose', async () => hold.close());
    scope.post('/worker/v1/sync', { bodyLimit }, async ({ body }, reply) =>
      parsed(
        syncRequest,
        body,
        reply,
        async (request) => (await hold.answer(request, hangUp(reply))) ?? reply.hijack(),
      ),
    );
    scope.post('/worker/v1/gone', { bodyLimit }, async ({ body }, reply) =>
      parsed(goneRequest, body, reply, async (request) => {
        await tasks.gone(request);
        return { accepted: true };
      }),
    );
    scope.post('/worker/v1/spool', { bodyLimit }, async ({ body }, reply) =>
      parsed(spoolRequest, body, reply, (request) => tasks.sweepable(request)),
    );
    // A wildcard, because the length of a named parameter is limited to less than an escaped TaskId may have.
    scope.post<{ Params: { '*': string } }>(
      '/worker/v1/tasks/*',
      { bodyLimit: reportLimit },
      async ({ body, params }, reply) => {
        const taskId = /^([^/]+)\/report$/.exec(params['*'])?.[1];
        if (taskId === undefined) return reply.callNotFound();
        return parsed(taskReport, body, reply, (report) => tasks.reportTask(taskId, report));
      },
    );
    scope.post<{ Params: { jobId: string } }>(
      '/worker/v1/jobs/:jobId/report',
      { bodyLimit: reportLimit },
      async (request, reply) =>
        parsed(jobIdText, request.params.jobId, reply, (jobId) =>
          parsed(jobReport, request.body, reply, (report) => tasks.reportJob(jobId, report)),
        ),
    );
  });
}
