import { createHash, createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** The fields of a COS `Authorization: q-sign-algorithm=sha1&…`, each in its own `q-` name. */
export type CosAuthorization = ReadonlyMap<string, string>;

/** Takes the header apart; values are not percent-encoded. */
export const parseCosAuthorization = (header: string): CosAuthorization =>
  new Map(header.split('&').map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]));

/**
 * Why COS would refuse the signature of a request, or undefined when it is right: algorithm, key, time, the headers that
 * must be under it and the signature itself (cloud.tencent.com/document/product/436/7778).
 */
export function cosSignatureFault(
  request: IncomingMessage,
  key: { readonly secretId: string; readonly secretKey: string },
  nowSeconds: number,
): string | undefined {
  const given = parseCosAuthorization(request.headers.authorization ?? '');
  if (given.get('q-sign-algorithm') !== 'sha1' || given.get('q-ak') !== key.secretId) return 'InvalidAccessKeyId';
  const [from = 0, to = 0] = (given.get('q-sign-time') ?? '').split(';').map(Number);
  if (nowSeconds < from || nowSeconds > to) return 'RequestTimeTooSkewed';
  const signed = namesIn(given, 'q-header-list');
  const due = ['host', ...(request.headers['content-md5'] === undefined ? [] : ['content-md5'])];
  if (!due.every((name) => signed.includes(name))) return 'AccessDenied';
  return signatureOf(request, given, key.secretKey) === given.get('q-signature') ? undefined : 'SignatureDoesNotMatch';
}

const namesIn = (given: CosAuthorization, list: string): string[] =>
  (given.get(list) ?? '').split(';').filter((name) => name !== '');

const encoded = (text: string): string =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

function signatureOf(request: IncomingMessage, given: CosAuthorization, secretKey: string): string {
  const url = new URL(request.url ?? '/', 'http://cos');
  const parameters = new Map([...url.searchParams].map(([name, value]) => [encoded(name).toLowerCase(), value]));
  const text = [
    (request.method ?? '').toLowerCase(),
    decodeURIComponent(url.pathname),
    listed(namesIn(given, 'q-url-param-list'), (name) => parameters.get(name) ?? ''),
    listed(namesIn(given, 'q-header-list'), (name) => String(request.headers[name] ?? '')),
    '',
  ].join('\n');
  const sha1 = createHash('sha1').update(text).digest('hex');
  const toSign = ['sha1', given.get('q-sign-time'), sha1, ''].join('\n');
  return hmac(hmac(secretKey, given.get('q-key-time') ?? ''), toSign);
}

const listed = (names: readonly string[], valueOf: (name: string) => string): string =>
  names.map((name) => `${name}=${encoded(valueOf(name))}`).join('&');

const hmac = (key: string, text: string): string => createHmac('sha1', key).update(text).digest('hex');
