import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { deflateSync, inflateSync } from 'node:zlib';
import { envelopeMac, signEnvelope } from '../../src/usersig/envelope.ts';
import { RECORDER_PRIVILEGES, signPrivateMapKey, verifyPrivateMapKey } from '../../src/usersig/private-map-key.ts';
import { signUserSig, verifyUserSig } from '../../src/usersig/verify.ts';
import type { RoomKey } from '../../src/room-key.ts';

interface OfficialSigner {
  genUserSig(userId: string, expire: number): string;
  genPrivateMapKey(userId: string, expire: number, roomId: number, privileges: number): string;
  genPrivateMapKeyWithStringRoomID(userId: string, expire: number, room: string, privileges: number): string;
}
const official = createRequire(import.meta.url)('tls-sig-api-v2') as {
  Api: new (sdkAppId: number, key: string) => OfficialSigner;
};

const secretKey = '5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e';
const sdkAppId = 1400000000;
const userId = 'recorder_1234';
const nowMs = 1_700_000_000_000;
const VECTOR =
  'eJyrVgrxCdYrSy1SslIy0jNQ0gHzM1NS80oy0zLBwkWpyflFKalF8YZGxiZQBcUp2YkFBZkpSlaGJgZQAJEpycxNVbIyNEcVTa0oyCxKVbKyMDOBCRVnpitZKSWX6psWFCdlZAYYmPiGuphmFxS5FrpV*eW6efnm5FmWuPtFJVVFlbnnlrnaKtUCADzuM8I_';
const base = { userId, sdkAppId, secretKey, nowMs };
const numeric: RoomKey = { sdkAppId, kind: 'number', roomId: '10001' };
const named: RoomKey = { sdkAppId, kind: 'string', roomId: 'room_366' };

const toText = (json: unknown): string =>
  deflateSync(typeof json === 'string' ? json : JSON.stringify(json))
    .toString('base64')
    .replaceAll('+', '*')
    .replaceAll('/', '-')
    .replaceAll('=', '_');
const fromText = (text: string): Record<string, unknown> => {
  const base64 = text.replaceAll('*', '+').replaceAll('-', '/').replaceAll('_', '=');
  return JSON.parse(inflateSync(Buffer.from(base64, 'base64')).toString()) as Record<string, unknown>;
};
const reasonOf = (sig: string, nowMs = base.nowMs): string => {
  const result = verifyUserSig({ ...base, sig, nowMs });
  return result.ok ? 'ok' : result.reason;
};

test('S1: the vector is valid to its last second and not a second longer', () => {
  assert.deepEqual(verifyUserSig({ ...base, sig: VECTOR, nowMs: 1_700_086_399_000 }), {
    ok: true,
    expiresMs: 1_700_086_400_000,
  });
  assert.equal(reasonOf(VECTOR, 1_700_086_399_999), 'ok');
  assert.equal(reasonOf(VECTOR, 1_700_086_400_000), 'expired');
});

test('S2: the vector with any one character changed is refused', () => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789*-_+/= \u00e9';
  for (let i = 0; i < VECTOR.length; i += 1) {
    for (const other of alphabet) {
      if (other === VECTOR[i]) continue;
      const sig = VECTOR.slice(0, i) + other + VECTOR.slice(i + 1);
      assert.notEqual(reasonOf(sig), 'ok', `character ${i} as ${other}`);
    }
  }
});

test('S2: a text cut short, or with bytes after its end, is refused', () => {
  for (let i = 0; i < VECTOR.length; i += 1) assert.equal(reasonOf(VECTOR.slice(0, i)), 'malformed');
  const json = JSON.stringify(fromText(VECTOR));
  const trailing = Buffer.concat([deflateSync(json), Buffer.from('more')]).toString('base64');
  assert.equal(reasonOf(trailing.replaceAll('+', '*').replaceAll('/', '-').replaceAll('=', '_')), 'malformed');
});

