import assert from 'node:assert/strict';
import { RECORDER_PRIVILEGES, verifyPrivateMapKey } from '../../src/usersig/private-map-key.ts';
import { verifyUserSig } from '../../src/usersig/verify.ts';
import { corpusFolder, fuzz } from '../kit/corpus.ts';
import { readFileSync } from 'node:fs';

/** Secret, user and moment of the inputs in the corpus; both kinds of signature lie there. */
const secretKey = '5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e';
const who = { userId: 'recorder_1234', sdkAppId: 1_400_000_000, secretKey, nowMs: 1_700_000_000_000 };
const room = { sdkAppId: who.sdkAppId, kind: 'number', roomId: '10001' } as const;
const genuine = ['user-sig.txt', 'private-map-key.txt'].map((name) =>
  readFileSync(`${corpusFolder('usersig')}${name}`, 'latin1'),
);

fuzz({
  corpus: 'usersig',
  usual: 4000,
  most: 20_000,
  words: ['*', '-', '_', 'eJw', '\n', '='],
  take: (input) => {
    const sig = input.toString('latin1');
    const user = verifyUserSig({ ...who, sig });
    const key = verifyPrivateMapKey({ ...who, key: sig, room, needed: RECORDER_PRIVILEGES });
    // Whatever is accepted, letter by letter, is what the signer wrote.
    if (user.ok || key.ok) assert.ok(genuine.includes(sig), sig);
    return `${user.ok ? 'ok' : user.reason} ${key.ok ? 'ok' : key.reason}`;
  },
  reaches: ['ok malformed', 'ok ok', 'malformed malformed', 'too-long too-long', 'wrong-signature wrong-signature'],
});
