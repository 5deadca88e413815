import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { Account, AppDirectory } from '../config/apps.ts';
import { defaultCompat, type Compat } from '../config/compat.ts';
import type { Action } from './action.ts';
import { authenticate } from './authenticate.ts';
import { readCall, type ApiCall } from './call.ts';
import { maxCallMs, within } from './deadline.ts';
import { errorReply, successReply, type ApiReply, type ResponseFields } from './envelope.ts';
import { ApiError, apiError, withBareMissing, type FaultCode } from './errors.ts';
import { readParameters } from './parameters.ts';
import { RateWindow } from './rate-window.ts';
import type { ApiRequest } from './request.ts';
import { checkSize } from './request-size.ts';

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
  /** Decides D-5 and D-13; the defaults of contract §0.2 when absent. */
  readonly compat?: Pick<Compat, 'missing_parameter' | 'scope_service'>;
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
  return {
    answer: (request) => answer(request, options, rates),
    refuse: (error) => failure(error, { requestId: randomUUID(), action: '' }, options),
  };
}

/** What log lines of one request have in common. */
interface Trace {
  readonly requestId: string;
  readonly action: string;
}

async function answer(request: ApiRequest, options: DispatchOptions, rates: RateWindow): Promise<ApiReply> {
  let trace: Trace = { requestId: randomUUID(), action: '' };
  try {
    const call = admit(request);
    // The action's name is the caller's text at this point; a log line has no room for a whole header.
    trace = { ...trace, action: call.action?.slice(0, 64) ?? '' };
    const reply = successReply(trace.requestId, await perform(call, options, rates, trace));
    options.log.debug(trace, 'api call');
    return reply;
  } catch (error) {
    return failure(error, trace, options);
  }
}

function admit(request: ApiRequest): ApiCall {
  checkMethod(request.method);
  checkSize(request);
  return readCall(request);
}

async function perform(
  call: ApiCall,
  options: DispatchOptions,
  rates: RateWindow,
  trace: Trace,
): Promise<ResponseFields> {
  const { apps, clock, log } = options;
  const action = findAction(call, options.actions);
  const account = authenticate(call, options);
  checkRate(action, account, apps, rates);
  checkRegion(call, options.regions);
  const fields = await within(clock, maxCallMs, action.call(readParameters(call), account), (end, error) =>
    log.error({ ...trace, err: error }, `api call ${end} after its caller was told that it failed`),
  );
  if (!fields) throw new Error(`no answer within ${maxCallMs} ms`);
  return fields;
}

/**
 * Only GET and POST are spoken on `/` (contract §1.1).
 * @throws {ApiError} UnsupportedProtocol
 */
export function checkMethod(method: string): void {
  if (method !== 'GET' && method !== 'POST') throw apiError('UnsupportedProtocol');
}

function findAction({ action: name, version }: ApiCall, actions: readonly Action[]): Action {
  if (!name) throw apiError('MissingParameter', { parameter: 'Action' });
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
  const ofAccount = Math.max(0, ...limits) || defaultQueriesPerSecond;
  const limit = Math.min(ofAccount, action.queriesPerSecond ?? ofAccount);
  if (rates.accept(`${account.secretId}/${action.name}`, limit)) return;
  throw apiError('RequestLimitExceeded', { count: limit + 1, limit });
}

function checkRegion({ region }: ApiCall, regions: readonly string[] | undefined): void {
  if (regions && region && !regions.includes(region)) throw apiError('UnsupportedRegion');
}

function failure(error: unknown, trace: Trace, options: DispatchOptions): ApiReply {
  const { actions, log, compat = defaultCompat } = options;
  const meant = error instanceof ApiError ? error : apiError(faultCode(trace.action, actions));
  const known = compat.missing_parameter === 'bare' ? withBareMissing(meant) : meant;
  const fields = { ...trace, code: known.code };
  if (known.fault === 'ours') log.error({ ...fields, err: error }, 'api call failed');
  else log.info({ ...fields, reason: known.message }, 'api call refused');
  return errorReply(trace.requestId, known);
}

const faultCode = (name: string, actions: readonly Action[]): FaultCode =>
  actions.find((action) => action.name === name)?.faultCode ?? 'InternalError';
