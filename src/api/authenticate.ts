import type { Clock } from '../clock.ts';
import { heldKeys, type Account, type AppDirectory } from '../config/apps.ts';
import { defaultCompat, type Compat } from '../config/compat.ts';
import { apiVersions } from './action.ts';
import type { ApiCall } from './call.ts';
import { apiError } from './errors.ts';
import type { Form } from './form.ts';
import { headerValue, type ApiRequest } from './request.ts';
import { isV1Method, v1Method, verifyV1 } from './signature-v1.ts';
import { isTimely, maxClockSkewSeconds } from './signed-text.ts';
import { parseTc3Authorization, verifyTc3 } from './tc3.ts';

/** What authentication needs to know. */
export interface AuthenticationOptions {
  readonly apps: AppDirectory;
  readonly clock: Clock;
  /** Decides D-13; its default when absent. */
  readonly compat?: Pick<Compat, 'scope_service'>;
}

/** Who a call claims to be from, and the proof. */
interface Claim {
  readonly secretId: string;
  isSignedWith(secretKey: string, timestampSeconds: number): boolean;
}

/**
 * The account that signed the call, in the contract's order (§1.5): claim, SecretId, timestamp, signature.
 * @throws {ApiError} AuthFailure.*, MissingParameter, InvalidParameter, InvalidParameterValue
 */
export function authenticate(call: ApiCall, options: AuthenticationOptions): Account {
  const { apps, clock, compat = defaultCompat } = options;
  const claim = call.form ? formClaim(call.request, call.form) : headerClaim(call, compat);
  const account = apps.account(claim.secretId);
  if (!account) throw apiError('AuthFailure.SecretIdNotFound');
  if (call.token) throw apiError('AuthFailure.TokenFailure');
  const timestamp = timelyStamp(call.timestamp, clock);
  const keys = heldKeys(account, clock.wallMs());
  if (!keys.some((key) => claim.isSignedWith(key, timestamp))) throw apiError('AuthFailure.SignatureFailure');
  return account;
}

/** What a scope names where that is judged; the media library's calls are another product's (contract §7.3). */
const scopeService = ({ version }: ApiCall): string => (version === apiVersions.vod ? 'vod' : 'trtc');

function headerClaim(call: ApiCall, { scope_service: wanted }: Pick<Compat, 'scope_service'>): Claim {
  const { request } = call;
  const authorization = parseTc3Authorization(headerValue(request.headers, 'authorization') ?? '');
  if (!authorization) throw apiError('AuthFailure.InvalidAuthorization');
  const isForeign = wanted === 'trtc' && authorization.service !== scopeService(call);
  if (isForeign) throw apiError('AuthFailure.InvalidAuthorization');
  return {
    secretId: authorization.secretId,
    isSignedWith: (secretKey, timestamp) => verifyTc3(request, authorization, timestamp, secretKey),
  };
}

function formClaim(request: ApiRequest, form: Form): Claim {
  for (const parameter of ['SecretId', 'Signature', 'Nonce']) {
    if (!form.get(parameter)) throw apiError('MissingParameter', { parameter });
  }
  // As large as 2^63, so it stays text (contract §1.3).
  if (!/^\d{1,20}$/.test(form.get('Nonce') ?? '')) {
    throw apiError('InvalidParameter', { parameter: 'Nonce', expected: 'uint64' });
  }
  const method = v1Method(form);
  if (!isV1Method(method)) throw apiError('InvalidParameterValue', { value: method, parameter: 'SignatureMethod' });
  return {
    secretId: form.get('SecretId') ?? '',
    isSignedWith: (secretKey) => verifyV1(request, form, secretKey),
  };
}

function timelyStamp(text: string | undefined, clock: Clock): number {
  if (!text) throw apiError('MissingParameter', { parameter: 'Timestamp' });
  if (!/^\d{1,12}$/.test(text)) throw apiError('InvalidParameter', { parameter: 'Timestamp', expected: 'uint64' });
  const timestamp = Number(text);
  if (!isTimely(timestamp, clock.wallMs())) {
    throw apiError('AuthFailure.SignatureExpire', { seconds: maxClockSkewSeconds });
  }
  return timestamp;
}
