import { heldKeys, type App } from '../../config/apps.ts';
import type { WallMs } from '../../units.ts';
import { byAnyKey } from '../../usersig/any-key.ts';
import { privilege, verifyPrivateMapKey } from '../../usersig/private-map-key.ts';
import { given } from '../fields.ts';
import { roomKind, type CreateRequest } from './create-request.ts';

/**
 * Why the app's room will not let the bot in, or undefined when it will: with advanced permission control a PrivateMapKey
 * for the bot and the room must grant entering. The service tells that by event 301 Status 1, not by an error (contract
 * C49); what else the key grants decides what the bot would get to see and hear, and is not judged here.
 */
export function entryRefusal(app: App, request: CreateRequest, nowMs: WallMs): string | undefined {
  if (!app.advancedPermission) return undefined;
  const key = given(request.PrivateMapKey);
  if (key === undefined) return 'no PrivateMapKey';
  const room = { sdkAppId: app.sdkAppId, kind: roomKind(request), roomId: request.RoomId };
  const check = { key, userId: request.UserId, room, nowMs, needed: privilege.enterRoom };
  const result = byAnyKey(heldKeys(app, nowMs), (secretKey) => verifyPrivateMapKey({ ...check, secretKey }));
  return result.ok ? undefined : `PrivateMapKey: ${result.reason}`;
}
