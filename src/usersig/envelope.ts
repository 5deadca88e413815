import { createHmac, timingSafeEqual } from 'node:crypto';
import { deflateSync, inflateSync } from 'node:zlib';
import { z } from 'zod';

/**
 * TLSSigAPIv2's envelope (contract §3): a JSON record with an HMAC, deflated, in Base64 with `*`, `-` and `_` for
 * `+`, `/` and `=`. UserSig is one without, PrivateMapKey one with a `TLS.userbuf`.
 */
export interface Envelope {
  readonly userId: string;
  readonly sdkAppId: number;
  /** When it was signed, in seconds since the epoch. */
  readonly timeS: number;
  /** How long it is valid, in seconds. */
  readonly expireS: number;
  /** Standard Base64. */
  readonly userbuf?: string;
}

/** Why a signature text was refused. Only `expired` may be told to its owner as something to be renewed. */
export type SignatureRefusal =
  | 'too-long'
  | 'malformed'
  | 'wrong-version'
  | 'wrong-app'
  | 'wrong-user'
  | 'wrong-signature'
  | 'expired';

/** What a signature text must match. */
export interface EnvelopeCheck {
  readonly text: string;
  readonly userId: string;
  readonly sdkAppId: number;
  readonly secretKey: string;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
}

/** Longest text that is looked at, in characters, and most bytes it may inflate to. */
const MAX_TEXT = 8192;
const MAX_JSON = 8192;

const seconds = z.int().nonnegative();
const record = z.object({
  'TLS.ver': z.string(),
  'TLS.identifier': z.string(),
  // Some signers write the app id as text.
  'TLS.sdkappid': z.union([z.int(), z.string()]),
  'TLS.time': seconds,
  'TLS.expire': seconds,
  // Only Base64: a line break in it, and one in a user id, would let one signature stand for two records.
  'TLS.userbuf': z
    .string()
    .regex(/^[A-Za-z0-9+/]*={0,2}$/)
    .optional(),
  'TLS.sig': z.string(),
});
type SignedRecord = z.infer<typeof record>;

/** Signs an envelope and returns its text. */
export function signEnvelope(envelope: Envelope, secretKey: string): string {
  const json = JSON.stringify({
    'TLS.ver': '2.0',
    'TLS.identifier': envelope.userId,
    'TLS.sdkappid': envelope.sdkAppId,
    'TLS.time': envelope.timeS,
    'TLS.expire': envelope.expireS,
    'TLS.userbuf': envelope.userbuf,
    'TLS.sig': envelopeMac(envelope, secretKey),
  });
  return toUrlText(deflateSync(json));
}

/** The Base64 HMAC-SHA256 that goes into `TLS.sig`. */
export function envelopeMac(envelope: Envelope, secretKey: string): string {
  const userbuf = envelope.userbuf === undefined ? '' : `TLS.userbuf:${envelope.userbuf}\n`;
  const content =
    `TLS.identifier:${envelope.userId}\nTLS.sdkappid:${envelope.sdkAppId}\n` +
    `TLS.time:${envelope.timeS}\nTLS.expire:${envelope.expireS}\n${userbuf}`;
  return createHmac('sha256', secretKey).update(content).digest('base64');
}

/** Opens a text and checks all of contract §3. Never throws; the compressed bytes themselves are never compared. */
export function openEnvelope(check: EnvelopeCheck): Envelope | SignatureRefusal {
  if (check.text.length > MAX_TEXT) return 'too-long';
  const parsed = readRecord(check.text);
  if (parsed === undefined) return 'malformed';
  if (parsed['TLS.ver'] !== '2.0') return 'wrong-version';
  if (String(parsed['TLS.sdkappid']) !== String(check.sdkAppId)) return 'wrong-app';
  if (parsed['TLS.identifier'] !== check.userId) return 'wrong-user';
  const envelope = envelopeOf(parsed, check.sdkAppId);
  if (!sameText(parsed['TLS.sig'], envelopeMac(envelope, check.secretKey))) return 'wrong-signature';
  return check.nowMs < (envelope.timeS + envelope.expireS) * 1000 ? envelope : 'expired';
}

function envelopeOf(parsed: SignedRecord, sdkAppId: number): Envelope {
  const userbuf = parsed['TLS.userbuf'];
  return {
    userId: parsed['TLS.identifier'],
    sdkAppId,
    timeS: parsed['TLS.time'],
    expireS: parsed['TLS.expire'],
    ...(userbuf === undefined ? {} : { userbuf }),
  };
}

function readRecord(text: string): SignedRecord | undefined {
  const compressed = fromUrlText(text);
  if (compressed === undefined) return undefined;
  try {
    const json = inflateWhole(compressed);
    return hasLooseBits(compressed, json) ? undefined : record.safeParse(JSON.parse(json.toString())).data;
  } catch {
    return undefined;
  }
}

/** Inflates at most `MAX_JSON` bytes; throws when there would be more, or when bytes follow the end. */
function inflateWhole(compressed: Buffer): Buffer {
  const result = inflateSync(compressed, { maxOutputLength: MAX_JSON, info: true });
  // With `info` it returns the engine too, which the declarations do not know.
  const { buffer, engine } = result as unknown as { buffer: Buffer; engine: { bytesWritten: number } };
  if (engine.bytesWritten !== compressed.length) throw new RangeError('Bytes follow the compressed record.');
  return buffer;
}

/**
 * Deflate fills its last byte with zero bits, and inflate does not look at them. A text that differs in them alone is
 * not one that a signer wrote: true when the highest bit set there makes no difference. The checksum takes four bytes.
 */
function hasLooseBits(compressed: Buffer, json: Buffer): boolean {
  const at = compressed.length - 5;
  const last = compressed[at] ?? 0;
  if (last === 0) return false;
  const cleared = Buffer.from(compressed);
  cleared[at] = last & ~(1 << (31 - Math.clz32(last)));
  try {
    return inflateWhole(cleared).equals(json);
  } catch {
    return false;
  }
}

function toUrlText(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('+', '*').replaceAll('/', '-').replaceAll('=', '_');
}

/** Undefined for anything that `toUrlText` would not have written: other characters, loose end bits, no padding. */
function fromUrlText(text: string): Buffer | undefined {
  const bytes = Buffer.from(text.replaceAll('*', '+').replaceAll('-', '/').replaceAll('_', '='), 'base64');
  return toUrlText(bytes) === text ? bytes : undefined;
}

function sameText(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
