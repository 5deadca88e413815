import { createHash, timingSafeEqual } from 'node:crypto';
import type { AppDirectory } from '../config/apps.ts';
import { verifyUserSig } from '../usersig/verify.ts';
import { Problem } from './problem.ts';

/** The token of an `Authorization: Bearer` header, or undefined. */
export function bearerOf(header: string | undefined): string | undefined {
  return /^Bearer +([\x21-\x7e]+) *$/i.exec(header ?? '')?.[1];
}

/** Checks that the bearer is a UserSig of that user for that app (contract §3). Throws Problem: 401, 403 or 404. */
export function requireUserSig(
  apps: AppDirectory,
  header: string | undefined,
  user: { readonly sdkAppId: number; readonly userId: string; readonly nowMs: number },
): void {
  const app = apps.app(user.sdkAppId);
  if (!app) throw new Problem(404, 'This server has no app of that SdkAppId.');
  const sig = bearerOf(header);
  if (!sig) throw new Problem(401, 'A UserSig is expected as the bearer token.', { 'www-authenticate': 'Bearer' });
  const result = verifyUserSig({ ...user, sig, secretKey: app.secretKey });
  if (!result.ok) {
    const challenge = { 'www-authenticate': 'Bearer error="invalid_token"' };
    throw new Problem(401, `The UserSig is not valid for this user: ${result.reason}.`, challenge);
  }
}

/** Whether the bearer is the installation's token; the time it takes does not depend on the guess. */
export function isInstallationToken(header: string | undefined, token: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(bearerOf(header) ?? ''), digest(token));
}
