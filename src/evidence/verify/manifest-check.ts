import { canonicalJson } from '../canonical-json.ts';
import type { ReadManifest } from '../signed-manifest.ts';
import { publicKeyOf, type PublicKey } from '../signing-key.ts';
import { CannotCheck, type Fault } from './finding.ts';

/** Whether a manifest is as it was signed, and by whom. `key`: the installation's public key in PEM, if it is known. */
export function checkSignature(
  { manifest, signature }: ReadManifest,
  file: string,
  key: string | undefined,
): { readonly faults: Fault[]; readonly notes: string[] } {
  if (!signature) {
    return {
      faults: [{ kind: 'signature-missing', file, text: 'it has no signature: anybody may have written it' }],
      notes: [],
    };
  }
  const own = readKey(signature.publicKey);
  const wanted = key === undefined ? own : wantedKey(key);
  if (!own || !wanted) {
    return { faults: [{ kind: 'signature-wrong', file, text: 'the key in it is none' }], notes: [] };
  }
  const text = canonicalJson(manifest);
  if (wanted.verifies(text, signature.value)) {
    return { faults: [], notes: key === undefined ? [ownKeyNote(wanted)] : [] };
  }
  if (own.keyId !== wanted.keyId && own.verifies(text, signature.value)) {
    const text2 = `it is signed by another key (${own.keyId.slice(0, 16)}…) than the installation's (${wanted.keyId.slice(0, 16)}…)`;
    return { faults: [{ kind: 'another-key', file, text: text2 }], notes: [] };
  }
  return { faults: [{ kind: 'manifest-altered', file, text: 'it was changed after it was signed' }], notes: [] };
}

const ownKeyNote = ({ keyId }: PublicKey): string =>
  `The signature was checked with the key that stands in the manifest itself. Compare it with the installation's (--key): ${keyId}`;

function readKey(pem: string): PublicKey | undefined {
  try {
    return publicKeyOf(pem);
  } catch {
    return undefined;
  }
}

function wantedKey(pem: string): PublicKey {
  try {
    return publicKeyOf(pem);
  } catch (error) {
    throw new CannotCheck(`the key cannot be read: ${(error as Error).message}`);
  }
}
