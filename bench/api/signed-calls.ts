import { createHash, createHmac } from 'node:crypto';
import type { Dispatcher } from 'undici';

/** The app and account of the benchmark. */
export const sdkAppId = 1_400_000_000;
export const appKey = 'the key that signs UserSigs of the app';
export const account = {
  secretId: 'AKIDEXAMPLE0000000000000000000000000',
  secretKey: 'SecretKeyExample0000000000000000',
};

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');

/** A POST signed with TC3-HMAC-SHA256 (contract §1.2), ready to be sent any number of times within five minutes. */
export function signedCall(host: string, action: string, parameters: object): Dispatcher.RequestOptions {
  const body = JSON.stringify(parameters);
  const timestamp = Math.floor(Date.now() / 1000);
  const date = new Date(timestamp * 1000).toISOString().slice(0, 10);
  const canonical = `POST\n/\n\ncontent-type:application/json\nhost:${host}\n\ncontent-type;host\n${hash(body)}`;
  const text = `TC3-HMAC-SHA256\n${timestamp}\n${date}/trtc/tc3_request\n${hash(canonical)}`;
  const signature = [date, 'trtc', 'tc3_request', text].reduce<string | Buffer>(
    (key, part) => createHmac('sha256', key).update(part).digest(),
    `TC3${account.secretKey}`,
  );
  const credential = `${account.secretId}/${date}/trtc/tc3_request`;
  return {
    method: 'POST',
    path: '/',
    body,
    headers: {
      'content-type': 'application/json',
      host,
      'x-tc-action': action,
      'x-tc-version': '2019-07-22',
      'x-tc-timestamp': String(timestamp),
      authorization: `TC3-HMAC-SHA256 Credential=${credential}, SignedHeaders=content-type;host, Signature=${(signature as Buffer).toString('hex')}`,
    },
  };
}
