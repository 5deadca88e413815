import type { Clock } from '../clock.ts';
import type { Account, AppDirectory } from '../config/apps.ts';
import { apiError } from './errors.ts';
import { headerValue, mediaType, type ApiRequest } from './request.ts';
import { isTimely, maxClockSkewSeconds, parseTc3Authorization, verifyTc3 } from './tc3.ts';

/** What authentication needs to know. */
export interface AuthenticationOptions {
  readonly apps: AppDirectory;
  readonly clock: Clock;
}

/**
 * The account that signed the request, in the contract's order (§1.5): header, SecretId, timestamp, signature.
 * @throws {ApiError} AuthFailure.*, MissingParameter, InvalidParameter; UnsupportedOperation for a v1 signature.
 */
export function authenticate(request: ApiRequest, { apps, clock }: AuthenticationOptions): Account {
  const authorization = parseTc3Authorization(headerValue(request.headers, 'authorization') ?? '');
  if (!authorization) throw apiError('AuthFailure.InvalidAuthorization');
  const account = apps.account(authorization.secretId);
  if (!account) throw apiError('AuthFailure.SecretIdNotFound');
  if (headerValue(request.headers, 'x-tc-token')) throw apiError('AuthFailure.TokenFailure');
  const timestamp = timelyStamp(request, clock);
  if (!verifyTc3(request, authorization, timestamp, account.secretKey)) throw apiError('AuthFailure.SignatureFailure');
  return account;
}

/**
 * Refuses signature v1 (contract §1.3) by name: without this a v1 caller would read that its Action is missing,
 * because v1 carries it among the parameters.
 * @throws {ApiError} UnsupportedOperation
 */
export function refuseParameterSignature(request: ApiRequest): void {
  if (headerValue(request.headers, 'authorization') !== undefined) return;
  const form =
    mediaType(request.headers) === 'application/x-www-form-urlencoded' ? request.body.toString('latin1') : '';
  if (!/(^|&)Signature=/.test(request.rawQuery) && !/(^|&)Signature=/.test(form)) return;
  throw apiError('UnsupportedOperation', {
    reason: 'the signature methods HmacSHA1 and HmacSHA256 are not supported yet, use TC3-HMAC-SHA256',
  });
}

function timelyStamp({ headers }: ApiRequest, clock: Clock): number {
  const text = headerValue(headers, 'x-tc-timestamp');
  if (!text) throw apiError('MissingParameter', { parameter: 'Timestamp' });
  if (!/^\d{1,12}$/.test(text)) throw apiError('InvalidParameter', { parameter: 'Timestamp', expected: 'uint64' });
  const timestamp = Number(text);
  if (!isTimely(timestamp, clock.wallMs())) {
    throw apiError('AuthFailure.SignatureExpire', { seconds: maxClockSkewSeconds });
  }
  return timestamp;
}
