import type { RequestFault } from '../src/admin/problem.ts';
import type { SessionView } from '../src/admin/session-routes.ts';

/** A refusal of the server, or its silence (status 0). */
export class ApiError extends Error {
  readonly status: number;
  /** Seconds until another try makes sense, where the server says so. */
  readonly retryAfter: number;
  /** Every value that does not fit, with status 400. */
  readonly errors: readonly RequestFault[];

  constructor(status: number, detail: string, retryAfter = 0, errors: readonly RequestFault[] = []) {
    super(detail);
    this.status = status;
    this.retryAfter = retryAfter;
    this.errors = errors;
  }
}

interface Refusal {
  readonly detail?: string;
  readonly errors?: readonly RequestFault[];
}

/** What a request has besides its path. */
interface Ask {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly body?: unknown;
  /** The page asks by itself: that keeps no session alive. */
  readonly poll?: boolean;
  readonly signal?: AbortSignal;
}

let csrf = '';
let onSignedOut = (): void => undefined;

/** Whom to tell that the session has ended. */
export const whenSignedOut = (tell: () => void): void => {
  onSignedOut = tell;
};

/** Asks the admin API. Rejects with ApiError, and with the abort of the signal. */
export async function ask<T>(path: string, options: Ask = {}): Promise<T> {
  const answer = await send(path, options);
  if (answer.ok) return (answer.status === 204 ? undefined : await readJson(answer)) as T;
  if (answer.status === 401 && path !== '/session') onSignedOut();
  const { detail = '', errors = [] } = ((await readJson(answer)) ?? {}) as Refusal;
  throw new ApiError(answer.status, detail, Number(answer.headers.get('retry-after') ?? 0), errors);
}

async function send(path: string, { method = 'GET', body, poll, signal }: Ask): Promise<Response> {
  try {
    return await fetch(`/admin/v1${path}`, {
      method,
      headers: {
        ...(method === 'GET' ? {} : { 'x-roomtape-csrf': csrf }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(poll ? { 'x-roomtape-poll': '1' } : {}),
      },
      body: body === undefined ? null : JSON.stringify(body),
      signal: signal ?? null,
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, '');
  }
}

async function readJson(answer: Response): Promise<unknown> {
  const text = await answer.text();
  try {
    return text === '' ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}

const remember = (session: SessionView): SessionView => {
  csrf = session.csrf ?? '';
  return session;
};

/** Who is signed in; undefined when nobody is. */
export async function currentSession(): Promise<SessionView | undefined> {
  try {
    return remember(await ask<SessionView>('/session'));
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return undefined;
    throw error;
  }
}

/** Signs in. */
export const signIn = async (name: string, password: string): Promise<SessionView> =>
  remember(await ask<SessionView>('/session', { method: 'POST', body: { name, password } }));

/** A query of those values that are there. */
export function queryOf(values: Readonly<Record<string, string | number | undefined>>): string {
  const given = Object.entries(values).filter(([, value]) => value !== undefined && value !== '');
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return text === '' ? '' : `?${text}`;
}
