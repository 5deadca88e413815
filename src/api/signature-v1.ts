import { createHmac } from 'node:crypto';
import type { Form } from './form.ts';
import type { ApiRequest } from './request.ts';
import { sameText, signedHosts } from './signed-text.ts';

/**
 * Signature v1, `HmacSHA1` and `HmacSHA256` (contract §1.3): pure verification of a flat list of parameters, which
 * carries its own signature.
 */

/** Names that belong to the call and not to its action. */
export const commonNames: ReadonlySet<string> = new Set([
  'Action',
  'Language',
  'Nonce',
  'Region',
  'RequestClient',
  'SecretId',
  'Signature',
  'SignatureMethod',
  'Timestamp',
  'Token',
  'Version',
]);

const hashes: ReadonlyMap<string, 'sha1' | 'sha256'> = new Map([
  ['HmacSHA1', 'sha1'],
  ['HmacSHA256', 'sha256'],
]);

/** Whether a text names one of the two methods. */
export const isV1Method = (method: string): boolean => hashes.has(method);

/** The method that a form names; HmacSHA1 when it names none. */
export const v1Method = (form: Form): string => form.get('SignatureMethod') || 'HmacSHA1';

/**
 * Whether the form's signature is the one `secretKey` makes. Tried with the host as received and otherwise
 * ({@link signedHosts}), with names as they are and with `.` for `_` (Python, contract §1.3), and with and without the
 * parameters that are empty, which Go sends and does not sign.
 */
export function verifyV1(request: ApiRequest, form: Form, secretKey: string): boolean {
  const hash = hashes.get(v1Method(form));
  const given = form.get('Signature');
  if (!hash || !given) return false;
  return [...textsToSign(request, form)].some((text) =>
    sameText(createHmac(hash, secretKey).update(text).digest('base64'), given),
  );
}

function textsToSign(request: ApiRequest, form: Form): ReadonlySet<string> {
  const signed = [...form].filter(([name]) => name !== 'Signature');
  const dotted = signed.map(([name, value]) => [name.replaceAll('_', '.'), value] as const);
  const lists = new Set(
    [signed, dotted].flatMap((pairs) => [joined(pairs), joined(pairs.filter(([, value]) => value !== ''))]),
  );
  const hosts = [...signedHosts(request.headers)];
  return new Set(hosts.flatMap((host) => [...lists].map((list) => `${request.method}${host}/?${list}`)));
}

const joined = (pairs: readonly (readonly [name: string, value: string])[]): string =>
  pairs
    .toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
