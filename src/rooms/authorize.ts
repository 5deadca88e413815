import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { heldKeys } from '../config/apps.ts';
import { byAnyKey } from '../usersig/any-key.ts';
import { verifyUserSig } from '../usersig/verify.ts';
import type { MediaId, RoomKey } from '../room-key.ts';
import { privilege, verifyPrivateMapKey } from '../usersig/private-map-key.ts';
import type { WatchRight, WatchTickets } from '../watch-tickets.ts';
import { Problem } from './problem.ts';
import type { RoomApps } from './room-apps.ts';

/** The token of an `Authorization: Bearer` header, or undefined. */
function bearerOf(header: string | undefined): string | undefined {
  return /^Bearer +([\x21-\x7e]+) *$/i.exec(header ?? '')?.[1];
}

/** Checks that the bearer is a UserSig of that user for that app (contract §3). Throws Problem: 401, 403 or 404. */
export function requireUserSig(
  apps: RoomApps,
  header: string | undefined,
  user: { readonly sdkAppId: number; readonly userId: string; readonly nowMs: number },
): void {
  const app = apps.app(user.sdkAppId);
  if (!app) throw new Problem(404, 'This server has no app of that SdkAppId.');
  const sig = bearerOf(header);
  if (!sig) throw new Problem(401, 'A UserSig is expected as the bearer token.', { 'www-authenticate': 'Bearer' });
  const result = byAnyKey(heldKeys(app, user.nowMs), (secretKey) => verifyUserSig({ ...user, sig, secretKey }));
  if (!result.ok) {
    const challenge = { 'www-authenticate': 'Bearer error="invalid_token"' };
    throw new Problem(401, `The UserSig is not valid for this user: ${result.reason}.`, challenge);
  }
}

/** Checks that the bearer is an administrator's ticket for just this picture. Throws Problem (401). */
export function requireWatchTicket(
  tickets: Pick<WatchTickets, 'allows'>,
  header: string | undefined,
  right: WatchRight,
): void {
  if (tickets.allows(bearerOf(header) ?? '', right)) return;
  const challenge = { 'www-authenticate': 'Bearer error="invalid_token"' };
  throw new Problem(401, 'An administrator’s ticket for this picture is expected, not older than a minute.', challenge);
}

const permissionQuery = z.object({ private_map_key: z.string().optional() });

/** What somebody is about to do in a room. */
export interface WantedPermission {
  readonly room: RoomKey;
  readonly userId: string;
  /** Bits of `privilege` that are all needed. */
  readonly needed: number;
  readonly nowMs: number;
}

/**
 * With advanced permission control of the app the query's `private_map_key` must grant what is wanted (contract §3);
 * without it nothing is asked. Throws Problem (403).
 */
export function requirePermission(apps: RoomApps, query: unknown, wanted: WantedPermission): void {
  const app = apps.app(wanted.room.sdkAppId);
  if (!app?.advancedPermission) return;
  const key = permissionQuery.safeParse(query).data?.private_map_key;
  if (!key) throw new Problem(403, 'This app asks for a PrivateMapKey: private_map_key is missing.');
  const result = byAnyKey(heldKeys(app, wanted.nowMs), (secretKey) =>
    verifyPrivateMapKey({ ...wanted, key, secretKey }),
  );
  if (!result.ok) throw new Problem(403, `The PrivateMapKey does not allow this: ${result.reason}.`);
}

type MediaKinds = readonly { readonly media: 'audio' | 'video' }[];

const anyOf = (media: MediaKinds, kind: 'audio' | 'video', bit: number): number =>
  media.some((one) => one.media === kind) ? bit : 0;

/** Privileges for publishing those media as that picture. */
export const publishPrivileges = (mediaId: MediaId, media: MediaKinds): number =>
  privilege.enterRoom |
  (mediaId === 'aux'
    ? privilege.sendAux
    : anyOf(media, 'audio', privilege.sendAudio) | anyOf(media, 'video', privilege.sendVideo));

/** Privileges for watching those media of that picture. */
export const watchPrivileges = (mediaId: MediaId, media: MediaKinds): number =>
  privilege.enterRoom |
  (mediaId === 'aux'
    ? privilege.receiveAux
    : anyOf(media, 'audio', privilege.receiveAudio) | anyOf(media, 'video', privilege.receiveVideo));

/** Whether the bearer is the installation's token; the time it takes does not depend on the guess. */
export function isInstallationToken(header: string | undefined, token: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(bearerOf(header) ?? ''), digest(token));
}
