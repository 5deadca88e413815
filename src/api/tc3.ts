import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto';
import { headerValue, type ApiRequest } from './request.ts';
import { sameText, signedHosts } from './signed-text.ts';

/**
 * Signature v3, `TC3-HMAC-SHA256` (contract §1.2): pure verification of a request against a secret key. Time is judged
 * apart from the signature because the two have different errors.
 */

/** The Authorization header, taken apart. */
export interface Tc3Authorization {
  readonly secretId: string;
  /** Date of the credential scope, `YYYY-MM-DD`. */
  readonly date: string;
  /** Service of the scope: whatever the client derived from its endpoint, a `:` included. Not compared here (D-13). */
  readonly service: string;
  /** Names as received, `;`-joined. */
  readonly signedHeaders: string;
  readonly signature: string;
}

const authorizationForm =
  /^TC3-HMAC-SHA256\s+Credential=([^/\s,]+)\/(\d{4}-\d\d-\d\d)\/([^/\s,]+)\/tc3_request\s*,\s*SignedHeaders=([^\s,=]+)\s*,\s*Signature=([^\s,]+)$/;

/** Takes the header apart; undefined when it is no TC3 authorization or does not sign content-type and host. */
export function parseTc3Authorization(header: string): Tc3Authorization | undefined {
  const match = authorizationForm.exec(header);
  if (!match) return undefined;
  const [, secretId = '', date = '', service = '', signedHeaders = '', signature = ''] = match;
  const names = signedHeaders.toLowerCase().split(';');
  if (!names.includes('content-type') || !names.includes('host')) return undefined;
  return { secretId, date, service, signedHeaders, signature };
}

/** UTC date of a Unix time in seconds, `YYYY-MM-DD`; the date a credential scope must carry. */
export const scopeDate = (timestampSeconds: number): string =>
  new Date(timestampSeconds * 1000).toISOString().slice(0, 10);

/**
 * Whether the signature is the one `secretKey` makes for this request. Tried with the host as received and without its
 * port (contract §1.6 a), and with the action as received and lower-cased when it is signed (§1.2).
 */
export function verifyTc3(
  request: ApiRequest,
  authorization: Tc3Authorization,
  timestampSeconds: number,
  secretKey: string,
): boolean {
  if (authorization.date !== scopeDate(timestampSeconds)) return false;
  const key = signingKey(secretKey, authorization);
  const bodyHash = signedBodyHash(request);
  const canonical = headerVariants(request).map((variant) =>
    canonicalRequest(request, authorization.signedHeaders, variant, bodyHash),
  );
  return [...new Set(canonical)].some((text) => {
    const expected = hmac(key, stringToSign(authorization, timestampSeconds, text)).toString('hex');
    return sameText(expected, authorization.signature);
  });
}

interface HeaderVariant {
  readonly host: string;
  readonly action: string;
}

function headerVariants({ headers }: ApiRequest): HeaderVariant[] {
  const action = headerValue(headers, 'x-tc-action') ?? '';
  const actions = new Set([action, action.toLowerCase()]);
  return [...signedHosts(headers)].flatMap((host) => [...actions].map((action) => ({ host, action })));
}

function canonicalRequest(
  request: ApiRequest,
  signedHeaders: string,
  variant: HeaderVariant,
  bodyHash: string,
): string {
  const names = signedHeaders.toLowerCase();
  const block = names.split(';').map((name) => `${name}:${signedValue(request, name, variant)}\n`);
  return [request.method, '/', request.rawQuery, block.join(''), names, bodyHash].join('\n');
}

function signedValue(request: ApiRequest, name: string, variant: HeaderVariant): string {
  if (name === 'host') return variant.host;
  if (name === 'x-tc-action') return variant.action;
  return headerValue(request.headers, name) ?? '';
}

function signedBodyHash(request: ApiRequest): string {
  if (headerValue(request.headers, 'x-tc-content-sha256') === 'UNSIGNED-PAYLOAD') return sha256('UNSIGNED-PAYLOAD');
  return sha256(request.method === 'GET' ? '' : request.body);
}

const stringToSign = ({ date, service }: Tc3Authorization, timestampSeconds: number, canonical: string): string =>
  ['TC3-HMAC-SHA256', timestampSeconds, `${date}/${service}/tc3_request`, sha256(canonical)].join('\n');

/** Most signing keys kept: accounts × services of a day, and then some. */
const maxSigningKeys = 256;
/** A key holds for a day, and deriving it costs ten times what checking a signature with it does. */
const signingKeys = new Map<string, KeyObject>();

function signingKey(secretKey: string, { date, service }: Tc3Authorization): KeyObject {
  const name = `${date}/${service}/${secretKey}`;
  const known = signingKeys.get(name);
  if (known) return known;
  // Anybody can name services; starting over is cheap.
  if (signingKeys.size >= maxSigningKeys) signingKeys.clear();
  const key = createSecretKey(hmac(hmac(hmac(`TC3${secretKey}`, date), service), 'tc3_request'));
  signingKeys.set(name, key);
  return key;
}

const hmac = (key: string | Buffer | KeyObject, text: string): Buffer =>
  createHmac('sha256', key).update(text).digest();

const sha256 = (bytes: string | Buffer): string => hash('sha256', bytes);
