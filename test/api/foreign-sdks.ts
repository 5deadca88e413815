import { createHmac } from 'node:crypto';
import { secretId, secretKey, sign, type Json, type WireRequest } from './recording-api.ts';

/**
 * Requests as the Python and Go SDKs build them, written after contract §1.2–1.6 and apart from the code under test:
 * neither can be run here. What differs between them is what matters: spelling of booleans, order, what is signed.
 */

/** One call to be made. */
export interface ForeignCall {
  readonly host: string;
  readonly action: string;
  readonly parameters: Json;
  /** Unix seconds. */
  readonly timestamp: number;
  readonly method: 'GET' | 'POST';
}

/** Further parameters of v1, or changes to those that are always there. */
export type CommonParameters = Readonly<Record<string, string | number>>;

const form = { 'content-type': 'application/x-www-form-urlencoded' };
const json = { 'content-type': 'application/json' };
const version = '2019-07-22';

/** Names with dots, values untouched; what is null, and empty objects and lists, vanish. */
function flattened(value: unknown, name = ''): [name: string, value: unknown][] {
  if (value === null || value === undefined) return [];
  if (typeof value !== 'object') return [[name, value]];
  return Object.entries(value).flatMap(([key, member]) => flattened(member, name ? `${name}.${key}` : key));
}

/** Both languages' form encoding: a blank is `+`, and only letters, digits, `_.-~` stay as they are. */
const escaped = (text: string): string =>
  encodeURIComponent(text)
    .replaceAll('%20', '+')
    .replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
/** Pairs as a query or a form. */
export const encoded = (pairs: readonly (readonly [string, string])[]): string =>
  pairs.map(([name, value]) => `${escaped(name)}=${escaped(value)}`).join('&');

const byName = <Pair extends readonly [string, string]>(pairs: readonly Pair[]): Pair[] =>
  pairs.toSorted(([a], [b]) => (a < b ? -1 : 1));
const signedList = (pairs: readonly (readonly [string, string])[]): string =>
  byName(pairs)
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
const mac = (method: string, text: string): string =>
  createHmac(method === 'HmacSHA256' ? 'sha256' : 'sha1', secretKey)
    .update(text)
    .digest('base64');

const sent = (method: 'GET' | 'POST', text: string): WireRequest =>
  method === 'GET' ? { method, query: text, headers: form } : { method, body: text, headers: form };

/** Python writes booleans with a capital. */
const pythonText = (value: unknown): string => {
  if (value === true) return 'True';
  return value === false ? 'False' : String(value);
};

/** Python, `HmacSHA1` or `HmacSHA256`: `_` of names is signed as `.`, the random number is up to 2^63. */
export function pythonV1(call: ForeignCall, signMethod: string, common: CommonParameters = {}): WireRequest {
  const all = {
    ...Object.fromEntries(flattened(call.parameters)),
    Action: call.action,
    RequestClient: 'SDK_PYTHON_3.1.162',
    Nonce: '4728068795550332830',
    Timestamp: call.timestamp,
    Version: version,
    Region: 'ap-guangzhou',
    SecretId: secretId,
    SignatureMethod: signMethod,
    Language: 'zh-CN',
    ...common,
  };
  const pairs = Object.entries(all).map(([name, value]) => [name, pythonText(value)] as const);
  const dotted = pairs.map(([name, value]) => [name.replaceAll('_', '.'), value] as const);
  const signature = mac(signMethod, `${call.method}${call.host}/?${signedList(dotted)}`);
  const request = sent(call.method, encoded([...pairs, ['Signature', signature]]));
  return { ...request, headers: { ...request.headers, host: call.host } };
}

/** Python's `json.dumps`: blanks after commas and colons, everything beyond ASCII escaped. */
function pythonJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).map(([name, member]) => `${pythonJson(name)}: ${pythonJson(member)}`);
    return `{${members.join(', ')}}`;
  }
  return JSON.stringify(value).replaceAll(
    /[\u0080-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function v3(call: ForeignCall, language: string, client: string, query: string, body: string, unsigned: boolean) {
  const signed = { ...(call.method === 'GET' ? form : json), host: call.host };
  const { method, timestamp } = call;
  const payload = unsigned ? 'UNSIGNED-PAYLOAD' : body;
  return {
    method,
    ...(call.method === 'GET' ? { query } : { body }),
    headers: {
      ...signed,
      'x-tc-action': call.action,
      'x-tc-version': version,
      'x-tc-timestamp': String(timestamp),
      'x-tc-region': 'ap-guangzhou',
      'x-tc-language': language,
      'x-tc-requestclient': client,
      ...(unsigned ? { 'x-tc-content-sha256': 'UNSIGNED-PAYLOAD' } : {}),
      authorization: sign({ method, query, headers: signed, body: payload, timestamp }),
    },
  };
}

/** Python, TC3: the query in the order of the request's members. */
export function pythonV3(call: ForeignCall, unsigned = false): WireRequest {
  const get = call.method === 'GET';
  const query = get ? encoded(flattened(call.parameters).map(([name, value]) => [name, pythonText(value)])) : '';
  return v3(call, 'zh-CN', 'SDK_PYTHON_3.1.162', query, get ? '' : pythonJson(call.parameters), unsigned);
}

/** Go drops empty texts of a request, but not those of the call itself. */
const goPairs = (parameters: Json): [string, string][] =>
  flattened(parameters)
    .map(([name, value]): [string, string] => [name, String(value)])
    .filter(([, value]) => value !== '');

/** Go, `HmacSHA1` or `HmacSHA256`: names sorted, empty values sent and not signed. */
export function goV1(call: ForeignCall, signMethod: string, common: CommonParameters = {}): WireRequest {
  const all: Record<string, string | number> = {
    ...Object.fromEntries(goPairs(call.parameters)),
    Action: call.action,
    Language: '',
    Nonce: '5577006791947779410',
    Region: '',
    RequestClient: 'SDK_GO_3.0.1474',
    SecretId: secretId,
    SignatureMethod: signMethod,
    Timestamp: call.timestamp,
    Version: version,
    ...common,
  };
  const pairs = Object.entries(all).map(([name, value]): [string, string] => [name, String(value)]);
  const list = signedList(pairs.filter(([, value]) => value !== ''));
  const signature = mac(signMethod, `${call.method}${call.host}/?${list}`);
  const request = sent(call.method, encoded(byName([...pairs, ['Signature', signature]])));
  return { ...request, headers: { ...request.headers, host: call.host } };
}

/** Go, TC3: names sorted. */
export function goV3(call: ForeignCall, unsigned = false): WireRequest {
  const get = call.method === 'GET';
  const query = get ? encoded(byName(goPairs(call.parameters))) : '';
  return v3(call, 'en-US', 'SDK_GO_3.0.1474', query, get ? '' : JSON.stringify(call.parameters), unsigned);
}
