import type { RoomKey } from '../room-key.ts';
import { openEnvelope, signEnvelope, type SignatureRefusal } from './envelope.ts';

/** Bits of a PrivateMapKey's privilege map (contract §3). */
export const privilege = {
  createRoom: 1,
  enterRoom: 2,
  sendAudio: 4,
  receiveAudio: 8,
  sendVideo: 16,
  receiveVideo: 32,
  sendAux: 64,
  receiveAux: 128,
} as const;

/** Every privilege. */
export const ALL_PRIVILEGES = 255;
/** What a recording bot needs: to enter and to receive all three. */
export const RECORDER_PRIVILEGES = 170;

/** A PrivateMapKey and what it must prove. The room names the app. */
export interface PrivateMapKeyCheck {
  readonly key: string;
  readonly userId: string;
  readonly room: RoomKey;
  readonly secretKey: string;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
  /** Bits of `privilege` that must all be there. */
  readonly needed: number;
}

/** Why a PrivateMapKey was refused. */
export type PrivateMapKeyRefusal = SignatureRefusal | 'wrong-room' | 'missing-privilege';

/** Outcome of a check; `expiresMs` in milliseconds since the epoch. */
export type PrivateMapKeyResult =
  | { readonly ok: true; readonly privileges: number; readonly expiresMs: number }
  | { readonly ok: false; readonly reason: PrivateMapKeyRefusal };

/** What a PrivateMapKey is made of. */
export interface PrivateMapKeyRequest {
  readonly userId: string;
  readonly room: RoomKey;
  readonly secretKey: string;
  readonly nowMs: number;
  /** Validity from now, in seconds. */
  readonly expireS: number;
  /** Bits of `privilege`. */
  readonly privileges: number;
}

interface Permission {
  readonly userId: string;
  readonly room: RoomKey;
  readonly expiresS: number;
  readonly privileges: number;
}

/** Makes a PrivateMapKey as the official signers do (contract §3). */
export function signPrivateMapKey(request: PrivateMapKeyRequest): string {
  const { userId, room, nowMs, expireS, privileges, secretKey } = request;
  const timeS = Math.floor(nowMs / 1000);
  const userbuf = encodePermission({ userId, room, expiresS: timeS + expireS, privileges }).toString('base64');
  return signEnvelope({ userId, sdkAppId: room.sdkAppId, timeS, expireS, userbuf }, secretKey);
}

/** Checks a PrivateMapKey (contract §3): envelope, account, app, room, both expiries, privileges. Never throws. */
export function verifyPrivateMapKey(check: PrivateMapKeyCheck): PrivateMapKeyResult {
  const { key: text, userId, room, secretKey, nowMs, needed } = check;
  const opened = openEnvelope({ text, userId, sdkAppId: room.sdkAppId, secretKey, nowMs });
  if (typeof opened === 'string') return { ok: false, reason: opened };
  const permission = decodePermission(Buffer.from(opened.userbuf ?? '', 'base64'));
  const reason = refusal(permission, userId, room, needed, nowMs);
  if (permission === undefined || reason !== undefined) return { ok: false, reason: reason ?? 'malformed' };
  const expiresS = Math.min(permission.expiresS, opened.timeS + opened.expireS);
  return { ok: true, privileges: permission.privileges, expiresMs: expiresS * 1000 };
}

function refusal(
  permission: Permission | undefined,
  userId: string,
  room: RoomKey,
  needed: number,
  nowMs: number,
): PrivateMapKeyRefusal | undefined {
  if (permission === undefined) return 'malformed';
  if (permission.userId !== userId) return 'wrong-user';
  if (permission.room.sdkAppId !== room.sdkAppId) return 'wrong-app';
  if (permission.room.kind !== room.kind || permission.room.roomId !== room.roomId) return 'wrong-room';
  if (nowMs >= permission.expiresS * 1000) return 'expired';
  return (permission.privileges & needed) === needed ? undefined : 'missing-privilege';
}

/**
 * The `TLS.userbuf` record, big-endian: u8 version (0 numeric room, 1 string room), u16 length and account, u32 app,
 * u32 room (0 for a string room), u32 expiry, u32 privileges, u32 account type 0, and for a string room u16 length
 * and room.
 */
function encodePermission(permission: Permission): Buffer {
  const { room } = permission;
  const account = Buffer.from(permission.userId);
  const head = Buffer.alloc(3);
  head.writeUInt8(room.kind === 'number' ? 0 : 1);
  head.writeUInt16BE(account.length, 1);
  const numbers = Buffer.alloc(20);
  const roomNumber = room.kind === 'number' ? Number(room.roomId) : 0;
  [room.sdkAppId, roomNumber, permission.expiresS, permission.privileges, 0].forEach((value, i) =>
    numbers.writeUInt32BE(value, i * 4),
  );
  return Buffer.concat([head, account, numbers, ...(room.kind === 'number' ? [] : withLength(room.roomId))]);
}

function withLength(text: string): Buffer[] {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return [length, bytes];
}

function decodePermission(bytes: Buffer): Permission | undefined {
  if (bytes.length < 23) return undefined;
  const version = bytes.readUInt8();
  const numbersAt = 3 + bytes.readUInt16BE(1);
  const end = numbersAt + 20;
  if (version > 1 || bytes.length < end + version * 2) return undefined;
  const roomText = version === 0 ? String(bytes.readUInt32BE(numbersAt + 4)) : roomAfter(bytes, end);
  if (roomText === undefined) return undefined;
  return {
    userId: bytes.toString('utf8', 3, numbersAt),
    room: { sdkAppId: bytes.readUInt32BE(numbersAt), kind: version === 0 ? 'number' : 'string', roomId: roomText },
    expiresS: bytes.readUInt32BE(numbersAt + 8),
    privileges: bytes.readUInt32BE(numbersAt + 12),
  };
}

function roomAfter(bytes: Buffer, at: number): string | undefined {
  const end = at + 2 + bytes.readUInt16BE(at);
  return end === bytes.length ? bytes.toString('utf8', at + 2, end) : undefined;
}
