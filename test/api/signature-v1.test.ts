import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readForm } from '../../src/api/form.ts';
import { verifyV1 } from '../../src/api/signature-v1.ts';
import { secretId, secretKey } from './recording-api.ts';

interface Vector {
  readonly name: string;
  readonly method: 'GET' | 'POST';
  readonly signMethod: string;
  readonly signature: string;
}

// Contract §1.8.
const vectors: readonly Vector[] = [
  {
    name: 'TV5, HmacSHA256 by GET',
    method: 'GET',
    signMethod: 'HmacSHA256',
    signature: 'fSo8qqtCsNBA3FywvPCOVJCcrdd2InjyWHkXASszPqk=',
  },
  { name: 'TV6, HmacSHA1 by POST', method: 'POST', signMethod: 'HmacSHA1', signature: 'fZpUGsNRhOizT1yCOr0Fy3qIRy0=' },
];
const host = 'trtc.tencentcloudapi.com';

interface Changes {
  readonly text?: string;
  readonly method?: string;
  readonly host?: string;
  readonly key?: string;
}

function verify({ method, signMethod, signature }: Vector, changes: Changes = {}): boolean {
  const text =
    changes.text ??
    `TaskId=task-1&SdkAppId=1400000000&Action=DescribeCloudRecording&Version=2019-07-22&Region=ap-guangzhou&Nonce=11886&Timestamp=1700000000&SecretId=${secretId}&SignatureMethod=${signMethod}&Signature=${encodeURIComponent(signature)}`;
  const request = {
    method: changes.method ?? method,
    rawQuery: '',
    headers: { host: changes.host ?? host },
    body: Buffer.alloc(0),
  };
  return verifyV1(request, readForm(text), changes.key ?? secretKey);
}

for (const vector of vectors) {
  test(`accepts ${vector.name}`, () => assert.equal(verify(vector), true));

  test(`refuses ${vector.name}, when anything under the signature differs`, () => {
    const list = (method: string, signature: string, more = ''): string =>
      `TaskId=task-1&SdkAppId=1400000000&Action=DescribeCloudRecording&Version=2019-07-22&Region=ap-guangzhou&Nonce=11886&Timestamp=1700000000&SecretId=${secretId}&SignatureMethod=${method}&Signature=${encodeURIComponent(signature)}${more}`;
    const { signMethod, signature } = vector;
    assert.equal(verify(vector, { text: list(signMethod, signature) }), true);
    const wrong: Changes[] = [
      { method: vector.method === 'GET' ? 'POST' : 'GET' },
      { host: 'trtc.example.com' },
      { key: `${secretKey}x` },
      { text: list(signMethod, signature, '&A=1') },
      { text: list(signMethod, signature).replace('task-1', 'task-2') },
      { text: list(signMethod, signature).replace('Nonce=11886', 'Nonce=11887') },
      { text: list(signMethod === 'HmacSHA1' ? 'HmacSHA256' : 'HmacSHA1', signature) },
      { text: list('HmacMD5', signature) },
      { text: list(signMethod, signature.slice(0, -1)) },
      { text: list(signMethod, '') },
    ];
    for (const change of wrong) assert.equal(verify(vector, change), false, JSON.stringify(change));
  });
}

test('a form that names no method is signed with HmacSHA1', () => {
  // Signed with SignatureMethod absent: computed by hand with OpenSSL.
  const text = `A=1&Signature=${encodeURIComponent('gMG15VenQGgzRslL4PYUXiTo1mQ=')}`;
  const request = { method: 'POST', rawQuery: '', headers: { host: 'h' }, body: Buffer.alloc(0) };
  assert.equal(verifyV1(request, readForm(text), 'k'), true);
});