test('S3: a text that inflates to a megabyte is refused, and so is one that is too long to be read', () => {
  const bomb = toText(`{"TLS.identifier":"${'a'.repeat(1_000_000)}"}`);
  assert.ok(bomb.length < 8192);
  assert.equal(reasonOf(bomb), 'malformed');
  assert.equal(reasonOf('e'.repeat(8193)), 'too-long');
});

test('S4: what the official signer writes is accepted, ours reads the same', () => {
  const signer = new official.Api(sdkAppId, secretKey);
  const now = Date.now();
  const sig = signer.genUserSig('xiaojun', 600);
  assert.equal(verifyUserSig({ ...base, sig, userId: 'xiaojun', nowMs: now }).ok, true);
  assert.equal(verifyUserSig({ ...base, sig, userId: 'xiaojun', nowMs: now + 602_000 }).ok, false);
  const theirs = fromText(sig);
  const ours = fromText(
    signUserSig({ ...base, userId: 'xiaojun', expireS: 600, nowMs: Number(theirs['TLS.time']) * 1000 }),
  );
  assert.deepEqual(ours, theirs);
});

test('the vectors of the contract: UserSig and both PrivateMapKeys', () => {
  const sig = fromText(signUserSig({ ...base, expireS: 86_400 }));
  assert.equal(sig['TLS.sig'], 'cu/5psbhiP04MUD5kprEqFzNmFJMln9tGNZbzZvGmvE=');
  assert.deepEqual(sig, fromText(VECTOR));
  const forNumber = fromText(signPrivateMapKey({ ...base, room: numeric, expireS: 300, privileges: 255 }));
  assert.equal(
    Buffer.from(String(forNumber['TLS.userbuf']), 'base64').toString('hex'),
    '00000d7265636f726465725f3132333453724e00000027116553f22c000000ff00000000',
  );
  assert.equal(forNumber['TLS.sig'], 'LrFq1rz/xbBb6R6sZN4c1egun19zSVA+i+aahL0DPg0=');
  const forName = fromText(signPrivateMapKey({ ...base, room: named, expireS: 300, privileges: 42 }));
  assert.equal(
    Buffer.from(String(forName['TLS.userbuf']), 'base64').toString('hex'),
    '01000d7265636f726465725f3132333453724e00000000006553f22c0000002a000000000008726f6f6d5f333636',
  );
  assert.equal(forName['TLS.sig'], 'PRUuhY7HynwB7ihz25YQAKG/nC8IqqjNwn2iPUW57/8=');
});

test('each wrong member has its reason; the app id may be text', () => {
  const good = fromText(VECTOR);
  assert.equal(reasonOf(toText(good)), 'ok');
  assert.equal(reasonOf(toText({ ...good, 'TLS.sdkappid': '1400000000' })), 'ok');
  assert.equal(reasonOf(toText({ ...good, 'TLS.sdkappid': 1400000001 })), 'wrong-app');
  assert.equal(reasonOf(toText({ ...good, 'TLS.ver': '1.0' })), 'wrong-version');
  assert.equal(reasonOf(toText({ ...good, 'TLS.identifier': 'other' })), 'wrong-user');
  assert.equal(reasonOf(toText({ ...good, 'TLS.expire': 86_401 })), 'wrong-signature');
  assert.equal(reasonOf(toText({ ...good, 'TLS.sig': 'short' })), 'wrong-signature');
  assert.equal(reasonOf(toText({ ...good, 'TLS.userbuf': 'AAAA' })), 'wrong-signature');
  assert.equal(reasonOf(toText({ ...good, 'TLS.time': -1 })), 'malformed');
  assert.equal(reasonOf(toText({ ...good, 'TLS.expire': '86400' })), 'malformed');
  assert.equal(reasonOf(toText([good])), 'malformed');
  assert.equal(reasonOf(toText('no json')), 'malformed');
  const elsewhere = { ...base, sig: VECTOR, secretKey: 'another' };
  assert.deepEqual(verifyUserSig(elsewhere), { ok: false, reason: 'wrong-signature' });
});

