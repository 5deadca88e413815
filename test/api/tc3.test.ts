import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApiRequest } from '../../src/api/request.ts';
import { isTimely } from '../../src/api/signed-text.ts';
import { parseTc3Authorization, verifyTc3 } from '../../src/api/tc3.ts';
import { secretId, secretKey } from './recording-api.ts';

interface Vector {
  readonly name: string;
  readonly request: ApiRequest;
  readonly key: string;
  readonly timestamp: number;
  readonly authorization: string;
}

const credential = (id: string, date: string, service: string, names: string, signature: string): string =>
  `TC3-HMAC-SHA256 Credential=${id}/${date}/${service}/tc3_request, SignedHeaders=${names}, Signature=${signature}`;

const post = (headers: Record<string, string>, body: string): ApiRequest => ({
  method: 'POST',
  rawQuery: '',
  headers,
  body: Buffer.from(body),
});

const officialBody = '{"Limit": 1, "Filters": [{"Values": ["\\u672a\\u547d\\u540d"], "Name": "instance-name"}]}';
const officialHeaders = {
  'content-type': 'application/json; charset=utf-8',
  host: 'cvm.tencentcloudapi.com',
  'x-tc-action': 'DescribeInstances',
};
const ownBody = '{"SdkAppId": 1400000000, "TaskId": "task-1"}';
const own = (host: string) => post({ 'content-type': 'application/json', host }, ownBody);
const ownCredential = (service: string, signature: string) =>
  credential(secretId, '2023-11-14', service, 'content-type;host', signature);

// Contract §1.8.
const vectors: readonly Vector[] = [
  {
    name: 'TV1, the official document',
    request: post(officialHeaders, officialBody),
    key: 'Gu5t9xGARNpq86cd98joQYCN3*******',
    timestamp: 1_551_113_065,
    authorization: credential(
      'AKIDz8krbsJ5yKBZQpn74WFkmLPx3*******',
      '2019-02-25',
      'cvm',
      'content-type;host',
      '2230eefd229f582d8b1b891af7107b91597240707d778ab3738f756258d7652c',
    ),
  },
  {
    name: 'TV2, action signed in lower case',
    request: post(officialHeaders, officialBody),
    key: '*'.repeat(32),
    timestamp: 1_551_113_065,
    authorization: credential(
      '*'.repeat(36),
      '2019-02-25',
      'cvm',
      'content-type;host;x-tc-action',
      '10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f',
    ),
  },
  {
    name: 'TV3, real host',
    request: own('trtc.tencentcloudapi.com'),
    key: secretKey,
    timestamp: 1_700_000_000,
    authorization: ownCredential('trtc', '6d72a45638b7b27dbc2304026ccbcaaece65fb19c4d7a41fa031130901761237'),
  },
  {
    name: 'TV3b, host with port as Python and Go sign it',
    request: own('127.0.0.1:8080'),
    key: secretKey,
    timestamp: 1_700_000_000,
    authorization: ownCredential('trtc', '5c21a0e8cb176a0a5f0c70c901f7f186b3e6b899048d1a5f5246b4220c614f57'),
  },
  {
    name: 'TV3c, host sent with port and signed without it, service 127, as Node does',
    request: own('127.0.0.1:8080'),
    key: secretKey,
    timestamp: 1_700_000_000,
    authorization: ownCredential('127', '4f047ba49b157e930bdf6d3883f32e87a4e7a4d7dd5dc256a5cc47d4222ef780'),
  },
  {
    name: 'TV4, GET with the query as received',
    request: {
      method: 'GET',
      rawQuery: 'SdkAppId=1400000000&TaskId=task-1',
      headers: { 'content-type': 'application/x-www-form-urlencoded', host: 'trtc.tencentcloudapi.com' },
      body: Buffer.alloc(0),
    },
    key: secretKey,
    timestamp: 1_700_000_000,
    authorization: ownCredential('trtc', 'abb233c0870999abd6cbe645f7abde0e19a0cde99bb88abd7e86a79bffadb94c'),
  },
];

function verify({ request, authorization, timestamp, key }: Vector): boolean {
  const parsed = parseTc3Authorization(authorization);
  assert.ok(parsed);
  return verifyTc3(request, parsed, timestamp, key);
}

for (const vector of vectors) {
  test(`accepts ${vector.name}`, () => assert.equal(verify(vector), true));

  test(`refuses ${vector.name}, when anything under the signature differs`, () => {
    const { request, authorization } = vector;
    const flipped = authorization.replace(/.$/, (digit) => (digit === '0' ? '1' : '0'));
    assert.equal(verify({ ...vector, authorization: flipped }), false);
    assert.equal(verify({ ...vector, authorization: authorization.slice(0, -1) }), false);
    assert.equal(verify({ ...vector, key: `${vector.key}x` }), false);
    assert.equal(verify({ ...vector, timestamp: vector.timestamp + 1 }), false);
    assert.equal(verify({ ...vector, request: { ...request, rawQuery: `${request.rawQuery}&a=1` } }), false);
    assert.equal(
      verify({ ...vector, request: { ...request, method: request.method === 'GET' ? 'POST' : 'GET' } }),
      false,
    );
    const headers = { ...request.headers, 'content-type': 'text/plain' };
    assert.equal(verify({ ...vector, request: { ...request, headers } }), false);
  });
}

test('a scope date that is not the UTC date of the timestamp is refused', () => {
  const [, , vector] = vectors;
  assert.ok(vector);
  assert.equal(verify({ ...vector, authorization: vector.authorization.replace('2023-11-14', '2023-11-15') }), false);
});

test('the action is covered by the signature once it is signed', () => {
  const [, vector] = vectors;
  assert.ok(vector);
  const headers = { ...vector.request.headers, 'x-tc-action': 'TerminateInstances' };
  assert.equal(verify({ ...vector, request: { ...vector.request, headers } }), false);
});

test('T13: what is no TC3 authorization is not parsed', () => {
  const good = ownCredential('trtc', 'ab');
  assert.ok(parseTc3Authorization(good));
  const bad = ['SKIP', '', 'Bearer x', good.replace('TC3-HMAC-SHA256', 'TC3'), good.replace('content-type;', '')];
  for (const header of [...bad, good.replace('tc3_request', 'tc4_request'), `${good}, Signature=cd`]) {
    assert.equal(parseTc3Authorization(header), undefined, header);
  }
});

test('T6: the service of the scope may hold a port', () => {
  assert.equal(parseTc3Authorization(ownCredential('localhost:37271', 'ab'))?.service, 'localhost:37271');
});

test('T10, T11: 300 s are timely in both directions, 301 s are not', () => {
  const now = 1_700_000_000_999;
  for (const skew of [-300, -299, 0, 299, 300]) assert.equal(isTimely(1_700_000_000 + skew, now), true);
  for (const skew of [-301, 301]) assert.equal(isTimely(1_700_000_000 + skew, now), false);
});
