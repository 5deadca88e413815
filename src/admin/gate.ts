import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { Session, Sessions } from '../accounts/sessions.ts';
import type { Clock } from '../clock.ts';
import { AdminAccess } from './access.ts';
import type { Caller } from './call.ts';
import { AdminProblem } from './problem.ts';
import type { Access } from './route.ts';
import { sessionIdOf } from './session-cookie.ts';

/** Header that repeats the session's CSRF token. */
export const CSRF_HEADER = 'x-roomtape-csrf';
/** Header of what a page asks by itself, which keeps no session alive. */
const POLL_HEADER = 'x-roomtape-poll';

/** What the gate needs. */
export interface GateOptions {
  /** Bearer token of the operator. */
  readonly token: string;
  readonly sessions: Sessions;
  readonly clock: Clock;
  /** Base of the addresses by which others reach this server. */
  readonly publicUrl: string;
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
const isSame = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b));
const isRead = (method: string): boolean => method === 'GET' || method === 'HEAD';
const headerOf = ({ headers }: FastifyRequest, name: string): string | undefined => {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
};

/** Lets in who may use a route of the admin API: by the bearer token, or by the session in the cookie. */
export class Gate {
  readonly #access: AdminAccess;
  readonly #options: GateOptions;

  constructor(options: GateOptions) {
    this.#access = new AdminAccess(options.token, options.clock);
    this.#options = options;
  }

  /** Who asks; undefined where everybody may. @throws AdminProblem 401, 403 or 429 */
  async admit(request: FastifyRequest, access: Access): Promise<Caller | undefined> {
    if (!isRead(request.method)) this.#requireOrigin(request);
    if (access === 'open') return undefined;
    const caller = this.#tokenHolder(request) ?? (await this.#signedIn(request));
    if (caller.role === 'viewer' && access === 'operator') {
      throw new AdminProblem(403, 'Viewers may only look; ask an operator.');
    }
    return caller;
  }

  /** Whether the browser that asks speaks TLS, to us or to a proxy before us. */
  isSecure(request: FastifyRequest): boolean {
    const { protocol, host } = new URL(this.#options.publicUrl);
    if (headerOf(request, 'x-forwarded-proto') === 'https') return true;
    return protocol === 'https:' && request.headers.host === host;
  }

  /** Undefined when the request has no token at all. */
  #tokenHolder(request: FastifyRequest): Caller | undefined {
    const judged = this.#access.judge(request.ip, request.headers.authorization);
    if (judged === 'granted') return { name: 'token', role: 'operator', session: undefined };
    if (judged === 'missing') return undefined;
    if (typeof judged === 'object') throw lockedProblem(judged.lockedSeconds);
    throw new AdminProblem(401, 'The token is not that of this server.', {
      headers: { 'www-authenticate': 'Bearer realm="roomtape admin", error="invalid_token"' },
    });
  }

  async #signedIn(request: FastifyRequest): Promise<Caller> {
    const id = sessionIdOf(request.headers.cookie);
    const isUsed = headerOf(request, POLL_HEADER) === undefined;
    const session = id === undefined ? undefined : await this.#options.sessions.find(id, isUsed);
    if (!session) throw signInProblem(id !== undefined);
    if (!isRead(request.method)) requireCsrf(request, session);
    return { name: session.account, role: session.role, session };
  }

  /** A browser names the origin of the page that writes; programs name none. */
  #requireOrigin(request: FastifyRequest): void {
    const origin = request.headers.origin;
    if (origin === undefined || origin === new URL(this.#options.publicUrl).origin) return;
    if (URL.canParse(origin) && new URL(origin).host === request.headers.host) return;
    throw new AdminProblem(403, 'Pages of other origins may not write here.');
  }
}

function requireCsrf(request: FastifyRequest, { csrf }: Session): void {
  if (isSame(headerOf(request, CSRF_HEADER) ?? '', csrf)) return;
  throw new AdminProblem(403, `The header ${CSRF_HEADER} is not that of the session.`);
}

/** A refusal of somebody who guessed too often. */
export const lockedProblem = (seconds: number): AdminProblem =>
  new AdminProblem(429, `There were too many wrong tries. Try again in ${seconds} s.`, {
    headers: { 'retry-after': String(seconds) },
  });

const signInProblem = (hadSession: boolean): AdminProblem =>
  new AdminProblem(
    401,
    hadSession ? 'The session has ended; sign in again.' : 'The admin API needs a bearer token or a session.',
    { headers: { 'www-authenticate': 'Bearer realm="roomtape admin"' } },
  );
