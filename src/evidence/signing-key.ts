import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFileNow } from '../durable-folder.ts';

/** The key that an installation signs its evidence with. */
export interface SigningKey {
  /** SHA-256 of the public key (SubjectPublicKeyInfo, DER) in hex digits. */
  readonly keyId: string;
  /** The public key as PEM. */
  readonly publicPem: string;
  /** Ed25519 signature in base64. */
  sign(text: string): string;
}

/** A public key that signatures are checked with. */
export interface PublicKey {
  readonly keyId: string;
  readonly pem: string;
  /** Whether `signature` (base64) is this key's for the text. */
  verifies(text: string, signature: string): boolean;
}

const privateFile = 'evidence-key.pem';
/** What others need to check signatures; it may be published. */
export const publicKeyFile = 'evidence-public-key.pem';

const idOf = (key: KeyObject): string =>
  createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex');

const pemOf = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString();

/** Reads a public key in PEM. @throws Error when it is none of Ed25519. */
export function publicKeyOf(pem: string): PublicKey {
  const key = createPublicKey(pem);
  if (key.asymmetricKeyType !== 'ed25519') throw new TypeError(`a key of ${key.asymmetricKeyType}, not of Ed25519`);
  return {
    keyId: idOf(key),
    pem: pemOf(key),
    verifies: (text, signature) => verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64')),
  };
}

/** The installation's key, made with the first call; both files are on the disk then. @throws Error of file system or key. */
export function openSigningKey(dataDir: string): SigningKey {
  const path = join(dataDir, privateFile);
  const key = readPrivate(path) ?? makePrivate(dataDir, path);
  const publicKey = createPublicKey(key);
  const publicPem = pemOf(publicKey);
  publish(join(dataDir, publicKeyFile), publicPem);
  return { keyId: idOf(publicKey), publicPem, sign: (text) => sign(null, Buffer.from(text), key).toString('base64') };
}

function readPrivate(path: string): KeyObject | undefined {
  try {
    return createPrivateKey(readFileSync(path, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function makePrivate(dataDir: string, path: string): KeyObject {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const { privateKey } = generateKeyPairSync('ed25519');
  replaceFileNow(path, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), 0o600);
  return privateKey;
}

/** It follows from the private key: what somebody put in its place is put right. */
function publish(path: string, pem: string): void {
  try {
    if (readFileSync(path, 'utf8') === pem) return;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  replaceFileNow(path, pem, 0o644);
}
