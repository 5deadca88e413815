import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { deflateSync } from 'node:zlib';
import { after } from 'node:test';
import { base, sdkAppId, userSig, type Json } from '../api/recording-api.ts';
import { contractCase } from '../kit/contract-case.ts';
import { createRecording, hostOf, outcomeOf, sdkClient, startApiServer } from './api-server.ts';

const server = await startApiServer();
after(() => server.close());
const client = sdkClient(hostOf(server));
const create = (changes: Json): Promise<string> => outcomeOf(createRecording(client, base(changes)));

const refused = 'InvalidParameter.UserSig';
const onWire = (bytes: Buffer): string =>
  bytes.toString('base64').replaceAll('+', '*').replaceAll('/', '-').replaceAll('=', '_');

contractCase('S2', 'one character flipped anywhere is refused, and the server goes on', async () => {
  const good = userSig('recorder_10001');
  for (let at = 0; at < good.length; at += 7) {
    const other = good[at] === 'A' ? 'B' : 'A';
    assert.equal(await create({ UserSig: good.slice(0, at) + other + good.slice(at + 1) }), refused, `at ${at}`);
  }
  assert.equal(await create({}), 'ok');
});

contractCase('S3', 'a bomb of a megabyte is refused unread', async () => {
  assert.equal(await create({ UserSig: onWire(deflateSync(Buffer.alloc(1 << 20))) }), refused);
  assert.equal(await create({ UserSig: onWire(deflateSync(Buffer.alloc(1 << 26))) }), refused);
  assert.equal(await create({}), 'ok');
});

interface OfficialSigner {
  genUserSig(userId: string, expireSeconds: number): string;
}

contractCase('S4', 'what the official package signs is accepted', async () => {
  const { Api } = createRequire(import.meta.url)('tls-sig-api-v2') as {
    Api: new (sdkAppId: number, key: string) => OfficialSigner;
  };
  const UserSig = new Api(sdkAppId, `key of ${sdkAppId}`).genUserSig('recorder_10001', 600);
  assert.equal(await create({ UserSig }), 'ok');
  const other = new Api(sdkAppId, 'another key').genUserSig('recorder_10001', 600);
  assert.equal(await create({ UserSig: other }), refused);
});
