import { Pool } from 'undici';
import type { z } from 'zod';
import type { JobReport, ReportResponse, SpoolResponse, SyncRequest, SyncResponse, TaskReport } from './messages.ts';
import { mostHeld, reportResponse, spoolResponse, syncResponse } from './schemas.ts';

const longestTimeoutMs = 4000;

/**
 * How long a recorder waits for an answer, in milliseconds, when leases are `leaseMs` long: three tries fit into a lease,
 * and the server holds a sync for half of it at most (see holdFor).
 */
export const answerTimeoutMs = (leaseMs: number): number => Math.min(longestTimeoutMs, Math.floor(leaseMs / 3));

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

/** What a client needs. */
export interface WorkerClientOptions {
  /** Origin and optional path prefix of the server. */
  readonly url: string;
  /** The installation's token. */
  readonly token: string;
  /**
   * How long a sync may take, connecting included, in milliseconds; {@link answerTimeoutMs} of the configured lease, 4 s
   * by default. Reports, on which no lease hangs, may take twice as long.
   */
  readonly timeoutMs?: number;
}

/** A recorder's end of the worker API. Every call rejects with {@link WorkerApiError} alone. */
export interface WorkerClient {
  /** Renews, claims and learns. One at a time: what a sync does not list counts as let go. Takes up to a second. */
  sync(request: SyncRequest): Promise<SyncResponse>;
  /** Reports about a task; repeat it until it resolves. */
  reportTask(taskId: string, report: TaskReport): Promise<ReportResponse>;
  /** Reports about a finishing job; repeat it until it resolves. */
  reportJob(jobId: number, report: JobReport): Promise<ReportResponse>;
  /** Which segments of these tasks may go, their files being in the library. Any number of tasks; unknown ones are left out. */
  sweepable(taskIds: readonly string[]): Promise<Required<SpoolResponse>>;
  /** Tells that recorders died; what they held may be claimed at once. At most a thousand. */
  gone(recorderIds: readonly string[]): Promise<void>;
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

/** A client of the server's worker API. */
export function createWorkerClient(options: WorkerClientOptions): WorkerClient {
  const { timeoutMs = longestTimeoutMs } = options;
  const base = new URL(options.url);
  const prefix = base.pathname.replace(/\/+$/, '');
  const pool = new Pool(base.origin, {
    connections: 8,
    connect: { timeout: timeoutMs },
    // Each exchange as a whole has a limit, which is also exact where these are not.
    headersTimeout: 0,
    bodyTimeout: 0,
    maxResponseSize: answerLimit,
  });
  const headers = { authorization: `Bearer ${options.token}`, 'content-type': 'application/json' };

  const exchange = async (path: string, body: unknown, limitMs: number): Promise<{ status: number; text: string }> => {
    try {
      const signal = AbortSignal.timeout(limitMs);
      const request = { path: prefix + path, method: 'POST' as const, headers, body: JSON.stringify(body), signal };
      const answer = await pool.request(request);
      return { status: answer.statusCode, text: await answer.body.text() };
    } catch (error) {
      throw new WorkerApiError('unreachable', 'The server cannot be reached.', error);
    }
  };

  const call = async <T>(path: string, body: unknown, schema: z.ZodType<T>, limitMs = 2 * timeoutMs): Promise<T> => {
    const { status, text } = await exchange(path, body, limitMs);
    return parseAnswer(schema, status, text);
  };

  const sweepable: WorkerClient['sweepable'] = async (taskIds) => {
    const settled: SpoolResponse['settled'][number][] = [];
    const expired: string[] = [];
    for (let from = 0; from < taskIds.length; from += mostHeld) {
      const asked = { taskIds: taskIds.slice(from, from + mostHeld) };
      const answer = await call('/worker/v1/spool', asked, spoolResponse);
      settled.push(...answer.settled);
      expired.push(...(answer.expired ?? []));
    }
    return { settled, expired };
  };

  return {
    sync: (request) => call('/worker/v1/sync', request, syncResponse, timeoutMs),
    reportTask: (taskId, report) =>
      call(`/worker/v1/tasks/${encodeURIComponent(taskId)}/report`, report, reportResponse),
    reportJob: (jobId, report) => call(`/worker/v1/jobs/${jobId}/report`, report, reportResponse),
    sweepable,
    gone: async (recorderIds) => void (await call('/worker/v1/gone', { recorderIds }, reportResponse)),
    close: async () => (pool.destroyed ? undefined : pool.destroy()),
    get closed() {
      return pool.destroyed;
    },
  };
}
