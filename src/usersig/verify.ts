import { openEnvelope, signEnvelope, type SignatureRefusal } from './envelope.ts';

/** A UserSig and what it must prove. */
export interface UserSigCheck {
  readonly sig: string;
  readonly userId: string;
  readonly sdkAppId: number;
  /** The app's secret key as text. */
  readonly secretKey: string;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
}

/** Outcome of a check; `expiresMs` is the end of validity in milliseconds since the epoch. */
export type UserSigResult =
  | { readonly ok: true; readonly expiresMs: number }
  | { readonly ok: false; readonly reason: SignatureRefusal };

/** What a UserSig is made of. */
export interface UserSigRequest {
  readonly userId: string;
  readonly sdkAppId: number;
  readonly secretKey: string;
  readonly nowMs: number;
  /** Validity from now, in seconds. */
  readonly expireS: number;
}

/**
 * Checks a UserSig (contract §3). Never throws. Its cost is bounded: texts over 8 KB are refused unread and inflation
 * stops at 8 KB.
 */
export function verifyUserSig(check: UserSigCheck): UserSigResult {
  const { sig: text, userId, sdkAppId, secretKey, nowMs } = check;
  const opened = openEnvelope({ text, userId, sdkAppId, secretKey, nowMs });
  if (typeof opened === 'string') return { ok: false, reason: opened };
  return { ok: true, expiresMs: (opened.timeS + opened.expireS) * 1000 };
}

/** Makes a UserSig as the official signers do (contract §3). */
export function signUserSig(request: UserSigRequest): string {
  const { userId, sdkAppId, nowMs, expireS, secretKey } = request;
  return signEnvelope({ userId, sdkAppId, timeS: Math.floor(nowMs / 1000), expireS }, secretKey);
}
