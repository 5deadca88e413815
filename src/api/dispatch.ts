import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { Account, AppDirectory } from '../config/apps.ts';
import type { Action } from './action.ts';
import { authenticate, refuseParameterSignature } from './authenticate.ts';
import { errorReply, successReply, type ApiReply, type ResponseFields } from './envelope.ts';
import { ApiError, apiError } from './errors.ts';
import { readParameters } from './parameters.ts';
import { RateWindow } from './rate-window.ts';
import { headerValue, type ApiRequest } from './request.ts';

/** Largest POST body with signature v3, in bytes (contract §1.1). */
export const maxPostBytes = 10 * 1024 * 1024;
/** Largest GET request: its query, in bytes (contract §1.1). */
export const maxGetBytes = 32 * 1024;
/** Calls per second of one action by one account when no app says otherwise (contract §8). */
const defaultQueriesPerSecond = 20;

/** Where the API says what it did. A pino logger fits. */
export interface ApiLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What the dispatcher stands on. */
export interface DispatchOptions {
  readonly actions: readonly Action[];
  readonly apps: AppDirectory;
  readonly clock: Clock;
  readonly log: ApiLog;
  /** Regions that are accepted; any when absent (contract T30). */
  readonly regions?: readonly string[] | undefined;
}

/** Answers requests on `/`; never rejects. */
export interface Dispatcher {
  /** Judges in the contract's order (§1.5) and runs the action. */
  answer(request: ApiRequest): Promise<ApiReply>;
  /** Answers a request that did not get through HTTP with the error that says why. */
  refuse(error: unknown): ApiReply;
}

/** Builds the dispatcher for a set of actions. */
export function createDispatcher(options: DispatchOptions): Dispatcher {
  const rates = new RateWindow(options.clock);
  const settle = async (work: () => Promise<ResponseFields>, action: string): Promise<ApiReply> => {
    const requestId = randomUUID();
    try {
      const reply = successReply(requestId, await work());
      options.log.debug({ action, requestId }, 'api call');
      return reply;
    } catch (error) {
      return failure(error, requestId, action, options.log);
    }
  };
  return {
    answer: (request) =>
      settle(() => perform(request, options, rates), headerValue(request.headers, 'x-tc-action') ?? ''),
    refuse: (error) => failure(error, randomUUID(), '', options.log),
  };
}

async function perform(request: ApiRequest, options: DispatchOptions, rates: RateWindow): Promise<ResponseFields> {
  checkMethod(request.method);
  checkSize(request);
  refuseParameterSignature(request);
  const action = findAction(request, options.actions);
  const account = authenticate(request, options);
  checkRate(action, account, options.apps, rates);
  checkRegion(request, options.regions);
  return action.call(readParameters(request), account);
}

/**
 * Only GET and POST are spoken on `/` (contract §1.1).
 * @throws {ApiError} UnsupportedProtocol
 */
export function checkMethod(method: string): void {
  if (method !== 'GET' && method !== 'POST') throw apiError('UnsupportedProtocol');
}

function checkSize({ method, rawQuery, body }: ApiRequest): void {
  const [bytes, limit] = method === 'GET' ? [rawQuery.length, maxGetBytes] : [body.length, maxPostBytes];
  if (bytes > limit) throw apiError('RequestSizeLimitExceeded', { bytes: limit });
}

function findAction({ headers }: ApiRequest, actions: readonly Action[]): Action {
  const name = headerValue(headers, 'x-tc-action');
  if (!name) throw apiError('MissingParameter', { parameter: 'Action' });
  const version = headerValue(headers, 'x-tc-version');
  if (!version) throw apiError('MissingParameter', { parameter: 'Version' });
  if (!actions.some((action) => action.name === name)) throw apiError('InvalidAction', { action: name });
  if (!actions.some((action) => action.version === version)) throw apiError('NoSuchVersion', { version });
  const action = actions.find((action) => action.name === name && action.version === version);
  if (!action) throw apiError('InvalidAction', { action: name });
  return action;
}

function checkRate(action: Action, account: Account, apps: AppDirectory, rates: RateWindow): void {
  const limits = account.apps.map((id) => apps.app(id)?.limits.queriesPerSecond ?? 0);
  // The rate is judged before the parameters say which app is meant, so the account's most generous app decides.
  const limit = Math.max(0, ...limits) || defaultQueriesPerSecond;
  if (rates.accept(`${account.secretId}/${action.name}`, limit)) return;
  throw apiError('RequestLimitExceeded', { count: limit + 1, limit });
}

function checkRegion({ headers }: ApiRequest, regions: readonly string[] | undefined): void {
  const region = headerValue(headers, 'x-tc-region');
  if (regions && region && !regions.includes(region)) throw apiError('UnsupportedRegion');
}

function failure(error: unknown, requestId: string, action: string, log: ApiLog): ApiReply {
  const known = error instanceof ApiError ? error : apiError('InternalError.CRInternalError');
  // The action's name is the caller's text at this point; a log line has no room for a whole header.
  const fields = { action: action.slice(0, 64), code: known.code, requestId };
  if (known.fault === 'ours') log.error({ ...fields, err: error }, 'api call failed');
  else log.info({ ...fields, reason: known.message }, 'api call refused');
  return errorReply(requestId, known);
}
