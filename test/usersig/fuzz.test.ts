import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateSync, inflateSync } from 'node:zlib';
import type { RoomKey } from '../../src/room-key.ts';
import { signEnvelope } from '../../src/usersig/envelope.ts';
import { RECORDER_PRIVILEGES, signPrivateMapKey, verifyPrivateMapKey } from '../../src/usersig/private-map-key.ts';
import { signUserSig, verifyUserSig } from '../../src/usersig/verify.ts';
import { Dice, fuzzRounds, textMutations, withoutGrowth } from '../kit/fuzz.ts';

const secretKey = '5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e';
const who = { userId: 'recorder_1234', sdkAppId: 1_400_000_000, secretKey, nowMs: 1_700_000_000_000 };
const rooms: readonly RoomKey[] = [
  { sdkAppId: who.sdkAppId, kind: 'number', roomId: '10001' },
  { sdkAppId: who.sdkAppId, kind: 'string', roomId: '会议/1' },
];
const userSig = signUserSig({ ...who, expireS: 300 });
const keyOf = (room: RoomKey): string => signPrivateMapKey({ ...who, room, expireS: 300, privileges: 255 });

const toText = (json: string | Buffer): string =>
  deflateSync(json).toString('base64').replaceAll('+', '*').replaceAll('/', '-').replaceAll('=', '_');
const recordOf = (text: string): Record<string, unknown> => {
  const base64 = text.replaceAll('*', '+').replaceAll('-', '/').replaceAll('_', '=');
  return JSON.parse(inflateSync(Buffer.from(base64, 'base64')).toString()) as Record<string, unknown>;
};

const values: readonly unknown[] = [
  null,
  0,
  -1,
  1.5,
  1e308,
  Number.MAX_SAFE_INTEGER,
  '',
  '0',
  'x'.repeat(5000),
  '\u0000',
  '\ud800',
  'a\nTLS.time:9',
  [],
  {},
  true,
  '2.0',
  `${who.sdkAppId}`,
];

/** A change of the text as it is sent. */
const inText = (text: string, dice: Dice): string => dice.pick(textMutations)(text, dice);

/** A change of the record inside, whose signature then no longer fits. */
function inRecord(text: string, dice: Dice): string {
  const record = recordOf(text);
  const name = dice.pick([...Object.keys(record), '__proto__', 'TLS.userbuf', 'Foo']);
  if (dice.chance(0.2)) delete record[name];
  else Object.defineProperty(record, name, { value: dice.pick(values), enumerable: true, configurable: true });
  return toText(JSON.stringify(record));
}

/** A change of the JSON text, or what inflates to far more than it is. */
function inJson(text: string, dice: Dice): string {
  if (dice.chance(0.02)) return toText(`{"TLS.identifier":"${'a'.repeat(500_000)}"}`);
  return toText(dice.pick(textMutations)(JSON.stringify(recordOf(text)), dice));
}

const mutated = (text: string, dice: Dice): string => dice.pick([inText, inRecord, inJson])(text, dice);

test('mutated UserSigs are refused, or say what the original said; nothing is kept', async () => {
  const dice = new Dice(2);
  const reasons = new Map<string, number>();
  const rounds = fuzzRounds(8000, 0.5);
  await withoutGrowth(rounds, () => {
    const sig = mutated(userSig, dice);
    const result = verifyUserSig({ ...who, sig });
    const reason = result.ok ? 'ok' : result.reason;
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    if (result.ok) assert.deepEqual(withoutUnknown(recordOf(sig)), recordOf(userSig));
  });
  for (const reason of ['malformed', 'wrong-version', 'wrong-app', 'wrong-user', 'wrong-signature'])
    assert.ok((reasons.get(reason) ?? 0) > rounds / 1000, `${reason}: ${JSON.stringify([...reasons])}`);
});

/** Other members than the original's mean nothing; an app id may be text (contract §3). */
function withoutUnknown(record: Record<string, unknown>): Record<string, unknown> {
  const names = Object.keys(recordOf(userSig));
  const known = Object.entries(record).filter(([name]) => names.includes(name));
  return { ...Object.fromEntries(known), 'TLS.sdkappid': Number(record['TLS.sdkappid']) };
}

/** A key whose inside was changed by somebody who has the secret: the record itself must not harm either. */
function resigned(room: RoomKey, dice: Dice): string {
  const record = recordOf(keyOf(room));
  const bytes = Buffer.from(String(record['TLS.userbuf']), 'base64');
  const cut = bytes.subarray(0, dice.chance(0.4) ? dice.below(bytes.length + 1) : bytes.length);
  for (let left = dice.below(3); left > 0 && cut.length > 0; left--) cut[dice.below(cut.length)] = dice.below(256);
  const grown = dice.chance(0.1) ? Buffer.concat([cut, Buffer.alloc(dice.below(3000), 7)]) : cut;
  const { userId, sdkAppId, nowMs } = who;
  const userbuf = grown.toString('base64');
  return signEnvelope({ userId, sdkAppId, timeS: nowMs / 1000, expireS: 300, userbuf }, secretKey);
}

test('mutated PrivateMapKeys are refused, or open no more than what is in them; nothing is kept', async () => {
  const dice = new Dice(3);
  const reasons = new Map<string, number>();
  const rounds = fuzzRounds(8000, 0.5);
  await withoutGrowth(rounds, () => {
    const room = dice.pick(rooms);
    const key = dice.chance(0.6) ? resigned(room, dice) : mutated(keyOf(room), dice);
    const result = verifyPrivateMapKey({ ...who, key, room, needed: RECORDER_PRIVILEGES });
    const reason = result.ok ? 'ok' : result.reason;
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    if (!result.ok) return;
    assert.equal(result.privileges & RECORDER_PRIVILEGES, RECORDER_PRIVILEGES);
    assert.ok(result.expiresMs <= who.nowMs + 300_000);
  });
  for (const reason of ['ok', 'malformed', 'wrong-room', 'wrong-user', 'wrong-signature', 'missing-privilege'])
    assert.ok((reasons.get(reason) ?? 0) > rounds / 1000, `${reason}: ${JSON.stringify([...reasons])}`);
});

test('random bytes of every length are refused', () => {
  const dice = new Dice(4);
  for (let length = 0; length < 600; length++) {
    const bytes = Buffer.from(Array.from({ length }, () => dice.below(256)));
    for (const sig of [bytes.toString('latin1'), bytes.toString('base64'), toText(bytes)])
      assert.equal(verifyUserSig({ ...who, sig }).ok, false);
  }
});
