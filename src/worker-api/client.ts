import { Pool } from 'undici';
import type { z } from 'zod';
import type { JobReport, ReportResponse, SyncRequest, SyncResponse, TaskReport } from './messages.ts';
import { reportResponse, syncResponse } from './schemas.ts';

/** Longer than the server holds a sync, shorter than a third of a lease. */
const answerTimeoutMs = 4000;
/** Largest answer that is read. */
const answerLimit = 4 * 1024 * 1024;

/** Why a call to the server failed. */
export type WorkerApiFault =
  /** No answer, or the server is starting, stopping or failing: try again. */
  | 'unreachable'
  /** The token is not this installation's. */
  | 'unauthorized'
  /** The server and this recorder do not understand each other: a fault of the program. */
  | 'protocol';

/** A call to the server that gave no result. `fault` says whether trying again can help. */
export class WorkerApiError extends Error {
  readonly fault: WorkerApiFault;

  constructor(fault: WorkerApiFault, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'WorkerApiError';
    this.fault = fault;
  }
}

/** A recorder's end of the worker API. Every call rejects with {@link WorkerApiError} alone. */
export interface WorkerClient {
  /** Renews, claims and learns. One at a time: what a sync does not list counts as let go. Takes up to a second. */
  sync(request: SyncRequest): Promise<SyncResponse>;
  /** Reports about a task; repeat it until it resolves. */
  reportTask(taskId: string, report: TaskReport): Promise<ReportResponse>;
  /** Reports about a finishing job; repeat it until it resolves. */
  reportJob(jobId: number, report: JobReport): Promise<ReportResponse>;
  /** Cuts the connections; calls under way reject. Idempotent. */
  close(): Promise<void>;
  readonly closed: boolean;
}

const faultOf = (status: number): WorkerApiFault => {
  if (status === 401 || status === 403) return 'unauthorized';
  return status >= 500 ? 'unreachable' : 'protocol';
};

function parseAnswer<T>(schema: z.ZodType<T>, status: number, text: string): T {
  if (status !== 200) throw new WorkerApiError(faultOf(status), `The server answered ${status}: ${text.slice(0, 500)}`);
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw new WorkerApiError('protocol', 'The server gave an answer that cannot be understood.', error);
  }
}

/** A client for the server at `url` (origin and optional path prefix) with the installation's token. */
export function createWorkerClient(options: { readonly url: string; readonly token: string }): WorkerClient {
  const base = new URL(options.url);
  const prefix = base.pathname.replace(/\/+$/, '');
  const pool = new Pool(base.origin, {
    connections: 8,
    connect: { timeout: answerTimeoutMs },
    headersTimeout: answerTimeoutMs,
    bodyTimeout: answerTimeoutMs,
    maxResponseSize: answerLimit,
  });
  const headers = { authorization: `Bearer ${options.token}`, 'content-type': 'application/json' };

  const exchange = async (path: string, body: unknown): Promise<{ status: number; text: string }> => {
    try {
      const signal = AbortSignal.timeout(2 * answerTimeoutMs);
      const request = { path: prefix + path, method: 'POST' as const, headers, body: JSON.stringify(body), signal };
      const answer = await pool.request(request);
      return { status: answer.statusCode, text: await answer.body.text() };
    } catch (error) {
      throw new WorkerApiError('unreachable', 'The server cannot be reached.', error);
    }
  };

  const call = async <T>(path: string, body: unknown, schema: z.ZodType<T>): Promise<T> => {
    const { status, text } = await exchange(path, body);
    return parseAnswer(schema, status, text);
  };

  return {
    sync: (request) => call('/worker/v1/sync', request, syncResponse),
    reportTask: (taskId, report) =>
      call(`/worker/v1/tasks/${encodeURIComponent(taskId)}/report`, report, reportResponse),
    reportJob: (jobId, report) => call(`/worker/v1/jobs/${jobId}/report`, report, reportResponse),
    close: async () => (pool.destroyed ? undefined : pool.destroy()),
    get closed() {
      return pool.destroyed;
    },
  };
}