test('a signature for a user id with line breaks cannot be read as one for another user', () => {
  const tail = '\nTLS.sdkappid:1400000000\nTLS.time:1700000000\nTLS.expire:60';
  const signed = fromText(signUserSig({ ...base, userId: `victim${tail}\nTLS.userbuf:AAAA`, expireS: 60 }));
  const forged = { ...signed, 'TLS.identifier': 'victim', 'TLS.userbuf': `AAAA${tail}` };
  assert.deepEqual(verifyUserSig({ ...base, userId: 'victim', sig: toText(forged) }), {
    ok: false,
    reason: 'malformed',
  });
});

test('S4: a PrivateMapKey opens its own room for its own user with its own privileges', () => {
  const signer = new official.Api(sdkAppId, secretKey);
  const now = Date.now();
  const check = { userId, secretKey, nowMs: now, needed: RECORDER_PRIVILEGES };
  const verify = (key: string, room: RoomKey, changed: Partial<typeof check> = {}): string => {
    const result = verifyPrivateMapKey({ ...check, key, room, ...changed });
    return result.ok ? `ok ${result.privileges}` : result.reason;
  };
  const forNumber = signer.genPrivateMapKey(userId, 300, 10001, 255);
  const forName = signer.genPrivateMapKeyWithStringRoomID(userId, 300, 'room_366', 42);
  assert.equal(verify(forNumber, numeric), 'ok 255');
  assert.equal(verify(forNumber, { ...numeric, roomId: '10002' }), 'wrong-room');
  assert.equal(verify(forNumber, { ...numeric, kind: 'string' }), 'wrong-room');
  assert.equal(verify(forNumber, { ...numeric, sdkAppId: 1400000001 }), 'wrong-app');
  assert.equal(verify(forNumber, numeric, { userId: 'other' }), 'wrong-user');
  assert.equal(verify(forNumber, numeric, { nowMs: now + 302_000 }), 'expired');
  assert.equal(verify(forName, named), 'missing-privilege');
  assert.equal(verify(forName, named, { needed: 42 }), 'ok 42');
  assert.equal(verify(forName, numeric, { needed: 42 }), 'wrong-room');
});

test('our PrivateMapKey of a room with a name outside ASCII is accepted', () => {
  const room: RoomKey = { sdkAppId, kind: 'string', roomId: '会议/1' };
  const key = signPrivateMapKey({ ...base, room, expireS: 300, privileges: 170 });
  const check = { key, userId, room, secretKey, nowMs, needed: 170 };
  assert.deepEqual(verifyPrivateMapKey(check), { ok: true, privileges: 170, expiresMs: nowMs + 300_000 });
  assert.equal(verifyPrivateMapKey({ ...check, room: { ...room, roomId: '会议/2' } }).ok, false);
});

test('a signed record that is no permission is malformed, never a crash', () => {
  const envelope = { userId, sdkAppId, timeS: 1_700_000_000, expireS: 300 };
  for (const userbuf of [
    undefined,
    '',
    'AA==',
    Buffer.alloc(22).toString('base64'),
    Buffer.alloc(60, 255).toString('base64'),
  ]) {
    const key = signEnvelope({ ...envelope, ...(userbuf === undefined ? {} : { userbuf }) }, secretKey);
    const result = verifyPrivateMapKey({ key, userId, room: numeric, secretKey, nowMs, needed: 2 });
    assert.deepEqual(result, { ok: false, reason: 'malformed' });
  }
  assert.equal(
    envelopeMac({ ...envelope, expireS: 86_400 }, secretKey),
    'cu/5psbhiP04MUD5kprEqFzNmFJMln9tGNZbzZvGmvE=',
  );
});
